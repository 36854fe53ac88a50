package app_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/slmd/slmd/internal/promtest"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/testkit"
)

// ailing is a daemon whose disk fails before it has measured anything.
type ailing struct {
	*life
	p       *process
	release chan struct{} // closed: the source answers
}

// fallIll starts a daemon that waits for its source, in a life whose storage
// directory is dir where that is not empty.
func (th *theatre) fallIll(dir string, env ...string) *ailing {
	th.t.Helper()
	l := th.newLife(th.released)
	if dir != "" {
		if err := os.Symlink(dir, filepath.Join(l.dir, "data")); err != nil {
			th.t.Fatal(err)
		}
	}
	l.write("catalogue.yml", strings.ReplaceAll(th.catalogue, ", interval: ", ", schedule: '@every 10s', interval: "))
	l.configure(never(th.now), "400d")
	a := &ailing{life: l, release: make(chan struct{})}
	th.server.Break(promtest.Slow(a.release))
	th.t.Cleanup(func() { th.server.Break(nil) })
	a.start(env...)
	return a
}

func (a *ailing) start(env ...string) {
	t := a.th.t
	t.Helper()
	args := []string{"--web.listen-address=127.0.0.1:0", "--web.enable-lifecycle"}
	a.p = begin(t, program{dir: a.dir, binary: a.bin.daemon, args: args, env: env})
	p := a.p
	t.Cleanup(func() {
		_ = p.Process.Kill() // an error means that it has ended
		<-p.gone
		if t.Failed() {
			t.Logf("slmd wrote last:\n%s", tail(p.said.String()))
		}
	})
	testkit.Eventually(t, "slmd is ready", func() bool { return a.ready() == "slmd is ready.\n" })
}

func (a *ailing) ready() string {
	_, text := a.p.answer("/-/ready")
	return text
}

// says waits until the daemon says that it cannot write, and looks whether its
// pages can be read meanwhile.
func (a *ailing) says(words string) {
	t := a.th.t
	t.Helper()
	testkit.Eventually(t, "slmd says that it is not ready", func() bool {
		code, text := a.p.answer("/-/ready")
		return code == 503 && strings.Contains(text, words)
	})
	for _, page := range []string{"/", "/agreements/shop-sla", "/status", "/api/v1/agreements"} {
		if _, ok := a.p.get(page); !ok {
			t.Errorf("%s cannot be read", page)
		}
	}
	if page, _ := a.p.get("/metrics"); !strings.Contains(page, "\nslmd_storage_writable 0\n") {
		t.Error("the metrics do not say that nothing can be written")
	}
	if said := a.p.said.String(); !strings.Contains(said, "a round did not succeed") || !strings.Contains(said, words) {
		t.Errorf("the log does not say %q", words)
	}
	testkit.Eventually(t, "the metrics say that the alert holds", func() bool {
		page, _ := a.p.get("/metrics")
		return strings.Contains(page, "\nslmd_alerts_firing{alertname=\"SLMStorageFailing\"} 1\n")
	})
	testkit.Eventually(t, "the alert is there", func() bool { return a.alerted(func(x *testkit.Alert) bool { return x.EndsAt.After(time.Now()) }) })
}

func (a *ailing) alerted(is func(*testkit.Alert) bool) bool {
	for _, x := range a.sink.Alerts() {
		if x.Labels["alertname"] == sla.AlertStorage && x.Labels["severity"] == "critical" && is(&x) {
			return true
		}
	}
	return false
}

// recovers waits until the daemon has measured everything, and compares.
func (a *ailing) recovers(want map[string][]sla.Entry) {
	t := a.th.t
	t.Helper()
	testkit.Eventually(t, "slmd has caught up", func() bool { return a.seen.look(t, a.p) && a.seen.pending == 0 })
	if text := a.ready(); text != "slmd is ready.\n" {
		t.Errorf("afterwards it says %q", text)
	}
	a.stop()
	a.sound("a disk that failed")
	got := a.th.outcome(a.dir).entries
	for _, name := range []string{"requests", "speed", "probe"} {
		testkit.EqualLedgers(t, got[name], want[name])
	}
}

