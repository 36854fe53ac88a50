package cycle_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slmd/slmd/internal/cycle"
	"github.com/slmd/slmd/internal/measure"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
)

// silent is a source that answers and has nothing.
type silent struct{ steady }

// Measure says of every interval that nothing is known.
func (s silent) Measure(ctx context.Context, tasks []measure.Task, now sla.Instant) []measure.Outcome {
	out := s.steady.Measure(ctx, tasks, now)
	for i := range out {
		for j := range out[i].Entries {
			e := &out[i].Entries[j]
			e.Good, e.Bad, e.Unknown = sla.Amount{}, sla.Amount{}, e.Length()
		}
	}
	return out
}

func TestAnIndicatorThatNeverHadDataIsToldOfUntilItHasSome(t *testing.T) {
	ctx := t.Context()
	st, err := store.Open(ctx, filepath.Join(t.TempDir(), "slmd.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	if _, err := st.SaveCatalogue(ctx, agreements(1), nil, store.Actor{Name: "test"}, start); err != nil {
		t.Fatal(err)
	}
	options := cycle.Options{
		Store: st, Sources: map[string]cycle.Source{"main": silent{}}, First: "main",
		FinaliseAfter: sla.Hour, BackfillLimit: 400 * sla.Day, RequiredCompleteness: sla.MustDecimal("95"),
	}
	c, err := cycle.New(ctx, options)
	if err != nil {
		t.Fatal(err)
	}
	// missing gives since when the store says that data is missing, 0 when it does not.
	missing := func(now sla.Instant) sla.Instant {
		t.Helper()
		if _, err := c.Round(ctx, "main", cycle.Scope{}, now, nil); err != nil {
			t.Fatal(err)
		}
		conditions, err := st.Conditions(ctx, now)
		if err != nil {
			t.Fatal(err)
		}
		for _, condition := range conditions {
			if condition.Alertname == sla.AlertDataMissing && condition.Holds() {
				if !strings.HasSuffix(condition.Details.Text, "(UTC).") || strings.Contains(condition.Details.Text, "T0") {
					t.Errorf("%q does not say the time as people read it, with its zone", condition.Details.Text)
				}
				return condition.Since
			}
		}
		return 0
	}
	if since := missing(start.Add(10 * sla.Minute)); since != 0 {
		t.Errorf("after ten minutes data is missing since %s, which is too early to say", since)
	}
	if since, want := missing(start.Add(30*sla.Minute)), start.Add(15*sla.Minute); since != want {
		t.Errorf("after half an hour data is missing since %s, want %s", since, want)
	}
	options.Sources = map[string]cycle.Source{"main": steady{}}
	if err := c.Reload(ctx, options); err != nil {
		t.Fatal(err)
	}
	if since := missing(start.Add(31 * sla.Minute)); since != 0 {
		t.Errorf("with data again it is still missing since %s", since)
	}
}
