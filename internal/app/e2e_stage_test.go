package app_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/slmd/slmd/internal/app"
	"github.com/slmd/slmd/internal/cycle"
	"github.com/slmd/slmd/internal/judge"
	"github.com/slmd/slmd/internal/promtest"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
)

// stage is one slmd with a directory, a clock and a log of its own.
type stage struct {
	t     testing.TB
	dir   string
	clock clock
	log   words
	o     app.Options
	app   *app.App
}

// clock is a clock that tests set.
type clock struct{ at atomic.Int64 }

func (c *clock) set(i sla.Instant)        { c.at.Store(int64(i)) }
func (c *clock) now() sla.Instant         { return sla.Instant(c.at.Load()) }
func (c *clock) time() time.Time          { return c.now().Time() }
func (c *clock) add(d sla.Millis)         { c.at.Add(int64(d)) }
func (c *clock) server() promtest.Options { return promtest.Options{Now: c.time} }

// words is a log that tests read.
type words struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (w *words) Write(text []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.all.Write(text)
}

func (w *words) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.all.String()
}

// set is what a stage is made from: the address of the source, the catalogue,
// and what the configuration holds beside them.
type set struct {
	source    string // the address, or a whole mapping in braces
	catalogue string
	config    string
	now       sla.Instant
}

// newStage writes the files; open opens slmd on them.
func newStage(t testing.TB, s set) *stage {
	t.Helper()
	st := &stage{t: t, dir: t.TempDir()}
	st.clock.set(s.now)
	st.configure(s)
	st.o = app.Options{
		ConfigFile: st.path("slmd.yml"), StoragePath: st.path("data"), ExternalURL: "http://slmd.example.com", Listen: []string{"127.0.0.1:0"},
		Log: slog.New(slog.NewTextHandler(&st.log, nil)), Now: st.clock.time,
	}
	t.Cleanup(func() {
		st.stop()
		if t.Failed() {
			t.Logf("slmd wrote last:\n%s", tail(st.log.String()))
		}
	})
	return st
}

func tail(s string) string { return s[max(0, len(s)-4096):] }

// configure writes slmd.yml and the catalogue anew.
func (s *stage) configure(o set) {
	s.t.Helper()
	source := o.source
	if source != "" && source[0] != '{' {
		source = fmt.Sprintf("{name: main, url: %q, lag: 30s}", source)
	}
	s.write("slmd.yml", "catalogue: [catalogue.yml]\nsources: ["+source+"]\n"+o.config)
	s.write("catalogue.yml", o.catalogue)
}

func (s *stage) path(name string) string { return filepath.Join(s.dir, name) }

func (s *stage) write(name, text string) {
	s.t.Helper()
	if err := os.WriteFile(s.path(name), []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// open opens slmd; nothing is measured yet.
func (s *stage) open() *stage {
	s.t.Helper()
	a, err := app.New(context.Background(), s.o)
	if err != nil {
		s.t.Fatal(err)
	}
	s.app = a
	return s
}

func (s *stage) stop() {
	s.t.Helper()
	if s.app == nil {
		return
	}
	if err := s.app.Stop(context.Background()); err != nil {
		s.t.Errorf("stopping: %v", err)
	}
	s.app = nil
}

func (s *stage) restart() {
	s.t.Helper()
	s.stop()
	s.open()
}

// round measures what is due.
func (s *stage) round() {
	s.t.Helper()
	if err := s.app.Round(context.Background(), nil); err != nil {
		s.t.Fatalf("a round at %s: %v", s.clock.now(), err)
	}
}

// rounds lets the clock go on in steps up to the instant, with a round after each.
func (s *stage) rounds(to sla.Instant, step sla.Millis) {
	s.t.Helper()
	for s.clock.now() < to {
		s.clock.set(min(to, s.clock.now().Add(step)))
		s.round()
	}
}

// read opens the ledger beside the daemon.
func (s *stage) read() *store.Store {
	s.t.Helper()
	st, err := store.OpenReadOnly(context.Background(), s.path("data/slmd.db"), store.Options{})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = st.Close() })
	return st
}

var ever = sla.Span{From: 0, To: sla.Instant(1) << 60}

// entries gives the whole ledger by indicator.
func (s *stage) entries() map[string][]sla.Entry {
	s.t.Helper()
	return ledgerOf(s.t, s.read())
}

func ledgerOf(t testing.TB, st *store.Store) map[string][]sla.Entry {
	t.Helper()
	out := map[string][]sla.Entry{}
	bounds, err := st.Bounds(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for name, span := range bounds {
		if out[name], err = st.Entries(context.Background(), name, span); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// book gives what the store is judged from, as slmtool reads it.
func (s *stage) book() judge.Book {
	s.t.Helper()
	st := s.read()
	cat, err := st.Catalogue(context.Background())
	if err != nil {
		s.t.Fatal(err)
	}
	book, err := cycle.Book(context.Background(), cycle.Reading{Store: st, Catalogue: cat, FinaliseAfter: sla.Hour, Now: s.clock.now()})
	if err != nil {
		s.t.Fatal(err)
	}
	return book
}

// standing gives the daemon's standing of an objective; it ends the test without one.
func standing(t testing.TB, all []sla.Standing, objective string) *sla.Standing {
	t.Helper()
	for i := range all {
		if all[i].Objective.Name == objective {
			return &all[i]
		}
	}
	t.Fatalf("there is no standing of the objective %s", objective)
	return nil
}

// serve starts an in-process Prometheus by the stage's clock.
func serve(t testing.TB, samples *promtest.Store, c *clock) *promtest.Server {
	t.Helper()
	srv, err := promtest.New(samples, c.server())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = srv.Close() })
	return srv
}

func at(text string) sla.Instant {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return sla.At(t)
}
