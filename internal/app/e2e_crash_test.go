package app_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slmd/slmd/internal/store"
	"github.com/slmd/slmd/internal/testkit"
)

// Knobs of the long form.
const (
	daysVariable  = "SLMD_CRASH_DAYS"   // of history that each life catches up with
	killsVariable = "SLMD_CRASH_KILLS"  // at random moments
	pointVariable = "SLMD_CRASH_PASSES" // kills at each failpoint
	seedVariable  = "SLMD_CRASH_SEED"
)

// killWithin is how long after its start a daemon is killed at the latest, unless
// that leaves it no time to get anywhere.
const killWithin = 500 * time.Millisecond

// failpoints lists the names in the code.
func failpoints(t testing.TB) []string {
	t.Helper()
	call := regexp.MustCompile(`\bfailpoint\("([a-z_.]+)"\)`)
	var names []string
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, found := range call.FindAllSubmatch(text, -1) {
			names = append(names, string(found[1]))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	if unique := slices.Compact(slices.Clone(names)); len(unique) != len(names) {
		t.Errorf("a failpoint's name stands twice: %q", names)
	}
	return names
}

func TestFault_C2_KilledAtEachFailpointItEndsAsIfItHadNotBeen(t *testing.T) {
	if testing.Short() {
		t.Skip("left out by -short: it builds programs and kills them for a minute")
	}
	t.Parallel()
	th := newTheatre(t)
	want, passed := th.calm()
	t.Run("at each failpoint", func(t *testing.T) { t.Parallel(); killAtPoints(th.on(t), want, passed) })
	t.Run("at random moments", func(t *testing.T) { t.Parallel(); killAtRandom(th.on(t), want) })
}

// killAtPoints kills at each failpoint as often as wanted, in the first act that
// passes it: life after life, in each a few times at each.
func killAtPoints(th *theatre, want outcome, passed []map[string]int) {
	names := failpoints(th.t)
	if len(names) < 45 {
		th.t.Errorf("there are %d failpoints, want 45", len(names))
	}
	wanted := testkit.Number(th.t, pointVariable, 1)
	left, total := map[string]int{}, tally{}
	for _, name := range names {
		left[name] = wanted
		if !slices.ContainsFunc(passed, func(act map[string]int) bool { return act[name] > 0 }) {
			th.t.Fatalf("the failpoint %s was never reached", name)
		}
	}
	for len(left) > 0 {
		l := th.newLife(th.failing)
		for !l.over() {
			act := l.next
			for _, name := range th.shuffled(passed[act]) {
				for range min(perLife, left[name]) {
					if l.next != act {
						break // a pass was not reached, so the act is played
					}
					// Early passes are sure to come, however much of the act was played before.
					if l.act(blow{point: fmt.Sprint(name, ":", 1+th.random.IntN(min(20, 1+passed[act][name]/10)))}) {
						left[name]--
						total.kills++
						l.sound(name)
					}
				}
			}
			maps.DeleteFunc(left, func(_ string, n int) bool { return n == 0 })
			if l.next == act {
				l.act(blow{})
			}
		}
		total.life(l, want, "failpoints")
	}
	th.t.Logf("%d kills at %d failpoints in %d lives of %d days, seed %d", total.kills, len(names), total.lives, th.days, th.seed)
	total.log(th.t)
}

// perLife is how often a life is cut off at one failpoint.
const perLife = 3

func (th *theatre) shuffled(points map[string]int) []string {
	names := slices.Sorted(maps.Keys(points))
	th.random.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	return names
}

// killAtRandom kills 1 to 500 ms after the start, later only where that left
// the daemon no time to get further, several times in one life.
func killAtRandom(th *theatre, want outcome) {
	wanted := testkit.Number(th.t, killsVariable, 20)
	total := tally{}
	for total.kills < wanted {
		l := th.newLife(th.released)
		within, last := killWithin, -1
		for total.kills < wanted && !l.over() {
			if !l.act(blow{after: time.Millisecond + time.Duration(th.random.Int64N(int64(within)))}) {
				continue
			}
			total.kills++
			l.sound("a random moment")
			if within = killWithin; l.seen.facts == last {
				within = 4 * killWithin
			}
			last = l.seen.facts
		}
		total.life(l, want, "random moments")
	}
	th.t.Logf("%d kills at random in %d lives of %d days, seed %d", total.kills, total.lives, th.days, th.seed)
	total.log(th.t)
}

// tally is what a series of lives came to.
type tally struct {
	kills, lives int
	ready        []time.Duration // from each start to the first answer
}

// life lets a life get to its end without another kill, and compares what came of it.
func (y *tally) life(l *life, want outcome, after string) {
	for !l.over() {
		if l.act(blow{}) {
			l.th.t.Fatal("a program that nobody killed was killed")
		}
	}
	l.sound(after)
	l.th.same(l.end, want, after)
	y.lives++
	y.ready = append(y.ready, l.ready...)
	l.th.t.Logf("so far %d kills in %d lives of %d days", y.kills, y.lives, l.th.days) // a long run may be ended early
}

func (y *tally) log(t testing.TB) {
	slices.Sort(y.ready)
	if n := len(y.ready); n > 0 {
		t.Logf("from start to ready: p50 %s, p99 %s, of %d starts", y.ready[n/2], y.ready[n*99/100], n)
	}
}

func TestTheReleasedDaemonHoldsNoFailpoint(t *testing.T) {
	if testing.Short() {
		t.Skip("left out by -short: it builds a daemon")
	}
	text, err := os.ReadFile(build(t, "slmd"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range failpoints(t) {
		if bytes.Contains(text, []byte(name)) {
			t.Errorf("it holds the name %s", name)
		}
	}
	if bytes.Contains(text, []byte("SLMD_FAILPOINT")) {
		t.Error("it reads SLMD_FAILPOINT")
	}
}

func TestFault_C12_KilledInAMigrationTheNextStartCompletesIt(t *testing.T) {
	if testing.Short() {
		t.Skip("left out by -short: it builds a program with failpoints")
	}
	tool := build(t, "slmtool", "-tags=failpoint")
	for _, name := range []string{"store.schema_copied", "store.schema_kept", "store.migrating", "store.migrated", "store.adopted", "store.migration_committed"} {
		dir := t.TempDir()
		oldDatabase(t, dir)
		if !upgrade(t, dir, tool, blow{point: name + ":1"}).killed() {
			t.Errorf("%s was not reached", name)
		}
		st, err := store.Open(t.Context(), filepath.Join(dir, "old", "slmd.db"), store.Options{})
		if err != nil {
			t.Errorf("after a kill at %s: %v", name, err)
			continue
		}
		if found, err := st.Verify(t.Context(), store.AuditHead{}); err != nil || len(found) > 0 {
			t.Errorf("after a kill at %s: %q, %v", name, found, err)
		}
		if len(ledgerOf(t, st)) != 3 {
			t.Errorf("after a kill at %s facts are missing", name)
		}
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	}
}

// seeded gives the source of what is left to chance, and its seed.
func seeded(t testing.TB) (*rand.Rand, int) {
	seed := testkit.Number(t, seedVariable, 1)
	return rand.New(rand.NewPCG(uint64(seed), 0)), seed
}
