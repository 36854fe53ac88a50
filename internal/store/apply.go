package store

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"reflect"

	"github.com/slmd/slmd/internal/sla"
)

// SaveCatalogue writes a revision of each item whose document differs, an audit
// row beside each, and gives how many those were. What c does not hold stays as
// it is unless a change retires it.
func (s *Store) SaveCatalogue(ctx context.Context, c *sla.Catalogue, changes []sla.Change, by Actor, at sla.Instant) (int, error) {
	written := 0
	wanted, err := documents(c)
	if err == nil && by.Name == "" {
		err = errNobody
	}
	if err != nil {
		return 0, fmt.Errorf("saving the catalogue: %w", err)
	}
	err = s.write(ctx, "saving the catalogue", func(ctx context.Context, tx *txn) error {
		stored, err := readRevisions(ctx, tx, newest, sla.Forever, math.MaxInt64)
		if err != nil {
			return err
		}
		for _, r := range revisionsTo(stored, wanted, changes) {
			r.RecordedAt, r.Actor = at, by.Name
			if err := saveRevision(ctx, tx, r, by); err != nil {
				return fmt.Errorf("%s: %w", r.item(), err)
			}
			written++
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return written, nil
}

// change is a revision to be written, with what the audit log says of it.
type change struct {
	Revision
	before       string // hash of the document before
	action, text string
}

// revisionsTo gives what turns the stored catalogue into the wanted one.
func revisionsTo(stored, wanted []Revision, changes []sla.Change) []change {
	was := make(map[item]*Revision, len(stored))
	for i := range stored {
		was[stored[i].item()] = &stored[i]
	}
	said := make(map[item]sla.Change, len(changes))
	for _, c := range changes {
		said[item{c.Object, c.Name, c.Version}] = c
	}
	var out []change
	held := make(map[item]bool, len(wanted))
	for _, r := range wanted {
		held[r.item()] = true
		old := was[r.item()]
		if old != nil && !old.Retired && bytes.Equal(old.Doc, r.Doc) {
			continue
		}
		out = append(out, following(old, r, said))
	}
	for i := range stored {
		old := &stored[i]
		if !held[old.item()] && !old.Retired && retires(said, old.item()) {
			r := *old
			r.Retired = true
			out = append(out, following(old, r, said))
		}
	}
	return out
}

func retires(said map[item]sla.Change, i item) bool {
	return said[i].Action == sla.Retire || said[item{i.kind, i.name, 0}].Action == sla.Retire
}

// following gives r as the revision after old, which is nil for a new item.
func following(old *Revision, r Revision, said map[item]sla.Change) change {
	out := change{Revision: r, action: string(sla.Create)}
	out.Revision.Revision = 1
	if old != nil {
		out.Revision.Revision = old.Revision + 1
		out.before, out.action = sha256Hex(old.Doc), string(sla.Update)
	}
	if r.Kind == KindIndicator {
		out.Definition = out.Revision.Revision
		if old != nil && measuresSame(old.Doc, r.Doc) {
			out.Definition = old.Definition
		}
	}
	c, ok := said[r.item()]
	if !ok {
		c, ok = said[item{r.Kind, r.Name, 0}]
	}
	if ok {
		out.action, out.text = string(c.Action), c.Text
	}
	return out
}

// measuresSame reports whether two documents of an indicator measure the same.
func measuresSame(a, b []byte) bool {
	var x, y sla.Indicator
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		return false
	}
	for _, i := range []*sla.Indicator{&x, &y} {
		i.Schedule, i.Service, i.Unit = "", "", ""
	}
	return reflect.DeepEqual(x, y)
}

func saveRevision(ctx context.Context, tx *txn, r change, by Actor) error {
	hash := sha256Hex(r.Doc)
	_, err := tx.ExecContext(ctx, `INSERT INTO catalogue_item
		(kind, name, version, revision, definition, doc, sha256, retired, recorded_at, actor)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)`,
		r.Kind, r.Name, r.Version, r.Revision.Revision, r.Definition, string(r.Doc), hash, r.Retired, r.RecordedAt, r.Actor)
	if err != nil {
		return err
	}
	failpoint("store.catalogue_revision")
	if r.Retired {
		hash = ""
	}
	return appendAudit(ctx, tx, Action{At: r.RecordedAt, Actor: by, Action: r.action, Object: r.item().String(), Text: r.text, Before: r.before, After: hash})
}
