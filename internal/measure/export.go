package measure

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/slmd/slmd/internal/sla"
)

const (
	// maxLine bounds one line of an export. A line holds rowsPerLine samples.
	maxLine     = 4 << 20
	rowsPerLine = 10_000
)

// errLines says that an export broke off or is none.
var errLines = errors.New("the exported lines are not complete")

// export reads raw samples as VictoriaMetrics exports them: JSON lines with the
// samples of one series each, as they come. A series may come in several lines.
func (s *Source) export(ctx context.Context, selector string, span sla.Span) ([]Series, error) {
	began := s.clock()
	l, err := s.exported(ctx, selector, span)
	if s.o.Observe != nil {
		s.o.Observe(Request{Kind: "export", Result: resultOf(err), Why: textOf(err), Took: s.clock().Sub(began), Samples: l.samples, Bytes: l.size, Query: selector, Span: span})
	}
	if err != nil {
		return nil, err
	}
	s.noteMake(true)
	return l.done(), nil
}

func (s *Source) exported(ctx context.Context, selector string, span sla.Span) (l lines, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.o.Timeout)
	defer cancel()
	req, err := s.request(ctx, "export", url.Values{
		"match[]": {selector}, "start": {seconds(span.From)}, "end": {seconds(span.To - 1)},
		"max_rows_per_line": {fmt.Sprint(rowsPerLine)},
	})
	if err != nil {
		return l, err
	}
	began := s.clock()
	resp, err := s.o.HTTP.Do(req)
	if err != nil {
		return l, s.unreached(err)
	}
	defer resp.Body.Close()
	if err := s.exports(resp); err != nil {
		return l, err
	}
	if err := s.clocked(resp, began); err != nil {
		return l, err
	}
	body := &counting{r: io.LimitReader(resp.Body, s.o.MaxBody+1)}
	l.span, l.most = span, int(s.o.MaxBody/sampleBytes)
	err = l.read(body)
	l.size = body.n
	switch {
	case ctx.Err() != nil:
		err = s.unreached(ctx.Err())
	case l.size > s.o.MaxBody:
		err = fmt.Errorf("the answer is larger than %d bytes: %w", s.o.MaxBody, errTooMuch)
	case errors.Is(err, errLines): // nothing of it is used; a query may do better
		err = fmt.Errorf("%w: %w", errMissing, err)
	case err != nil && !errors.Is(err, errTooMuch):
		err = s.unreached(err)
	}
	return l, err
}

// exports reports what an answer without lines means: that there is no export,
// or why it is refused now.
func (s *Source) exports(resp *http.Response) error {
	if resp.StatusCode == http.StatusOK {
		if strings.HasPrefix(resp.Header.Get("Content-Type"), "application/stream+json") {
			return nil
		}
		return errMissing
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxSmall))
	if err != nil {
		return s.unreached(err)
	}
	if resp.StatusCode < 500 && resp.StatusCode != http.StatusTooManyRequests && refusalOf(resp.StatusCode, "", string(body)) == wrong {
		return errMissing
	}
	return s.refused(resp, answer{}, body, false)
}

// noteMake remembers whether the source is VictoriaMetrics.
func (s *Source) noteMake(victoria bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.makeKnown, s.victoria = true, victoria
}

// staleAsNaN reports whether the source gives stale markers as NaN: in the
// answers of VictoriaMetrics they are, and it keeps no other NaN. Whether it is
// VictoriaMetrics is seen from its export.
func (s *Source) staleAsNaN(ctx context.Context) (bool, error) {
	if s.o.Kind != Auto && s.o.Kind != "" {
		return s.o.Kind == VictoriaMetrics, nil
	}
	s.mu.Lock()
	known, victoria := s.makeKnown, s.victoria
	s.mu.Unlock()
	if known {
		return victoria, nil
	}
	_, err := s.export(ctx, "{"+equals(metricName, "slmd_no_such_metric")+"}", sla.Span{From: 1, To: 2})
	if errors.Is(err, errMissing) {
		s.noteMake(false)
		return false, nil
	}
	return err == nil, err
}

