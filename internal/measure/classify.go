package measure

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"unicode"

	"github.com/slmd/slmd/internal/sla"
)

// errTooMuch says that the source refuses to answer for so many samples or
// series at once; less may be asked for.
var errTooMuch = errors.New("too much for the source at once")

const (
	// maxWords bounds how much of a source's words is repeated.
	maxWords = 300
	// maxRetryAfter bounds how long a source may ask to be left alone.
	maxRetryAfter = 5 * sla.Minute
)

// classify turns an answer into samples, or into what follows from it. What a
// refusal means is decided by its text: the same one comes with different
// status codes from different makes.
func (s *Source) classify(resp *http.Response, body []byte, span sla.Span) (answer, error) {
	status := resp.StatusCode
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed:
		return answer{}, s.unusable(resp, body)
	}
	got, err := decode(body, span)
	isAPI := err == nil && (got.status == "success" || got.status == "error")
	switch {
	case isAPI && got.status == "error", status/100 != 2:
		return answer{}, s.refused(resp, got, body, isAPI)
	case err != nil && (len(bytes.TrimSpace(body)) == 0 || bytes.TrimSpace(body)[0] == '{'):
		return answer{}, &Problem{Kind: Pending, Text: fmt.Sprintf("the answer of source %s broke off: %v", s.o.Name, err)}
	case !isAPI:
		return answer{}, s.unusable(resp, body)
	case len(got.warnings) > 0 || got.partial:
		return answer{}, &Problem{Kind: Partial, Text: fmt.Sprintf("source %s warns that its answer is not complete: %s", s.o.Name, words([]byte(strings.Join(got.warnings, "; "))))}
	case got.resultType != "matrix":
		return answer{}, &Problem{Kind: Partial, Text: fmt.Sprintf("source %s answered with a result of type %q where a matrix is wanted", s.o.Name, words([]byte(got.resultType)))}
	}
	return got, nil
}

// unusable says that what answers is not the API, or lets nobody in.
func (s *Source) unusable(resp *http.Response, body []byte) error {
	status := resp.StatusCode
	return &Problem{Kind: Unusable, SourceDown: true, Text: fmt.Sprintf("source %s cannot be used: it answers %d %s with: %s", s.o.Name, status, http.StatusText(status), words(s.hush(resp, body)))}
}

// refused says what follows from an error of the API or from a status that is not success.
func (s *Source) refused(resp *http.Response, got answer, body []byte, isAPI bool) error {
	text := got.errorText
	if !isAPI || text == "" {
		text = string(body)
	}
	say := fmt.Sprintf("source %s answers %d: %s", s.o.Name, resp.StatusCode, words(s.hush(resp, []byte(text))))
	switch kind := refusalOf(resp.StatusCode, got.errorType, text); {
	case kind == tooMuch:
		return fmt.Errorf("%s: %w", say, errTooMuch)
	case kind == wrong && isAPI:
		return &Problem{Kind: Misconfigured, Text: say}
	case kind == wrong:
		return s.unusable(resp, body)
	}
	return &Problem{Kind: Pending, Text: say, SourceDown: resp.StatusCode == http.StatusTooManyRequests, RetryAfter: retryAfter(resp)}
}

type refusalKind int

const (
	later refusalKind = iota
	tooMuch
	wrong
)

// refusalOf decides by the text, then by the type, then by the status.
func refusalOf(status int, errorType, text string) refusalKind {
	t := strings.ToLower(text)
	switch {
	case containsAny(t, "timed out", "timeout", "deadline exceeded", "context canceled", "query was canceled", "too many outstanding", "rate limit", "too many requests"):
		return later
	case status == http.StatusRequestEntityTooLarge, containsAny(t, tooMuchWords...):
		return tooMuch
	case status == http.StatusTooManyRequests, status >= 500:
		return later
	case errorType == "timeout" || errorType == "canceled" || errorType == "unavailable" || errorType == "internal":
		return later
	}
	return wrong
}

// tooMuchWords is how the makes say that a limit on what one query may read
// was hit: Prometheus, VictoriaMetrics, Thanos, Mimir in this order.
var tooMuchWords = []string{
	"too many samples",
	"cannot select more than", "more than -search.max", "exceeds -search.max", "number of matching timeseries exceeds",
	"exceeded series limit", "exceeded samples limit", "limit violated",
	"exceeded the maximum number of", "would exceed the", "max-fetched", "err-mimir-max",
}

func containsAny(text string, words ...string) bool {
	for _, w := range words {
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}

// words gives what a source said, fit to be shown: one line, not too long.
func words(body []byte) string {
	if len(body) > 4*maxWords {
		body = body[:4*maxWords]
	}
	text := strings.Map(func(c rune) rune {
		switch {
		case unicode.IsSpace(c):
			return ' '
		case !unicode.IsPrint(c):
			return -1
		}
		return c
	}, strings.ToValidUTF8(string(body), ""))
	text = strings.Join(strings.Fields(text), " ")
	if text == "" {
		return "nothing"
	}
	if r := []rune(text); len(r) > maxWords {
		return string(r[:maxWords]) + "…"
	}
	return text
}

// retryAfter gives how long the source asks to be left alone, in bounds: in
// seconds, or until an instant by the source's own clock (RFC 9110, 10.2.3).
func retryAfter(resp *http.Response) sla.Millis {
	asked := resp.Header.Get("Retry-After")
	if n, err := strconv.Atoi(asked); err == nil {
		return min(sla.Millis(min(max(n, 0), 1<<20))*sla.Second, maxRetryAfter)
	}
	until, err := http.ParseTime(asked)
	if err != nil {
		return 0
	}
	says, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil {
		return 0
	}
	return min(sla.Millis(max(0, until.Sub(says).Milliseconds())), maxRetryAfter)
}

// problem gives the problem that an error is, and remembers when the source
// wants to be asked again.
func (s *Source) problem(err error, now sla.Instant) *Problem {
	if err == nil {
		return nil
	}
	var p *Problem
	if !errors.As(err, &p) {
		p = &Problem{Kind: Pending, Text: err.Error()}
	}
	if p.RetryAfter > 0 {
		s.mu.Lock()
		s.wait = max(s.wait, now.Add(p.RetryAfter))
		s.mu.Unlock()
	}
	return p
}

// leftAlone gives a problem while the source wants to be left alone.
func (s *Source) leftAlone(now sla.Instant) *Problem {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now >= s.wait || s.wait.Sub(now) > maxRetryAfter { // the second: the clock was set back
		return nil
	}
	return &Problem{Kind: Pending, SourceDown: true, Text: fmt.Sprintf("source %s asked to be left alone until %s", s.o.Name, s.wait), RetryAfter: s.wait.Sub(now)}
}
