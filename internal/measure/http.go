package measure

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/slmd/slmd/internal/sla"
)

// maxRedirects bounds how often a source may send us on.
const maxRedirects = 5

var (
	// errElsewhere ends a request that is sent on to another host.
	errElsewhere = errors.New("it redirects to another host, which is not followed")
	// errLost ends a request that would be sent on without its question: what
	// comes back would look like a refusal of the question.
	errLost = errors.New("it redirects in a way that loses the question (301, 302 or 303): name the address that it leads to in slmd.yml")
)

// sameHost gives the client with redirects limited to the host first asked: a
// source must not send credentials or questions elsewhere.
func sameHost(c *http.Client) *http.Client {
	out := http.Client{}
	if c != nil {
		out = *c
	}
	out.CheckRedirect = func(req *http.Request, via []*http.Request) error {
		if req.URL.Host != via[0].URL.Host || (req.URL.Scheme != via[0].URL.Scheme && req.URL.Scheme != "https") {
			return errElsewhere
		}
		if req.Method != via[0].Method {
			return errLost
		}
		if len(via) >= maxRedirects {
			return errors.New("it redirects without end")
		}
		return nil
	}
	return &out
}

// readHTTP reads raw samples: an instant query of a range at its last millisecond.
func (s *Source) readHTTP(ctx context.Context, kind, selector string, span sla.Span) ([]Series, error) {
	form := url.Values{
		"query": {fmt.Sprintf("%s[%dms]", selector, span.Length())},
		"time":  {seconds(span.To - 1)},
	}
	got, err := s.answer(ctx, kind, "query", form, span)
	if err != nil || !got.nan {
		return got.series, err
	}
	marks, err := s.staleAsNaN(ctx)
	if err != nil {
		return nil, err
	}
	if marks {
		got.dropNaN()
	}
	return got.series, nil
}

// seconds gives an instant as the API takes it.
func seconds(i sla.Instant) string {
	return strconv.FormatFloat(float64(i)/1000, 'f', 3, 64)
}

// ask makes one request of the query API.
func (s *Source) ask(ctx context.Context, kind, path string, form url.Values, span sla.Span) ([]Series, error) {
	got, err := s.answer(ctx, kind, path, form, span)
	return got.series, err
}

func (s *Source) answer(ctx context.Context, kind, path string, form url.Values, span sla.Span) (answer, error) {
	began := s.clock()
	got, size, err := s.exchange(ctx, path, form, span)
	if s.o.Observe != nil {
		q := Request{Kind: kind, Result: resultOf(err), Why: textOf(err), Took: s.clock().Sub(began), Samples: got.samples, Bytes: size, Infos: got.infos, Query: form.Get("query"), Span: span}
		s.o.Observe(q)
	}
	return got, err
}

// clock gives the time, or always the same one without a clock.
func (s *Source) clock() time.Time {
	if s.o.Clock == nil {
		return time.Time{}
	}
	return s.o.Clock()
}

func resultOf(err error) string {
	var p *Problem
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, errTooMuch):
		return "split"
	case errors.Is(err, errMissing):
		return Missing
	case errors.As(err, &p):
		return string(p.Kind)
	}
	return string(Pending)
}

func textOf(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// exchange sends the request and reads the whole answer within the timeout.
func (s *Source) exchange(ctx context.Context, path string, form url.Values, span sla.Span) (answer, int64, error) {
	ctx, cancel := context.WithTimeout(ctx, s.o.Timeout)
	defer cancel()
	req, err := s.request(ctx, path, form)
	if err != nil {
		return answer{}, 0, err
	}
	began := s.clock()
	resp, err := s.o.HTTP.Do(req)
	if err != nil {
		return answer{}, 0, s.unreached(err)
	}
	defer resp.Body.Close()
	body := s.buffer(resp)
	size, err := body.ReadFrom(io.LimitReader(resp.Body, s.o.MaxBody+1))
	defer s.release(body)
	switch {
	case err != nil:
		return answer{}, size, s.unreached(err)
	case size > s.o.MaxBody:
		return answer{}, size, fmt.Errorf("the answer is larger than %d bytes: %w", s.o.MaxBody, errTooMuch)
	}
	got, err := s.classify(resp, body.Bytes(), span)
	if off := s.clocked(resp, began); err == nil && off != nil {
		return answer{}, size, off
	}
	return got, size, err
}

// maxKept bounds the buffers that are kept for the next answer.
const maxKept = 16 << 20

// buffer gives a buffer for an answer; nothing decoded points into it.
func (s *Source) buffer(resp *http.Response) *bytes.Buffer {
	b, ok := s.bodies.Get().(*bytes.Buffer)
	if !ok {
		b = &bytes.Buffer{}
	}
	if n := resp.ContentLength; n > 0 && n <= s.o.MaxBody {
		b.Grow(int(n) + bytes.MinRead)
	}
	return b
}

func (s *Source) release(b *bytes.Buffer) {
	if b.Cap() <= maxKept {
		b.Reset()
		s.bodies.Put(b)
	}
}

func (s *Source) request(ctx context.Context, path string, form url.Values) (*http.Request, error) {
	s.parameters(form)
	u := s.base.JoinPath("api", "v1", path)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), strings.NewReader(form.Encode()))
	if err != nil {
		return nil, fmt.Errorf("asking source %s: %w", s.o.Name, err)
	}
	repeatable(req)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	if local(u.Hostname()) {
		// Packing costs more than the loopback interface does.
		req.Header.Set("Accept-Encoding", "identity")
	}
	for name, value := range s.o.Headers {
		req.Header.Set(name, value)
	}
	return req, nil
}

// repeatable tells the client that the request only reads. A source may close
// an idle connection at the moment of the next round, VictoriaMetrics after a
// minute: then the client asks once more by itself. Without a value the header
// is not sent.
func repeatable(req *http.Request) { req.Header["Idempotency-Key"] = []string{} }

func local(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}

// parameters adds what a make needs so that its answer is complete and raw.
func (s *Source) parameters(form url.Values) {
	form.Set("timeout", s.o.Timeout.String())
	switch s.o.Kind {
	case VictoriaMetrics, Auto, "": // to all but VictoriaMetrics these say nothing
		form.Set("nocache", "1") // which would also hold back the last 30 s
		form.Set("deny_partial_response", "1")
	case Thanos:
		form.Set("partial_response", "false")
		form.Set("max_source_resolution", "0s")
		form.Set("dedup", "true")
	}
}

// unreached says that no answer came. The address is left out: it may hold a password.
func (s *Source) unreached(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	p := &Problem{Kind: Pending, Text: fmt.Sprintf("source %s does not answer: %v", s.o.Name, err)}
	var op *net.OpError
	switch {
	case errors.Is(err, errElsewhere), errors.Is(err, errLost):
		p.Kind, p.SourceDown = Unusable, true
		p.Text = fmt.Sprintf("source %s cannot be used: %v", s.o.Name, err)
	case errors.Is(err, io.ErrUnexpectedEOF):
		p.Text = fmt.Sprintf("the answer of source %s broke off before its end", s.o.Name)
	case errors.Is(err, context.DeadlineExceeded):
		p.Text = fmt.Sprintf("source %s did not answer within %s", s.o.Name, s.o.Timeout)
	case errors.As(err, &op), errors.Is(err, io.EOF): // refused, reset, or closed without a word
		p.SourceDown = true
	}
	return p
}