func (a *ailing) stop() {
	a.th.t.Helper()
	if err := a.p.Process.Signal(os.Interrupt); err != nil {
		a.th.t.Fatal(err)
	}
	<-a.p.gone
	if code := a.p.ProcessState.ExitCode(); code != 0 {
		a.th.t.Errorf("slmd ends with %d", code)
	}
}

// healthy gives the ledger of a daemon whose disk does not fail.
func (th *theatre) healthy() map[string][]sla.Entry {
	th.t.Helper()
	a := th.fallIll("")
	close(a.release)
	testkit.Eventually(th.t, "slmd has caught up", func() bool { return a.seen.look(th.t, a.p) && a.seen.pending == 0 })
	a.stop()
	return th.outcome(a.dir).entries
}

func TestFault_C4_OnAFullDiskSlmdSaysSoShowsItsPagesAndGoesOnByItself(t *testing.T) {
	if testing.Short() {
		t.Skip("left out by -short: it builds a daemon and waits for rounds")
	}
	t.Parallel()
	th := newTheatre(t)
	want := th.healthy()
	t.Run("of a full file system", func(t *testing.T) { fullFileSystem(t, th.on(t), want) })
	t.Run("at a limit of file sizes", func(t *testing.T) { fileSizeLimit(t, th.on(t), want) })
}

func fullFileSystem(t *testing.T, th *theatre, want map[string][]sla.Entry) {
	dir := t.TempDir()
	mount(t, dir, 0, "size=33554432")
	a := th.fallIll(dir)
	ballast := filepath.Join(dir, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 40<<20), 0o600); err == nil {
		t.Fatal("the file system is larger than it should be")
	}
	close(a.release)
	a.says("the disk is full")
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	a.recovers(want)
	if !a.alerted(func(x *testkit.Alert) bool { return !x.EndsAt.After(time.Now()) }) {
		t.Error("the alert was not resolved")
	}
}

func fileSizeLimit(t *testing.T, th *theatre, want map[string][]sla.Entry) {
	a := th.fallIll("")
	info, err := os.Stat(filepath.Join(a.dir, "data", "slmd.db-wal"))
	if err != nil {
		t.Fatal(err)
	}
	limit := func(size uint64) {
		if err := unix.Prlimit(a.p.Process.Pid, unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: size, Max: math.MaxUint64}, nil); err != nil {
			t.Fatal(err)
		}
	}
	limit(uint64(info.Size()) + 5000)
	close(a.release)
	a.says("the disk gave an error")
	limit(math.MaxUint64)
	a.recovers(want)
}

func TestFault_C6_AfterAFailedSyncNothingIsWrittenUntilARestart(t *testing.T) {
	if testing.Short() {
		t.Skip("left out by -short: it builds a daemon")
	}
	t.Parallel()
	th := newTheatre(t)
	want := th.healthy()
	fail := filepath.Join(t.TempDir(), "fail")
	a := th.fallIll("", testkit.DiskLibrary(t, th.root(), "", fail)...)
	if err := os.WriteFile(fail, []byte("fsync"), 0o600); err != nil {
		t.Fatal(err)
	}
	close(a.release)
	a.says("nothing is written until slmd is started again")
	if _, err := os.Stat(fail); err == nil {
		t.Error("no fsync failed")
	}
	before := a.count("SELECT count(*) FROM audit")
	text := fmt.Sprintf("version: 1\nparties: [{name: %s, role: customer}]\n", "newcomer")
	if a.p.put("/api/v1/catalogue?as=kim", map[string]string{"party.yml": text}) || a.count("SELECT count(*) FROM audit") != before {
		t.Error("it went on writing")
	}
	a.stop()
	a.start()
	a.recovers(want)
}

// root is where the directories of the test's lives are.
func (th *theatre) root() string { return filepath.Dir(th.t.TempDir()) }
