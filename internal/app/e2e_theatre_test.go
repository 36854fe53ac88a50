package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/slmd/slmd/internal/app"
	"github.com/slmd/slmd/internal/report"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
	"github.com/slmd/slmd/internal/testkit"
)

// theatre is where crashes are staged.
type theatre struct {
	t      *testing.T
	binary string
	source string
	sink   string
	host   *testkit.Smarthost
	said   bytes.Buffer
}

// run runs a child until it ends, or for as long as given; it reports whether it was killed.
func (th *theatre) run(dir, failpoint string, within time.Duration) (killed bool) {
	th.t.Helper()
	cmd := exec.CommandContext(th.t.Context(), th.binary)
	cmd.Env = append(os.Environ(), childDir+"="+dir, childSink+"="+th.sink, "SLMD_FAILPOINT="+failpoint)
	th.said.Reset()
	cmd.Stderr = &th.said
	if err := cmd.Start(); err != nil {
		th.t.Fatal(err)
	}
	if within > 0 {
		timer := time.AfterFunc(within, func() { _ = cmd.Process.Kill() })
		defer timer.Stop()
	}
	err := cmd.Wait()
	if err == nil {
		return false
	}
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signal() == syscall.SIGKILL {
		return true
	}
	th.t.Fatalf("at %q the child ended with %v:\n%s", failpoint, err, th.said.String())
	return false
}

const crashConfig = `catalogue: [catalogue.yml]
sources: [{name: main, url: %q}]
reports: {required_completeness: 10%%}
mail: {smarthost: %q, from: slm@example.com, also_to: [team@example.com], tls: none}
`

// directory makes a fresh one with the files that a child needs.
func (th *theatre) directory() string {
	th.t.Helper()
	dir := th.t.TempDir()
	old, err := os.ReadFile("../store/testdata/schema1.db")
	if err != nil {
		th.t.Fatal(err)
	}
	for name, text := range map[string]string{
		"slmd.yml":      fmt.Sprintf(crashConfig, th.source, th.host.Address()),
		"catalogue.yml": crashCatalogue, "old.db": string(old),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			th.t.Fatal(err)
		}
	}
	return dir
}

// sound fails the test where a kill left anything that does not verify.
func (th *theatre) sound(dir, after string) {
	th.t.Helper()
	for _, name := range []string{"old.db", "data/slmd.db", "copy.db"} {
		file := filepath.Join(dir, name)
		if _, err := os.Stat(file); err != nil {
			continue // not made yet
		}
		st, err := store.OpenReadOnly(context.Background(), file, store.Options{})
		if err != nil {
			if name != "copy.db" && strings.Contains(err.Error(), "schema") { // killed before it was brought up to date
				continue
			}
			th.t.Errorf("%s cannot be opened after a kill at %s: %v", name, after, err)
			continue
		}
		found, err := st.Verify(context.Background(), store.AuditHead{})
		if name != "old.db" { // whose reviews are not real ones
			found, err = app.Verify(context.Background(), app.Verifying{Store: st, FinaliseAfter: sla.Hour, Now: crashUntil.Add(100 * sla.Hour)})
		}
		if err != nil || len(found) > 0 {
			th.t.Errorf("%s after a kill at %s: %q, %v", name, after, found, err)
		}
		th.files(dir, name, st, after)
		if err := st.Close(); err != nil {
			th.t.Error(err)
		}
	}
}

// files fails the test where an issued review has not got its file.
func (th *theatre) files(dir, name string, st *store.Store, after string) {
	th.t.Helper()
	if name != "data/slmd.db" {
		return
	}
	reports, err := st.Reports(context.Background(), "")
	if err != nil {
		th.t.Fatal(err)
	}
	for _, r := range reports {
		if !r.Issued {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, "data", "reports", r.Agreement, r.Period+".json"))
		if err != nil {
			th.t.Errorf("after a kill at %s the review %s has no file: %v", after, r.Period, err)
		} else if err := report.Verify(text); err != nil {
			th.t.Errorf("after a kill at %s the file of %s: %v", after, r.Period, err)
		}
	}
}

// outcome is what must be the same however often the daemon was killed.
type outcome struct {
	entries  map[string][]sla.Entry
	verdicts []string
	reviews  map[string]*report.Review
	breaches []string
}

func (th *theatre) outcome(dir string) outcome {
	th.t.Helper()
	st, err := store.OpenReadOnly(context.Background(), filepath.Join(dir, "data", "slmd.db"), store.Options{})
	if err != nil {
		th.t.Fatal(err)
	}
	defer st.Close()
	out := outcome{entries: ledgerOf(th.t, st), reviews: map[string]*report.Review{}}
	verdicts, err := st.Verdicts(context.Background(), "", ever)
	if err != nil {
		th.t.Fatal(err)
	}
	for i := range verdicts {
		doc, err := json.Marshal(verdicts[i])
		if err != nil {
			th.t.Fatal(err)
		}
		out.verdicts = append(out.verdicts, string(doc))
	}
	breaches, err := st.Breaches(context.Background(), ever)
	if err != nil {
		th.t.Fatal(err)
	}
	for i := range breaches {
		b := breaches[i]
		out.breaches = append(out.breaches, fmt.Sprint(b.Agreement, b.Objective, b.Period.Name, b.State, len(b.Transitions)))
	}
	reports, err := st.Reports(context.Background(), "")
	if err != nil {
		th.t.Fatal(err)
	}
	for _, r := range reports {
		full, err := st.Report(context.Background(), r.Agreement, r.Period)
		if err != nil {
			th.t.Fatal(err)
		}
		if out.reviews[r.Period], err = report.Read(full.Doc); err != nil {
			th.t.Fatal(err)
		}
	}
	return out
}

// same compares with an undisturbed run.
func (th *theatre) same(got, want outcome, after string) {
	th.t.Helper()
	for name := range want.entries {
		testkit.EqualLedgers(th.t, got.entries[name], want.entries[name])
	}
	if !slices.Equal(got.verdicts, want.verdicts) {
		th.t.Errorf("after kills at %s there are other verdicts: %d, want %d", after, len(got.verdicts), len(want.verdicts))
	}
	if !slices.Equal(got.breaches, want.breaches) {
		th.t.Errorf("after kills at %s there are other breaches:\n got %q\nwant %q", after, got.breaches, want.breaches)
	}
	if len(got.reviews) != len(want.reviews) {
		th.t.Errorf("after kills at %s there are %d reviews, want %d", after, len(got.reviews), len(want.reviews))
	}
	for period, r := range want.reviews {
		if other := got.reviews[period]; other != nil {
			if same, err := report.SameFigures(r, other); err != nil || !same {
				th.t.Errorf("after kills at %s the review of %s differs (%v)", after, period, err)
			}
		}
	}
}
