package measure

import "fmt"

// unbounded says that an indicator has more series than are remembered: each is
// kept with the ledger for a week, and in memory while a piece is measured.
func (r *run) unbounded(limit int) *Problem {
	n := 0
	for _, l := range r.state.lanes {
		n += len(l.series)
	}
	if n <= limit {
		return nil
	}
	return &Problem{Kind: Misconfigured, Text: fmt.Sprintf(
		"%s has more than %d series within a week, each of which would have to be remembered: narrow its selector down, or leave labels with many values out of the metric", r.task.Indicator.Name, limit)}
}
