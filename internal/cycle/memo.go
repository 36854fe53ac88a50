package cycle

import "github.com/slmd/slmd/internal/sla"

// memoEntries bounds how many entries a memo holds, about 150 MB.
const memoEntries = 2_000_000

// memo remembers the facts of one book that were read: judging a period, its
// exclusions, its attribution and its history asks for the same ones again.
type memo struct {
	held  int
	facts map[factsOf][]sla.Entry
}

type factsOf struct {
	indicator string
	span      sla.Span
}

// get gives the facts as read before or now; it lets go of everything when it
// would hold too much.
func (m *memo) get(of factsOf, read func() ([]sla.Entry, error)) ([]sla.Entry, error) {
	if entries, ok := m.facts[of]; ok {
		return entries, nil
	}
	entries, err := read()
	if err != nil {
		return nil, err
	}
	if m.facts == nil || m.held+len(entries) > memoEntries {
		m.facts, m.held = map[factsOf][]sla.Entry{}, 0
	}
	m.facts[of] = entries
	m.held += len(entries)
	return entries, nil
}
