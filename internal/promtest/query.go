package promtest

import (
	"context"
	"errors"
	"net/http"

	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/util/annotations"
)

// maxPoints is how many steps of a range Prometheus evaluates.
const maxPoints = 11000

// statusClientGone is what Prometheus answers when nobody listens any more.
const statusClientGone = 499

// flushAt is the size at which a growing answer is sent on.
const flushAt = 64 << 10

func (s *Server) query(w http.ResponseWriter, r *http.Request) error {
	at := s.opts.Now()
	if v := r.Form.Get("time"); v != "" {
		var err error
		if at, err = parseTime(v); err != nil {
			return badParameter("time", err)
		}
	}
	ctx, cancel, err := s.within(r)
	if err != nil {
		return err
	}
	defer cancel()
	expr, err := s.parser.ParseExpr(r.Form.Get("query"))
	if err != nil {
		return badParameter("query", err)
	}
	if sel := plain(expr); sel != nil {
		if done, err := s.window(ctx, w, sel, at.UnixMilli()); done || err != nil {
			return err
		}
	}
	engine, _ := s.limits(ctx)
	q, err := engine.NewInstantQuery(ctx, s.store, nil, r.Form.Get("query"), at)
	if err != nil {
		return badParameter("query", err)
	}
	defer q.Close()
	return s.evaluate(ctx, w, q)
}

func (s *Server) queryRange(w http.ResponseWriter, r *http.Request) error {
	start, err := parseTime(r.Form.Get("start"))
	if err != nil {
		return badParameter("start", err)
	}
	end, err := parseTime(r.Form.Get("end"))
	if err != nil {
		return badParameter("end", err)
	}
	step, err := parseDuration(r.Form.Get("step"))
	switch {
	case err != nil:
		return badParameter("step", err)
	case end.Before(start):
		return badParameter("end", errors.New("end timestamp must not be before start time"))
	case step <= 0:
		return badParameter("step", errors.New("zero or negative query resolution step widths are not accepted. Try a positive integer"))
	case end.Sub(start)/step > maxPoints:
		return refusal{http.StatusBadRequest, "bad_data", "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)"}
	}
	ctx, cancel, err := s.within(r)
	if err != nil {
		return err
	}
	defer cancel()
	engine, _ := s.limits(ctx)
	q, err := engine.NewRangeQuery(ctx, s.store, nil, r.Form.Get("query"), start, end, step)
	if err != nil {
		return badParameter("query", err)
	}
	defer q.Close()
	return s.evaluate(ctx, w, q)
}

// within applies the timeout parameter.
func (s *Server) within(r *http.Request) (context.Context, context.CancelFunc, error) {
	text := r.Form.Get("timeout")
	if text == "" {
		return r.Context(), func() {}, nil
	}
	d, err := parseDuration(text)
	if err != nil {
		return nil, nil, badParameter("timeout", err)
	}
	ctx, cancel := context.WithTimeout(r.Context(), d)
	return ctx, cancel, nil
}

// limits gives the engine for this request and how many samples it may load.
func (s *Server) limits(ctx context.Context) (*promql.Engine, int) {
	if n, ok := ctx.Value(limitKey{}).(int); ok {
		return s.engineFor(n), n
	}
	return s.engine, s.opts.MaxSamples
}

func (s *Server) evaluate(ctx context.Context, w http.ResponseWriter, q promql.Query) error {
	result := q.Exec(ctx)
	if result.Err != nil {
		return refused(result.Err)
	}
	if st := q.Stats(); st != nil && st.Samples != nil {
		s.countSamples(st.Samples.TotalSamples)
	}
	a := begin(w, string(result.Value.Type()))
	switch v := result.Value.(type) {
	case promql.Matrix:
		for i, series := range v {
			a.next(i)
			a.b = appendSeries(a.b, series)
			a.flushIfLarge()
		}
	case promql.Vector:
		for i, sample := range v {
			a.next(i)
			a.b = appendVectorSample(a.b, sample)
			a.flushIfLarge()
		}
	case promql.Scalar:
		a.b = a.b[:len(a.b)-1] // not a list
		a.b = appendFloat(append(appendSeconds(append(a.b, '['), v.T), ','), v.V)
	case promql.String:
		a.b = appendSeconds(a.b, v.T)
		a.b = appendString(append(a.b, ','), v.V)
	}
	return a.end(ctx, result.Warnings, q.String())
}

// refused says an error of the evaluation as Prometheus does.
func refused(err error) error {
	var (
		canceled promql.ErrQueryCanceled
		timeout  promql.ErrQueryTimeout
		stored   promql.ErrStorage
	)
	switch {
	case errors.As(err, &canceled), errors.Is(err, context.Canceled):
		return refusal{statusClientGone, "canceled", err.Error()}
	case errors.As(err, &timeout), errors.Is(err, context.DeadlineExceeded):
		return refusal{http.StatusServiceUnavailable, "timeout", err.Error()}
	case errors.As(err, &stored):
		return refusal{http.StatusInternalServerError, "internal", err.Error()}
	}
	return refusal{http.StatusUnprocessableEntity, "execution", err.Error()}
}

