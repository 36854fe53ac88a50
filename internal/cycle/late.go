package cycle

import (
	"github.com/slmd/slmd/internal/sla"
)

// late is facts that come behind what is counted already: revisions, and the
// stretch before an indicator's first entry. They are of the transaction that
// is under way, not in the store yet.
type late struct {
	entries map[string][]sla.Entry // by indicator, in order of time
	spans   map[string]sla.Span    // in which the facts of an indicator are others now
}

func (l *late) add(indicator string, entries []sla.Entry, span sla.Span) {
	if l.entries == nil {
		l.entries, l.spans = map[string][]sla.Entry{}, map[string]sla.Span{}
	}
	l.entries[indicator] = overlay(l.entries[indicator], entries)
	if was, ok := l.spans[indicator]; ok {
		span = sla.Span{From: min(was.From, span.From), To: max(was.To, span.To)}
	}
	l.spans[indicator] = span
}

func (l *late) empty() bool { return len(l.spans) == 0 }

// touches reports whether facts of an indicator within the part are others now.
func (l *late) touches(indicator string, part sla.Span) bool {
	span, ok := l.spans[indicator]
	return ok && span.Overlaps(part)
}

// lateOf gives what the steps and revisions bring behind the tallies.
func (c *Cycle) lateOf(steps []step, revisions []revision) late {
	var l late
	for i := range steps {
		s := &steps[i]
		name := s.job.indicator.Name
		if head := c.heads[name]; s.job.earlier && s.Cursor >= head.First {
			l.add(name, s.Entries, sla.Span{From: earlierFirst(head, s), To: head.First})
		}
	}
	for _, r := range revisions {
		for _, entries := range [][]sla.Entry{r.changed, r.entered} {
			if n := len(entries); n > 0 {
				l.add(r.indicator, entries, sla.Span{From: entries[0].From, To: entries[n-1].To})
			}
		}
	}
	return l
}

// overlay gives both lists as one in order of time; where both have an entry of
// one beginning, the fresh one counts.
func overlay(kept, fresh []sla.Entry) []sla.Entry {
	switch {
	case len(fresh) == 0:
		return kept
	case len(kept) == 0 || kept[len(kept)-1].From < fresh[0].From:
		return append(kept, fresh...)
	}
	out := make([]sla.Entry, 0, len(kept)+len(fresh))
	for _, e := range fresh {
		for len(kept) > 0 && kept[0].From < e.From {
			out, kept = append(out, kept[0]), kept[1:]
		}
		if len(kept) > 0 && kept[0].From == e.From {
			kept = kept[1:]
		}
		out = append(out, e)
	}
	return append(out, kept...)
}
