package store

import "sync"

// rewrites counts by indicator how often facts were written other than behind
// all others; of all indicators under no name.
type rewrites struct {
	mu    sync.Mutex
	count map[string]int64
}

func (r *rewrites) add(indicator string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.count == nil {
		r.count = map[string]int64{}
	}
	r.count[indicator]++
}

// Rewrites gives a number that grows when facts of the indicator that had been
// recorded before may have changed: by a revision, by earlier facts, or because old ones
// were let go of. While it stays, facts are only added at the end. It counts from
// the opening of the file, by what is written through s.
func (s *Store) Rewrites(indicator string) int64 {
	s.rewritten.mu.Lock()
	defer s.rewritten.mu.Unlock()
	return s.rewritten.count[indicator] + s.rewritten.count[""]
}
