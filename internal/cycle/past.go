package cycle

import (
	"context"
	"fmt"
	"slices"

	"github.com/slmd/slmd/internal/calendar"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
)

// past is what the catalogue said when verdicts were settled. Reading a
// catalogue takes a while, and many verdicts are of one round.
type past struct {
	at        sla.Instant
	edition   int64
	catalogue *sla.Catalogue
	late      late // facts that are others from now on
}

// differs reports whether a settled verdict was judged by other facts than those
// from now on, or by other exclusions than those of today: one was approved
// late, or withdrawn.
func (p *past) differs(ctx context.Context, c *Cycle, j *store.Judgement) (bool, error) {
	if p.late.touches(j.Indicator, j.Part) {
		return true, nil
	}
	if j.Edition == c.edition {
		return false, nil
	}
	if err := p.turn(ctx, c.o.Store, j); err != nil {
		return false, err
	}
	was, err := excludedIn(p.catalogue, &j.Verdict)
	if err != nil {
		return false, err
	}
	is, err := excludedIn(c.catalogue, &j.Verdict)
	if err != nil {
		return false, err
	}
	return !slices.Equal(was, is), nil
}

// turn reads what the catalogue said when j was judged, unless it is at hand.
func (p *past) turn(ctx context.Context, st *store.Store, j *store.Judgement) (err error) {
	if p.catalogue != nil && p.edition == j.Edition && (p.edition != 0 || p.at == j.At) {
		return nil
	}
	if p.at, p.edition = j.At, j.Edition; p.edition != 0 {
		p.catalogue, err = st.CatalogueOf(ctx, p.edition)
	} else {
		// What was recorded in the same millisecond may have come after: judging
		// once too often changes nothing.
		p.catalogue, err = st.CatalogueAt(ctx, p.at-1)
	}
	if err != nil {
		return fmt.Errorf("reading the catalogue of %s: %w", j.At, err)
	}
	return nil
}

// excludedIn gives the time that the catalogue's approved exclusions take from
// what a verdict judged.
func excludedIn(c *sla.Catalogue, v *sla.Verdict) (calendar.Set, error) {
	var spans []sla.Span
	for i := range c.Exclusions {
		x := &c.Exclusions[i]
		if !x.Approved() || !x.Covers(v.Service) {
			continue
		}
		set, err := calendar.Occurrences(x, v.Part)
		if err != nil {
			return nil, fmt.Errorf("exclusion %s: %w", x.Name, err)
		}
		spans = append(spans, set.Clip(v.Part)...)
	}
	return calendar.Of(spans...), nil
}
