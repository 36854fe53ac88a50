package measure

import (
	"fmt"
	"testing"

	"github.com/slmd/slmd/internal/promtest"
	"github.com/slmd/slmd/internal/sla"
)

// Who comes first must not decide how often a source is asked: the demonstration
// writes what slmd counts of itself, and twice the same.
func TestHowOftenASourceShowsItsWaysDoesNotDependOnHowManyReadsGoOnAtOnce(t *testing.T) {
	now := start.Add(2 * sla.Hour)
	want := proofs(t, now, 1)
	for range 5 {
		if got := proofs(t, now, 8); got != want {
			t.Errorf("eight reads at once ask %s, one at a time asks %s", got, want)
		}
	}
}

// proofs reads ten indicators, of which five have no samples, and says what was
// asked for to find out how.
func proofs(t *testing.T, now sla.Instant, atOnce int) string {
	t.Helper()
	srv := serving(t, shop(2).store(t), now)
	src, requests := counted(t, srv.URL(), func(o *Options) { o.Concurrency = atOnce })
	var all []*sla.Indicator
	for n := range 5 {
		none, some := ratio(), ratio()
		none.Name, none.Total, none.Bad = fmt.Sprint("a", n), "absent_total", `absent_total{code="500"}`
		some.Name = fmt.Sprint("b", n)
		all = append(all, none, some)
	}
	src.Measure(t.Context(), tasksOf(all), now)
	return fmt.Sprintf("%d times for a query, %d for chunks, %d for an export", requests("probe ok"), requests("stream ok"), requests("export "+Missing))
}

func TestASourceThatFailsIsNotAskedForItsWaysByEachRead(t *testing.T) {
	now := start.Add(2 * sla.Hour)
	srv := serving(t, shop(2).store(t), now)
	srv.Break(promtest.Status(503, "starting up"))
	src, requests := counted(t, srv.URL(), func(o *Options) { o.Concurrency = 1 })
	var all []*sla.Indicator
	for n := range 20 {
		ind := ratio()
		ind.Name = fmt.Sprint("requests-", n)
		all = append(all, ind)
	}
	src.Measure(t.Context(), tasksOf(all), now)
	if tries := requests("stream pending") + requests("export pending"); tries != 1 {
		t.Errorf("it was asked %d times for another way than queries, want once", tries)
	}
}
