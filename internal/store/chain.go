package store

import (
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/slmd/slmd/internal/sla"
)

// done reports whether o is of a backfill that has become part of the ledger already.
func (o *Outcome) done(h *head) bool {
	return o.Earlier && h.main.begun && !h.earlier.begun && len(o.Entries) > 0 && o.Entries[0].From >= h.main.first
}

// fresh gives the entries of o that go on from the lane's cursor, after checking
// that those before it are in the ledger as they are here.
func (l *ledger) fresh(o *Outcome, h *head, where *lane) ([]sla.Entry, error) {
	if err := checkChain(o); err != nil {
		return nil, err
	}
	limit := sla.Forever
	if o.Earlier {
		if !h.main.begun {
			return nil, errors.New("nothing of it was measured yet that something could come before")
		}
		limit = h.main.first
	}
	if !where.begun {
		return o.Entries, checkEnd(o, limit)
	}
	n := 0
	for n < len(o.Entries) && o.Entries[n].From < where.cursor {
		n++
	}
	known, fresh := o.Entries[:n], o.Entries[n:]
	switch {
	case n > 0 && known[n-1].To > where.cursor:
		return nil, fmt.Errorf("the entry of %s overlaps the ledger's end at %s", spanText(known[n-1].Span), where.cursor)
	case len(fresh) > 0 && fresh[0].From != where.cursor:
		return nil, fmt.Errorf("entries begin at %s and leave a hole from the ledger's end at %s", fresh[0].From, where.cursor)
	case len(o.Entries) == 0 && o.Cursor > where.cursor:
		return nil, fmt.Errorf("the cursor would move from %s to %s without entries", where.cursor, o.Cursor)
	}
	if err := l.compare(o, h, known); err != nil {
		return nil, err
	}
	return fresh, checkEnd(o, limit)
}

// checkChain refuses entries that do not follow each other up to the cursor.
func checkChain(o *Outcome) error {
	for i := range o.Entries {
		e := &o.Entries[i]
		switch {
		case e.Empty():
			return fmt.Errorf("the entry of %s has no length", spanText(e.Span))
		case i > 0 && e.From != o.Entries[i-1].To:
			return fmt.Errorf("the entry of %s does not follow the one before, which ends at %s", spanText(e.Span), o.Entries[i-1].To)
		}
	}
	if n := len(o.Entries); n > 0 && o.Entries[n-1].To != o.Cursor {
		return fmt.Errorf("entries end at %s and the cursor stands at %s", o.Entries[n-1].To, o.Cursor)
	}
	return nil
}

func checkEnd(o *Outcome, limit sla.Instant) error {
	if o.Cursor > limit {
		return fmt.Errorf("a backfill up to %s would run into the first entry at %s", o.Cursor, limit)
	}
	return nil
}

func spanText(s sla.Span) string { return s.From.String() + " to " + s.To.String() }

// compare refuses entries that differ from those the ledger has for their spans.
func (l *ledger) compare(o *Outcome, h *head, known []sla.Entry) error {
	if len(known) == 0 {
		return nil
	}
	span := sla.Span{From: known[0].From, To: known[len(known)-1].To}
	x := extent{id: h.id, longest: h.longest, span: sla.Span{From: sla.Always / 2, To: sla.Forever}}
	stored, err := readEntries(l.ctx, l.tx, x, span)
	if err != nil {
		return err
	}
	latest := make(map[sla.Instant]sla.Entry, len(stored))
	for _, e := range stored {
		latest[e.From] = e
	}
	for _, e := range known {
		e.Definition = o.Definition
		if latest[e.From] == e {
			continue
		}
		first, found, err := l.revision(h.id, e.From, 0)
		if err != nil {
			return err
		}
		if !found || first != e {
			return fmt.Errorf("the entry of %s differs from the one in the ledger", spanText(e.Span))
		}
	}
	return nil
}

// revision reads one revision of the entry that begins at from; of a sealed day
// only the latest is left.
func (l *ledger) revision(id int64, from sla.Instant, revision int64) (sla.Entry, bool, error) {
	var r stored
	found := false
	err := l.tx.raw(l.ctx, `SELECT `+columns+` FROM entry AS e
		WHERE e.slot = ?1 AND e.indicator_id = ?2 AND e.from_ms = ?3 AND e.revision = ?4`,
		integers(slotOf(from), id, int64(from), revision), func(row []driver.Value) error {
			found = true
			return r.read(row)
		})
	if found || err != nil {
		return r.Entry, found, err
	}
	day := dayOf(slotOf(from))
	sealed, err := readSealed(l.ctx, l.tx, nil, stretch{id, day, day})
	for _, e := range sealed {
		if e.From == from {
			return e, true, err
		}
	}
	return sla.Entry{}, false, err
}
