package cycle

import (
	"fmt"

	"github.com/slmd/slmd/internal/calendar"
	"github.com/slmd/slmd/internal/judge"
	"github.com/slmd/slmd/internal/sla"
)

// Standings judges every objective in force at now from the book alone, as a
// round's watch knows them: for tools that look at a store without a daemon.
// Breach records play no part in it.
func Standings(book judge.Book, now sla.Instant) ([]sla.Standing, error) {
	var out []sla.Standing
	for _, name := range agreementNames(book.Catalogue) {
		version := book.Catalogue.InForce(name, now)
		if version == nil {
			continue
		}
		p, err := periodUnderWay(book, version, now)
		if err != nil {
			return nil, err
		}
		verdicts, err := book.Judge(name, p, now)
		if err != nil {
			return nil, fmt.Errorf("judging %s: %w", name, err)
		}
		for i := range verdicts {
			v := &verdicts[i]
			o := version.Objective(v.Objective)
			if v.Version != version.Version || o == nil {
				continue
			}
			measured := book.Measured(v.Indicator)
			rates, err := book.Burn(name, v.Objective, min(now, measured))
			if err != nil {
				return nil, fmt.Errorf("burn rates of %s/%s: %w", name, v.Objective, err)
			}
			out = append(out, sla.Standing{
				Agreement: version, Objective: o, Indicator: book.Catalogue.Indicator(v.Indicator),
				Current: v, Burn: rates.ByName(), Measured: measured,
				Exhaustion: judge.Exhaustion(v.Budget, rates, min(now, measured)),
			})
		}
	}
	return out, nil
}

// periodUnderWay gives the period in which now lies; a rolling window ends at
// the last measured instant.
func periodUnderWay(book judge.Book, a *sla.Agreement, now sla.Instant) (sla.Period, error) {
	loc, err := calendar.Zone(a.Zone)
	if err != nil {
		return sla.Period{}, fmt.Errorf("agreement %s: %w", a.Name, err)
	}
	if a.Period.Kind != sla.PeriodRolling {
		return calendar.PeriodAt(a.Period, loc, now), nil
	}
	end := sla.Always
	for i := range a.Objectives {
		end = max(end, min(now, book.Measured(a.Objectives[i].Indicator)))
	}
	return calendar.PeriodAt(a.Period, loc, end), nil
}
