package promtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/common/model"

	"github.com/prometheus/prometheus/model/labels"
)

const (
	maxRequestBytes = 32 << 20
	// Ends of time that Prometheus uses where none is given, within what milliseconds hold.
	minTime, maxTime = -1 << 53, 1 << 53
)

func (s *Server) routes(mux *http.ServeMux) {
	ok := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, text) }
	}
	mux.HandleFunc("/-/healthy", ok("Prometheus Server is Healthy."))
	mux.HandleFunc("/-/ready", ok("Prometheus Server is Ready."))
	for path, h := range map[string]func(http.ResponseWriter, *http.Request) error{
		"query":       s.query,
		"query_range": s.queryRange,
	} {
		mux.HandleFunc("/api/v1/"+path, answered(h))
	}
	mux.HandleFunc("/api/v1/series", given(s.seriesAnswer))
	mux.HandleFunc("/api/v1/labels", given(s.labelNames))
	mux.HandleFunc("/api/v1/label/{name}/values", given(s.labelValues))
	mux.HandleFunc("/api/v1/metadata", given(s.metadataAnswer))
	mux.HandleFunc("/api/v1/status/buildinfo", given(s.buildInfo))
	mux.HandleFunc("/api/v1/read", s.remoteRead)
}

// refusal is an answer of the API that says no.
type refusal struct {
	code int
	kind string // errorType
	text string
}

func (r refusal) Error() string { return r.text }

func badParameter(name string, err error) error {
	return refusal{http.StatusBadRequest, "bad_data", fmt.Sprintf("invalid parameter %q: %s", name, err)}
}

func refuse(w http.ResponseWriter, no refusal) {
	b := append([]byte(`{"status":"error","errorType":`), []byte(strconv.Quote(no.kind))...)
	b = appendString(append(b, `,"error":`...), no.text)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(no.code)
	_, _ = w.Write(append(b, '}'))
}

// answered turns the error of a handler into the API's.
func answered(h func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		err := r.ParseForm()
		if err == nil {
			err = h(w, r)
		}
		var no refusal
		switch {
		case err == nil:
		case errors.As(err, &no):
			refuse(w, no)
		default:
			refuse(w, refusal{http.StatusBadRequest, "bad_data", err.Error()})
		}
	}
}

// given answers with a small value as JSON.
func given(h func(*http.Request) (any, error)) http.HandlerFunc {
	return answered(func(w http.ResponseWriter, r *http.Request) error {
		v, err := h(r)
		if err != nil {
			return err
		}
		w.Header().Set("Content-Type", "application/json")
		return json.NewEncoder(w).Encode(map[string]any{"status": "success", "data": v})
	})
}

// selection is what the label and series endpoints ask for.
type selection struct {
	sets     [][]*labels.Matcher
	from, to int64
	limit    int
}

func (s *Server) selection(r *http.Request) (selection, error) {
	sel := selection{from: minTime, to: maxTime}
	for name, at := range map[string]*int64{"start": &sel.from, "end": &sel.to} {
		if v := r.Form.Get(name); v != "" {
			t, err := parseTime(v)
			if err != nil {
				return sel, badParameter(name, err)
			}
			*at = t.UnixMilli()
		}
	}
	if v := r.Form.Get("limit"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil || n < 0 {
			return sel, badParameter("limit", errors.New("limit must be a non-negative number"))
		}
		sel.limit = n
	}
	for _, text := range r.Form["match[]"] {
		ms, err := s.parser.ParseMetricSelector(text)
		if err != nil {
			return sel, refusal{http.StatusBadRequest, "bad_data", err.Error()}
		}
		sel.sets = append(sel.sets, ms)
	}
	return sel, nil
}

// querier gives the store within the selection's range.
func (s *Server) querier(sel selection) *querier {
	return &querier{store: s.store, from: sel.from, to: sel.to}
}

// matched gives the series of any of the selectors; without a selector, all.
func (s *Server) matched(sel selection) []*Series {
	if len(sel.sets) == 0 {
		return sorted(s.querier(sel).within(nil))
	}
	seen := map[*Series]bool{}
	for _, ms := range sel.sets {
		for _, sr := range s.querier(sel).within(ms) {
			seen[sr] = true
		}
	}
	return sorted(slices.Collect(maps.Keys(seen)))
}

func (s *Server) seriesAnswer(r *http.Request) (any, error) {
	sel, err := s.selection(r)
	if err != nil {
		return nil, err
	}
	if len(sel.sets) == 0 {
		return nil, refusal{http.StatusBadRequest, "bad_data", "no match[] parameter provided"}
	}
	answer := []map[string]string{}
	for _, sr := range s.matched(sel) {
		answer = append(answer, sr.labels.Map())
	}
	return limited(answer, sel.limit), nil
}

func (s *Server) labelNames(r *http.Request) (any, error) {
	return s.collected(r, func(lset labels.Labels, add func(string)) {
		lset.Range(func(l labels.Label) { add(l.Name) })
	})
}

func (s *Server) labelValues(r *http.Request) (any, error) {
	name := r.PathValue("name")
	return s.collected(r, func(lset labels.Labels, add func(string)) {
		if v := lset.Get(name); v != "" {
			add(v)
		}
	})
}

// collected gives what pick adds over all the series asked for, sorted.
func (s *Server) collected(r *http.Request, pick func(labels.Labels, func(string))) (any, error) {
	sel, err := s.selection(r)
	if err != nil {
		return nil, err
	}
	found := map[string]bool{}
	for _, sr := range s.matched(sel) {
		pick(sr.labels, func(text string) { found[text] = true })
	}
	return limited(sortedKeys(found), sel.limit), nil
}

func limited[T any](list []T, limit int) []T {
	if limit > 0 && len(list) > limit {
		return list[:limit]
	}
	return list
}

func (s *Server) metadataAnswer(r *http.Request) (any, error) {
	s.store.mu.RLock()
	defer s.store.mu.RUnlock()
	answer := map[string][]Metadata{}
	for metric, m := range s.store.metadata {
		if want := r.Form.Get("metric"); want == "" || want == metric {
			answer[metric] = []Metadata{m}
		}
	}
	return answer, nil
}

// buildInfo names the Prometheus whose evaluation is linked; Grafana reads the version.
func (s *Server) buildInfo(*http.Request) (any, error) {
	return map[string]string{
		"version": "3.15.0", "revision": "", "branch": "", "buildUser": "promtest", "buildDate": "", "goVersion": "",
	}, nil
}

// parseTime reads Unix seconds with a fraction, or RFC 3339.
func parseTime(s string) (time.Time, error) {
	if v, err := strconv.ParseFloat(s, 64); err == nil && v > minTime/1000 && v < maxTime/1000 {
		whole := int64(v)
		// Seconds as a float hold milliseconds well, microseconds just about.
		micros := int64((v-float64(whole))*1e6 + 0.5)
		return time.Unix(whole, micros*1000).UTC(), nil
	}
	if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return t, nil
	}
	return time.Time{}, fmt.Errorf("cannot parse %q to a valid timestamp", s)
}

// parseDuration reads seconds with a fraction, or 1h30m.
func parseDuration(s string) (time.Duration, error) {
	if v, err := strconv.ParseFloat(s, 64); err == nil && v > -1e9 && v < 1e9 {
		return time.Duration(v * float64(time.Second)), nil
	}
	if d, err := model.ParseDuration(s); err == nil {
		return time.Duration(d), nil
	}
	return 0, fmt.Errorf("cannot parse %q to a valid duration", s)
}
