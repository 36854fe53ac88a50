package cycle

import (
	"context"
	"fmt"

	"github.com/slmd/slmd/internal/sla"
)

// mark says that everything before To had been recorded at At.
type mark struct{ To, At sla.Instant }

// finality is how far an indicator's facts were recorded when: facts are final
// a while after they were recorded, and after their own end. In order of time.
type finality []mark

// add notes that the facts reach to the instant to now. What is final anyway
// needs only its last mark.
func (f finality) add(to, now, deadline sla.Instant) finality {
	if n := len(f); n > 0 && f[n-1].To >= to {
		return f
	}
	for len(f) > 1 && f[1].At <= deadline {
		f = f[1:]
	}
	return append(f, mark{to, now})
}

// before gives the end of what was recorded by the deadline.
func (f finality) before(deadline sla.Instant) sla.Instant {
	var to sla.Instant
	for _, m := range f {
		if m.At <= deadline {
			to = m.To
		}
	}
	return to
}

// recorded gives when the instant before to was recorded, at the latest.
func (f finality) recorded(to sla.Instant) sla.Instant {
	for _, m := range f {
		if m.To >= to {
			return m.At
		}
	}
	return to
}

// finalityParts is how finely the marks of before a start are known.
const finalityParts = 6

// readFinality reads from the ledger when its last facts were recorded: rounded
// up, so that nothing is called final too early.
func (c *Cycle) readFinality(ctx context.Context, now sla.Instant) error {
	c.final = map[string]finality{}
	deadline := now.Add(-c.o.FinaliseAfter)
	for i := range sla.Millis(finalityParts + 1) {
		at := deadline.Add(i * c.o.FinaliseAfter / finalityParts)
		settled, err := c.o.Store.Settled(ctx, at)
		if err != nil {
			return fmt.Errorf("reading which facts are final: %w", err)
		}
		for name, to := range settled {
			c.final[name] = c.final[name].add(to, at, deadline)
		}
	}
	// What rounds recorded by a clock that was ahead of this one counts as recorded now.
	for name, head := range c.heads {
		c.final[name] = c.final[name].add(head.Cursor, now, deadline)
	}
	return nil
}

// settled gives by indicator what was recorded by the deadline.
func (c *Cycle) settled(deadline sla.Instant) map[string]sla.Instant {
	out := make(map[string]sla.Instant, len(c.final))
	for name, f := range c.final {
		if to := f.before(deadline); to != 0 {
			out[name] = to
		}
	}
	return out
}
