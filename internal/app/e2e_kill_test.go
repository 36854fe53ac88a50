package app_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slmd/slmd/internal/promtest"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
	"github.com/slmd/slmd/internal/testkit"
)

// daemon is a real slmd in a process of its own.
type daemon struct {
	command *exec.Cmd
	said    *words
	gone    chan struct{}
	address string
}

// start runs the daemon on the files of a stage.
func (s *stage) start(binary string) *daemon {
	s.t.Helper()
	d := &daemon{said: &words{}, gone: make(chan struct{}), address: testkit.FreeAddress(s.t)}
	d.command = exec.Command(binary, "--config.file="+s.path("slmd.yml"), "--storage.path="+s.path("data"), "--web.listen-address="+d.address)
	d.command.Stdout, d.command.Stderr = d.said, d.said
	if err := d.command.Start(); err != nil {
		s.t.Fatal(err)
	}
	go func() {
		_ = d.command.Wait()
		close(d.gone)
	}()
	s.t.Cleanup(d.kill)
	return d
}

// kill ends the daemon with SIGKILL.
func (d *daemon) kill() {
	_ = d.command.Process.Kill() // an error means that it has ended
	<-d.gone
}

// pending gives the intervals that the daemon owes; −1 when it does not answer.
func (d *daemon) pending() int {
	resp, err := http.Get("http://" + d.address + "/metrics")
	if err != nil {
		return -1
	}
	defer resp.Body.Close()
	var page bytes.Buffer
	_, _ = page.ReadFrom(resp.Body)
	n := -1
	for line := range strings.Lines(page.String()) {
		_, _ = fmt.Sscanf(line, "slmd_intervals_pending %d", &n)
	}
	return n
}

// trap kills a daemon when a number of questions were asked: before or after
// the last one is answered.
type trap struct {
	mu       sync.Mutex
	victim   *daemon
	left     int
	answered bool
}

func (k *trap) set(d *daemon, questions int, answered bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.victim, k.left, k.answered = d, questions, answered
}

func (k *trap) fault(w http.ResponseWriter, r *http.Request, next http.Handler) {
	k.mu.Lock()
	k.left--
	snap, first := k.left == 0 && k.victim != nil, k.answered
	victim := k.victim
	k.mu.Unlock()
	if snap && !first {
		_ = victim.command.Process.Kill()
		return
	}
	next.ServeHTTP(w, r)
	if snap {
		_ = victim.command.Process.Kill()
	}
}

func TestTheDaemonAsAProcess(t *testing.T) {
	if testing.Short() {
		t.Skip("left out by -short: it builds a daemon")
	}
	binary := build(t, "slmd")
	t.Run("killed while it catches up it ends with the ledger of one that was not", func(t *testing.T) { killWhileCatchingUp(t, binary) })
	t.Run("a second one on the same storage ends within a second and says why", func(t *testing.T) { startTwice(t, binary) })
}

func killWhileCatchingUp(t *testing.T, binary string) {
	until := sla.At(time.Now().UTC().Truncate(24 * time.Hour).Add(-48 * time.Hour))
	h := shop(until.Add(-days * sla.Day))
	srv, err := promtest.New(h.store(t), promtest.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = srv.Close() })
	terms := set{source: srv.URL(), catalogue: shopTerms(h.truth.from, until), now: until}
	still, killed := newStage(t, terms), newStage(t, terms)

	d := still.start(binary)
	await(t, d)
	asked := srv.Served().Requests["/api/v1/query"]
	trap := &trap{}
	srv.Break(trap.fault)
	kills := 0
	for _, share := range []int64{3, 11, 25, 42, 60, 75} { // percent of the questions that are still to be asked
		d := killed.start(binary)
		trap.set(d, int(max(1, asked*share/100)), kills%2 == 0)
		testkit.Eventually(t, "the daemon is killed or has caught up", func() bool {
			select {
			case <-d.gone:
				kills++
				return true
			default:
				return d.pending() == 0
			}
		})
		d.kill()
	}
	trap.set(nil, 0, false)
	if kills < 3 {
		t.Errorf("the daemon was killed %d times while it caught up, want at least three times", kills)
	}
	await(t, killed.start(binary))
	want, got := still.entries(), killed.entries()
	for name := range h.truth.facts {
		if len(want[name]) != days*24*60 {
			t.Errorf("%s has %d entries without a kill, want those of %d days", name, len(want[name]), days)
		}
		testkit.EqualLedgers(t, got[name], want[name])
	}
}

// await waits until the daemon has caught up, and ends it with SIGTERM.
func await(t testing.TB, d *daemon) {
	t.Helper()
	defer func() {
		if t.Failed() {
			t.Logf("slmd wrote last:\n%s", tail(d.said.String()))
		}
	}()
	testkit.Eventually(t, "slmd has caught up", func() bool { return d.pending() == 0 })
	if err := d.command.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	testkit.Eventually(t, "slmd has stopped", func() bool {
		select {
		case <-d.gone:
			return true
		default:
			return false
		}
	})
	if code := d.command.ProcessState.ExitCode(); code != 0 {
		t.Errorf("slmd ends with %d after SIGINT, want 0", code)
	}
}

func startTwice(t *testing.T, binary string) {
	s := newStage(t, set{source: "http://127.0.0.1:1", catalogue: corner, now: march})
	if st, err := store.Open(context.Background(), s.path("data/slmd.db"), store.Options{}); err != nil {
		t.Fatal(err)
	} else {
		t.Cleanup(func() { _ = st.Close() }) // this process holds it, as another daemon would
	}
	begin := time.Now()
	d := s.start(binary)
	<-d.gone
	if took := time.Since(begin); took > 5*time.Second { // a second on a machine at rest
		t.Errorf("it took %s", took)
	}
	said := d.said.String()
	if d.command.ProcessState.ExitCode() != 1 || !strings.Contains(said, "slmd: error: opening the database") ||
		!strings.Contains(said, fmt.Sprintf("in use by another slmd process (pid %d)", os.Getpid())) || strings.Count(said, "\n") != 1 {
		t.Errorf("it ends with %d and says %q", d.command.ProcessState.ExitCode(), said)
	}
}
