package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/slmd/slmd/internal/sla"
)

// verifyDays walks the chain of each indicator's seals and compares the sums with the entries.
func verifyDays(ctx context.Context, tx *txn) ([]string, error) {
	names := map[int64]string{}
	err := each(ctx, tx, func(rows *sql.Rows) error {
		var id int64
		var name string
		err := rows.Scan(&id, &name)
		names[id] = name
		return err
	}, `SELECT indicator_id, name FROM indicator`)
	if err != nil {
		return nil, err
	}
	before, _, err := readRetention(ctx, tx)
	if err != nil {
		return nil, err
	}
	w := chainWalk{names: names, expired: before}
	err = eachSealed(ctx, tx, w.next, `ORDER BY indicator_id, seq`)
	return w.out, err
}

// chainWalk is a walk over sealed days in order of indicator and number.
type chainWalk struct {
	names   map[int64]string
	expired int64 // days before it may be gone
	last    sealedDay
	hashes  map[[2]int64]string // of the indicator's days and revisions
	out     []string
}

func (w *chainWalk) next(d *sealedDay) error {
	if d.id != w.last.id || w.hashes == nil {
		w.last, w.hashes = sealedDay{id: d.id}, map[[2]int64]string{}
	}
	if fault := w.fault(d); fault != "" {
		w.out = append(w.out, fmt.Sprintf("the sealed day %s of %s, revision %d, %s", dayText(d.day), w.names[d.id], d.revision, fault))
	}
	w.last = *d
	w.hashes[[2]int64{d.day, d.revision}] = d.hash
	return nil
}

func (w *chainWalk) fault(d *sealedDay) string {
	gone := w.expired != 0 && d.seq > w.last.seq+1
	replaced, known := w.hashes[[2]int64{d.day, d.revision - 1}]
	switch {
	case d.seq != w.last.seq+1 && !gone:
		return fmt.Sprintf("comes after seal %d of the indicator that is missing", w.last.seq+1)
	case d.prev != w.last.hash && !gone:
		return "does not follow the seal before it"
	case d.revision > 0 && (!known || replaced != d.replaces):
		return "does not name the revision that it replaces"
	case d.sum(w.names[d.id]) != d.hash:
		return "was changed"
	}
	entries, err := Unpack(nil, d.packed)
	switch {
	case err != nil:
		return "cannot be read: " + err.Error()
	case len(entries) == 0 || sumOf(entries) != d.sums:
		return "has sums that are not those of its entries"
	case entries[0].From != d.span.From || entries[len(entries)-1].To != d.span.To:
		return "has entries outside of its bounds"
	case dayOf(slotOf(d.span.From)) != d.day || dayOf(slotOf(entries[len(entries)-1].From)) != d.day:
		return "has entries of another day"
	}
	return ""
}

// verifyTiling looks for holes in the ledger and spans that are there twice.
// Facts that people write down may have holes between them.
func verifyTiling(ctx context.Context, tx *txn) ([]string, error) {
	known, err := readExtents(ctx, tx, "")
	if err != nil {
		return nil, err
	}
	written, err := writtenDown(ctx, tx)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, name := range slices.Sorted(maps.Keys(known)) {
		x := known[name]
		at, fault := x.first, ""
		err := eachOf(ctx, tx, x, sla.Span{From: x.first, To: x.span.To}, func(e sla.Entry) error {
			if (e.From < at || e.From > at && !written[name]) && fault == "" {
				fault = fmt.Sprintf("goes on at %s where it should at %s", e.From, at)
			}
			at = e.To
			return nil
		})
		if err != nil {
			return append(out, fmt.Sprintf("the ledger of %s cannot be read: %s", name, err)), nil
		}
		if fault == "" && at != x.span.To {
			fault = fmt.Sprintf("ends at %s where its cursor says %s", at, x.span.To)
		}
		if fault != "" {
			out = append(out, "the ledger of "+name+" "+fault)
		}
	}
	return out, nil
}

// writtenDown gives the indicators of which a revision says that people write
// their facts down.
func writtenDown(ctx context.Context, tx *txn) (map[string]bool, error) {
	out := map[string]bool{}
	return out, each(ctx, tx, func(rows *sql.Rows) error {
		var name string
		var doc []byte
		if err := rows.Scan(&name, &doc); err != nil {
			return err
		}
		var ind sla.Indicator
		if json.Unmarshal(doc, &ind) == nil && ind.Kind == sla.Entries { // a document that cannot be read is another finding
			out[name] = true
		}
		return nil
	}, `SELECT name, doc FROM catalogue_item WHERE kind = 'indicator'`)
}
