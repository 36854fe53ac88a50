package measure

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/slmd/slmd/internal/sla"
)

// maxSmall bounds answers that are not samples.
const maxSmall = 8 << 20

// fetchJSON reads the data of an answer of the API that holds no samples into
// data. What the source does not offer is an error like any other.
func (s *Source) fetchJSON(ctx context.Context, path string, form url.Values, data any) error {
	ctx, cancel := context.WithTimeout(ctx, s.o.Timeout)
	defer cancel()
	u := s.base.JoinPath("api", "v1", path)
	u.RawQuery = form.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return fmt.Errorf("asking source %s: %w", s.o.Name, err)
	}
	for name, value := range s.o.Headers {
		req.Header.Set(name, value)
	}
	resp, err := s.o.HTTP.Do(req)
	if err != nil {
		return s.unreached(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxSmall))
	if err != nil {
		return s.unreached(err)
	}
	answer := struct {
		Status string
		Data   any
	}{Data: data}
	if json.Unmarshal(body, &answer) != nil || answer.Status != "success" {
		return s.unusable(resp, body)
	}
	return nil
}

// at evaluates an expression at one instant. The result is of one point per series.
func (s *Source) at(ctx context.Context, expr string, now sla.Instant) ([]Series, error) {
	return s.ask(ctx, "check", "query_range", url.Values{
		"query": {expr}, "start": {seconds(now)}, "end": {seconds(now)}, "step": {"60"},
	}, sla.Span{From: now, To: now + 1})
}

// number evaluates an expression that gives one number, 0 when it gives none.
func (s *Source) number(ctx context.Context, expr string, now sla.Instant) (int, error) {
	series, err := s.at(ctx, expr, now)
	if err != nil || len(series) == 0 || len(series[0].Samples) == 0 {
		return 0, err
	}
	f, _ := series[0].Samples[0].V.rat().Float64()
	return int(f), nil
}