// lines takes an export apart.
type lines struct {
	span    sla.Span
	most    int // samples
	samples int
	size    int64
	series  []Series
	byKey   map[string]int
	d       decoder
	values  []Value
	times   []sla.Instant
}

func (l *lines) read(r io.Reader) error {
	l.byKey = map[string]int{}
	in := bufio.NewScanner(r)
	in.Buffer(make([]byte, 0, 64<<10), maxLine)
	for in.Scan() {
		if len(in.Bytes()) == 0 {
			continue
		}
		if err := l.line(in.Bytes()); err != nil {
			return err
		}
	}
	if errors.Is(in.Err(), bufio.ErrTooLong) {
		return fmt.Errorf("a line of more than %d bytes: %w", maxLine, errLines)
	}
	return in.Err() //nolint:wrapcheck // of the body: wrapped by the caller
}

// line adds the samples of one line.
func (l *lines) line(b []byte) error {
	l.d = decoder{b: b}
	l.values, l.times = l.values[:0], l.times[:0]
	var labels []Label
	l.d.next()
	l.d.value(0, func(name string, depth int) {
		switch name {
		case "metric":
			labels = l.d.labels(depth)
		case "values":
			l.numbers()
		case "timestamps":
			l.instants()
		default:
			l.d.value(depth, l.d.skipField)
		}
	})
	if l.d.next(); l.d.bad || l.d.i < len(b) || labels == nil || len(l.values) != len(l.times) {
		return fmt.Errorf("a line is not what was announced: %w", errLines)
	}
	return l.take(labels)
}

// take adds samples to their series. NaN is a stale marker, which a query leaves
// out as well: the ledger must not depend on the way the samples came.
func (l *lines) take(labels []Label) error {
	l.samples += len(l.values)
	if l.samples > l.most {
		return fmt.Errorf("more than %d samples: %w", l.most, errTooMuch)
	}
	k := key(labels)
	at, ok := l.byKey[k]
	if !ok {
		at = len(l.series)
		l.byKey[k] = at
		l.series = append(l.series, Series{Labels: labels})
	}
	s := &l.series[at]
	for i, t := range l.times {
		if n := len(s.Samples); n > 0 && t <= s.Samples[n-1].T {
			return fmt.Errorf("the samples of %s are not in order: %w", notation(labels), errLines)
		}
		if l.values[i].kind != notANumber && l.span.Contains(t) {
			s.Samples = append(s.Samples, Sample{t, l.values[i]})
		}
	}
	return nil
}

// done gives the series that have samples in the span.
func (l *lines) done() []Series {
	return slices.DeleteFunc(l.series, func(s Series) bool { return len(s.Samples) == 0 })
}

// numbers reads [1,2.5,null,"Infinity",-Inf]: infinite ones come with and
// without quotes, depending on the version.
func (l *lines) numbers() {
	if l.d.next() != '[' {
		l.d.fail()
		return
	}
	l.d.array(func() {
		word := l.d.word()
		if string(word) == "null" {
			word = []byte("NaN")
		}
		v, ok := parseValue(word)
		if !ok {
			l.d.fail()
		}
		l.values = append(l.values, v)
	})
}

// instants reads [1700000000000,…], Unix milliseconds.
func (l *lines) instants() {
	if l.d.next() != '[' {
		l.d.fail()
		return
	}
	l.d.array(func() {
		n, ok := digits(l.d.word())
		if !ok {
			l.d.fail()
		}
		l.times = append(l.times, sla.Instant(n))
	})
}

// word reads a string, or what stands up to the next comma or bracket.
func (d *decoder) word() []byte {
	if d.next() == '"' {
		return d.text()
	}
	from := d.i
	for d.i < len(d.b) && strings.IndexByte(",]} \n\t\r", d.b[d.i]) < 0 {
		d.i++
	}
	return d.b[from:d.i]
}

// digits reads a whole number of at most 15 digits, with or without a sign.
func digits(b []byte) (n int64, ok bool) {
	neg := len(b) > 0 && b[0] == '-'
	if neg {
		b = b[1:]
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	if neg {
		n = -n
	}
	return n, len(b) > 0 && len(b) <= 15
}