// plain gives the selector of an expression that is nothing but selector[window].
func plain(expr parser.Expr) *parser.MatrixSelector {
	m, ok := expr.(*parser.MatrixSelector)
	if !ok || m.RangeExpr != nil {
		return nil
	}
	v, ok := m.VectorSelector.(*parser.VectorSelector)
	if !ok || v.OriginalOffset != 0 || v.OriginalOffsetExpr != nil || v.Timestamp != nil || v.StartOrEnd != 0 || v.Anchored || v.Smoothed {
		return nil
	}
	return m
}

// window answers selector[window] straight from the chunks: the samples in
// (at − window, at] without stale markers. It leaves the answer to the engine,
// unless done, where there are native histograms or too many samples.
func (s *Server) window(ctx context.Context, w http.ResponseWriter, m *parser.MatrixSelector, at int64) (done bool, err error) {
	from := at - m.Range.Milliseconds() + 1
	found := sorted(s.store.find(m.VectorSelector.(*parser.VectorSelector).LabelMatchers))
	views := make([][]stretch, len(found))
	_, limit := s.limits(ctx)
	most := 0
	for i, sr := range found {
		if views[i], err = sr.view(from, at); err != nil {
			return false, refused(err)
		}
		for _, c := range views[i] {
			most += c.chunk.NumSamples()
			if c.chunk.Encoding() != chunkenc.EncXOR {
				return false, nil
			}
		}
	}
	if most > limit {
		return false, nil
	}
	a := begin(w, "matrix")
	var read int64
	for i, sr := range found {
		if ctx.Err() != nil {
			return true, a.abandon(refused(ctx.Err()))
		}
		read += a.window(sr, views[i], from, at)
	}
	s.countSamples(read)
	return true, a.end(ctx, nil, "")
}

// answer is the growing JSON of a query's answer.
type answer struct {
	w    http.ResponseWriter
	b    []byte
	n    int  // series written
	sent bool // some of it is with the client
}

func begin(w http.ResponseWriter, kind string) *answer {
	w.Header().Set("Content-Type", "application/json")
	b := make([]byte, 0, flushAt+4096)
	b = append(b, `{"status":"success","data":{"resultType":"`...)
	b = append(b, kind...)
	return &answer{w: w, b: append(b, `","result":[`...)}
}

// next separates the elements of the result.
func (a *answer) next(i int) {
	if i > 0 {
		a.b = append(a.b, ',')
	}
}

func (a *answer) flushIfLarge() {
	if len(a.b) >= flushAt {
		_, _ = a.w.Write(a.b) // a client that has gone is seen by the context
		a.b = a.b[:0]
		a.sent = true
	}
}

// abandon ends an answer that cannot be finished: with the error, or where
// some of it has been sent with a broken connection.
func (a *answer) abandon(err error) error {
	if a.sent {
		panic(http.ErrAbortHandler)
	}
	return err
}

// window writes one series and gives the number of its samples; without any, nothing.
func (a *answer) window(sr *Series, chunks []stretch, from, to int64) int64 {
	var n int64
	var it chunkenc.Iterator
	for _, c := range chunks {
		it = c.chunk.Iterator(it)
		for kind := it.Seek(from); kind != chunkenc.ValNone; kind = it.Next() {
			t, v := it.At()
			if t > to {
				break
			}
			if value.IsStaleNaN(v) {
				continue
			}
			if n == 0 {
				a.next(a.n)
				a.n++
				a.b = appendLabels(append(a.b, `{"metric":`...), sr.labels)
				a.b = append(a.b, `,"values":[`...)
			} else {
				a.b = append(a.b, ',')
			}
			n++
			a.b = appendSample(a.b, t, v)
			a.flushIfLarge()
		}
	}
	if n > 0 {
		a.b = append(a.b, ']', '}')
	}
	return n
}

// end closes the answer with what there is to say beside it.
func (a *answer) end(ctx context.Context, notes annotations.Annotations, query string) error {
	a.b = append(a.b, ']', '}')
	warnings, infos := notes.AsStrings(query, 10, 10)
	moreWarnings, moreInfos := added(ctx)
	if warnings = append(warnings, moreWarnings...); len(warnings) > 0 {
		a.b = appendStrings(append(a.b, `,"warnings":`...), warnings)
	}
	if infos = append(infos, moreInfos...); len(infos) > 0 {
		a.b = appendStrings(append(a.b, `,"infos":`...), infos)
	}
	a.b = append(a.b, '}')
	_, _ = a.w.Write(a.b) // a client that has gone needs no answer
	return nil
}
