package company_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/slmd/slmd/internal/catalogue"
	"github.com/slmd/slmd/internal/measure"
	"github.com/slmd/slmd/internal/promtest"
	"github.com/slmd/slmd/internal/sla"
)

// indicators gives those of the company's catalogue.
func indicators(t *testing.T, h history) []*sla.Indicator {
	t.Helper()
	dir := t.TempDir()
	if err := h.c.WriteCatalogue(dir); err != nil {
		t.Fatal(err)
	}
	cat, _, err := catalogue.Load([]string{dir}, catalogue.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var list []*sla.Indicator
	for i := range cat.Indicators {
		list = append(list, &cat.Indicators[i])
	}
	return list
}

func TestWhatIsMeasuredFromTheHistoryIsTheTruthOfEachHour(t *testing.T) {
	h := shared()
	server, err := promtest.New(h.store, promtest.Options{Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	client := &http.Client{}
	defer client.CloseIdleConnections()
	source, err := measure.New(measure.Options{Name: "main", URL: server.URL(), HTTP: client})
	if err != nil {
		t.Fatal(err)
	}
	span := sla.Span{From: h.c.First(), To: h.c.Now().Add(-2 * sla.Hour)}
	for _, indicator := range indicators(t, h) {
		entries, err := measure.Whole(context.Background(), source, indicator, span)
		if err != nil {
			t.Errorf("%s: %v", indicator.Name, err)
			continue
		}
		wrong := 0
		for len(entries) > 0 {
			n := min(len(entries), int(sla.Hour/indicator.Interval))
			if wrong < 3 && differs(t, h, indicator, entries[:n]) {
				wrong++
			}
			entries = entries[n:]
		}
	}
}

// differs compares the entries of an hour with the truth.
func differs(t *testing.T, h history, indicator *sla.Indicator, entries []sla.Entry) bool {
	t.Helper()
	hour := sla.Span{From: entries[0].From, To: entries[len(entries)-1].To}
	truth, err := h.c.Truth(indicator.Name, hour)
	if err != nil {
		t.Fatal(err)
	}
	var good, bad sla.Amount
	var unknown sla.Millis
	for _, e := range entries {
		good, bad, unknown = good.Add(e.Good), bad.Add(e.Bad), unknown+e.Unknown
	}
	wantGood, wantBad := sla.Whole(truth.Good), sla.Whole(truth.Bad)
	switch indicator.Facts() {
	case sla.Time:
		wantGood, wantBad = sla.Seconds(truth.Up), sla.Seconds(truth.Down)
		if unknown != truth.Unknown {
			t.Errorf("%s from %s: %d ms unknown, in truth %d", indicator.Name, hour.From, unknown, truth.Unknown)
			return true
		}
	case sla.Mean:
		wantGood, wantBad = sla.Nanos(truth.Sum*1953125), sla.Whole(truth.Count) // 10⁹ / 512
	}
	if good.Cmp(wantGood) != 0 || bad.Cmp(wantBad) != 0 {
		t.Errorf("%s from %s: measured %s and %s, in truth %s and %s", indicator.Name, hour.From, good, bad, wantGood, wantBad)
		return true
	}
	return false
}
