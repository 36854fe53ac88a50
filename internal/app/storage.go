package app

import (
	"sync"

	"github.com/slmd/slmd/internal/announce"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
)

// storage remembers since when the database cannot be written, which cannot be
// on record there.
type storage struct {
	mu   sync.Mutex
	last sla.Condition // that holds, or held last; zero before the first
}

// conditions gives the function that says what is worth an alert of a store.
func (s *storage) conditions(st *store.Store) func(now sla.Instant) []sla.Condition {
	return func(now sla.Instant) []sla.Condition {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.look(st.Trouble(), now)
		if s.last.Alertname == "" || s.last.Until <= now.Add(-announce.Linger) {
			return nil
		}
		return []sla.Condition{s.last}
	}
}

func (s *storage) look(trouble error, now sla.Instant) {
	holds := s.last.Alertname != "" && s.last.Holds()
	switch {
	case trouble != nil && !holds:
		s.last = sla.Condition{Alertname: sla.AlertStorage, Severity: "critical", Since: now, Until: sla.Forever}
	case trouble == nil && holds:
		s.last.Until = now
	}
	if trouble != nil {
		s.last.Details.Text = trouble.Error()
	}
}
