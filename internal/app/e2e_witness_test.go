package app_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slmd/slmd/internal/app"
	"github.com/slmd/slmd/internal/report"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
	"github.com/slmd/slmd/internal/testkit"
)

// witness is somebody outside who notes what the daemon said it has.
type witness struct {
	head     int64             // number of the audit log's newest row
	facts    int               // in the ledger when the daemon was started, and what it says it added
	base     int               // of these, when it was started
	pending  int               // intervals
	issued   map[string]string // reviews, with their SHA-256
	excluded []string
}

func (w *witness) begin() { w.base, w.pending = w.facts, -1 }

// look asks the daemon; it reports whether it answered.
func (w *witness) look(t testing.TB, p *process) bool {
	t.Helper()
	page, ok := p.get("/metrics")
	if !ok {
		return false
	}
	var head int64
	measured, pending := 0, -1
	for line := range strings.Lines(page) {
		_, _ = fmt.Sscanf(line, "slmd_audit_head %d", &head)
		_, _ = fmt.Sscanf(line, "slmd_intervals_measured_total %d", &measured)
		_, _ = fmt.Sscanf(line, "slmd_intervals_pending %d", &pending)
	}
	w.head, w.facts, w.pending = max(w.head, head), max(w.facts, w.base+measured), pending
	text, ok := p.get("/api/v1/reports")
	if !ok {
		return false
	}
	var answer struct {
		Data []struct {
			Agreement, Period, Status, SHA256 string
		}
	}
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		t.Fatalf("the list of reviews is %q: %v", text, err)
	}
	for _, r := range answer.Data {
		if r.Status == "issued" {
			if w.issued == nil {
				w.issued = map[string]string{}
			}
			w.issued[r.Agreement+"/"+r.Period] = r.SHA256
		}
	}
	return true
}

// sound fails the test where a kill left anything that does not verify, or took
// away what the witness saw.
func (l *life) sound(after string) {
	t := l.th.t
	t.Helper()
	for _, name := range []string{"old", "data", "copy"} {
		file := filepath.Join(l.dir, name, "slmd.db")
		if _, err := os.Stat(file); err != nil {
			continue // not made yet
		}
		st, err := store.OpenReadOnly(context.Background(), file, store.Options{})
		if err != nil {
			if name == "copy" || !strings.Contains(err.Error(), "schema") || name == "data" && l.seen.head > 0 {
				t.Errorf("%s cannot be opened after a kill at %s: %v", name, after, err)
			}
			continue // killed before it was brought up to date
		}
		found, err := st.Verify(context.Background(), store.AuditHead{})
		if name != "old" { // whose reviews are not real ones
			found, err = app.Verify(context.Background(), app.Verifying{Store: st, FinaliseAfter: 20, Now: sla.At(time.Now())})
		}
		if !l.over() {
			// What an exclusion reaches back to is judged again by the next round.
			found = slices.DeleteFunc(found, func(s string) bool { return strings.HasPrefix(s, "the verdict on shop-sla/") })
		}
		if err != nil || len(found) > 0 {
			t.Errorf("%s after a kill at %s: %q, %v", name, after, found, err)
		}
		if name == "data" {
			l.kept(st, after)
			l.files(st, after)
		}
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	}
	l.identities(after)
}

// kept fails the test where something is gone that the witness saw.
func (l *life) kept(st *store.Store, after string) {
	t := l.th.t
	t.Helper()
	head, err := st.AuditHead(context.Background())
	if err != nil || head.Seq < l.seen.head {
		t.Errorf("after a kill at %s the audit log ends at %d, the witness saw %d (%v)", after, head.Seq, l.seen.head, err)
	}
	facts := 0
	for _, entries := range ledgerOf(t, st) {
		facts += len(entries)
	}
	if facts < l.seen.facts && !l.forgets() {
		t.Errorf("after a kill at %s there are %d facts, the witness saw %d", after, facts, l.seen.facts)
	}
	l.seen.facts = facts
	catalogue, err := st.Catalogue(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{}
	for _, x := range catalogue.Exclusions {
		there[x.Name] = true
	}
	for _, name := range l.seen.excluded {
		if !there[name] {
			t.Errorf("after a kill at %s %s is gone, which was announced", after, name)
		}
	}
}

// forgets reports whether facts are let go of.
func (l *life) forgets() bool { return l.next >= len(l.acts())-1 }

// files fails the test where an issued review has not got its file, or is not
// the one that the witness saw.
func (l *life) files(st *store.Store, after string) {
	t := l.th.t
	t.Helper()
	reports, err := st.Reports(context.Background(), "")
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{}
	for _, r := range reports {
		name := r.Agreement + "/" + r.Period
		if !r.Issued {
			continue
		}
		if there[name] {
			t.Errorf("after a kill at %s %s was issued twice", after, name)
		}
		there[name] = true
		if saw, ok := l.seen.issued[name]; ok && saw != r.SHA256 {
			t.Errorf("after a kill at %s the review %s is another one", after, name)
		}
		text, err := os.ReadFile(filepath.Join(l.dir, "data", "reports", name+".json"))
		if err != nil {
			t.Errorf("after a kill at %s the review %s has no file: %v", after, name, err)
		} else if err := report.Verify(text); err != nil {
			t.Errorf("after a kill at %s the file of %s: %v", after, name, err)
		}
	}
	for name := range l.seen.issued {
		if !there[name] {
			t.Errorf("after a kill at %s the review %s is gone, which was issued", after, name)
		}
	}
}

// identities fails the test where an alert came again as another one.
func (l *life) identities(after string) {
	t := l.th.t
	t.Helper()
	starts := map[string]testkit.Alert{}
	for _, a := range l.sink.Alerts() {
		key := fmt.Sprint(a.Labels)
		if first, ok := starts[key]; ok && !first.StartsAt.Equal(a.StartsAt) {
			t.Errorf("after a kill at %s the alert %v begins at %s, before at %s", after, a.Labels, a.StartsAt, first.StartsAt)
		}
		starts[key] = a
	}
}
