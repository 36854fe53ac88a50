package store

import (
	"errors"
	"fmt"

	"github.com/slmd/slmd/internal/sla"
)

// enter books facts that were written down: in any order of their rounds, with
// holes between them, never over each other. The lane's bounds are then those of
// all of them.
func (l *ledger) enter(o *Outcome, h *head) error {
	if len(o.Entries) > 0 || o.Earlier {
		return errors.New("facts are measured or written down, not both")
	}
	bounds := sla.Span{From: o.Entered[0].From, To: o.Entered[len(o.Entered)-1].To}
	if err := l.free(o, h, bounds); err != nil {
		return err
	}
	if err := l.grow(o, h, o.Entered); err != nil {
		return err
	}
	l.plan(o, h, o.Entered)
	if h.main.begun {
		bounds = sla.Span{From: min(bounds.From, h.main.first), To: max(bounds.To, h.main.cursor)}
	}
	h.main = lane{begun: true, first: bounds.From, cursor: bounds.To}
	failpoint("store.entered")
	_, err := l.tx.ExecContext(l.ctx, `INSERT INTO indicator_state (indicator_id, first_ms, cursor_ms, definition, round_id, state)
		VALUES (?1, ?2, ?3, ?4, ?5, x'')
		ON CONFLICT (indicator_id) DO UPDATE SET first_ms = excluded.first_ms, cursor_ms = excluded.cursor_ms,
			definition = excluded.definition, round_id = excluded.round_id`, h.id, bounds.From, bounds.To, o.Definition, l.round)
	return err
}

// free refuses entries that lie over each other or over what the ledger has.
func (l *ledger) free(o *Outcome, h *head, bounds sla.Span) error {
	known, err := readExtents(l.ctx, l.tx, " WHERE i.indicator_id = ?1", h.id)
	if err != nil {
		return err
	}
	have, err := readEntries(l.ctx, l.tx, known[o.Indicator], bounds)
	if err != nil {
		return err
	}
	for i := range o.Entered {
		e := &o.Entered[i]
		if e.Empty() {
			return fmt.Errorf("the entry of %s has no length", spanText(e.Span))
		}
		if i > 0 && e.From < o.Entered[i-1].To {
			return fmt.Errorf("the entries of %s and %s overlap", spanText(o.Entered[i-1].Span), spanText(e.Span))
		}
		for len(have) > 0 && have[0].To <= e.From {
			have = have[1:]
		}
		if len(have) > 0 && have[0].From < e.To {
			return fmt.Errorf("the entry of %s overlaps that of %s in the ledger", spanText(e.Span), spanText(have[0].Span))
		}
	}
	return nil
}
