package report

import (
	"fmt"
	"math/big"
	"time"

	"github.com/slmd/slmd/internal/calendar"
	"github.com/slmd/slmd/internal/judge"
	"github.com/slmd/slmd/internal/sla"
)

func errNoCase(v *sla.Verdict) error {
	return fmt.Errorf("version %d of %s has no terms for its objective %s", v.Version, v.Agreement, v.Objective)
}

// count is what was bad, unknown and removed up to some instant.
type count struct{ bad, unknown, removed *big.Rat }

func countOf(v *sla.Verdict) count {
	return count{v.Bad, orZero(v.Unknown), orZero(v.Removed)}
}

// days gives what each local day added to the verdict, so that the days add up
// to the period; faultless ones are left out. An entry over midnight belongs to the
// day on which it begins.
func (d *desk) days(v *sla.Verdict, s source) ([]Day, error) {
	tally, err := judge.NewTally(s.Case)
	if err != nil {
		return nil, err
	}
	moment := d.moment(v)
	end := min(v.Part.To, moment.Now)
	before, out, rest := count{bad: new(big.Rat)}, []Day{}, s.entries
	before.unknown, before.removed = new(big.Rat), new(big.Rat)
	for at := v.Part.From; at < end; {
		date, next := dayAfter(at, d.loc)
		for len(rest) > 0 && rest[0].From < next {
			tally.Add(rest[0])
			rest = rest[1:]
		}
		so := countOf(v) // the last day adds what the verdict has beyond the day before
		if next < end {
			moment.Now = next
			sofar := tally.Verdict(moment)
			so = countOf(&sofar)
		}
		if day, faultless := dayOf(date, before, so); !faultless {
			out = append(out, day)
		}
		before, at = so, next
	}
	return out, nil
}

// dayAfter gives the local date at at and the instant at which the next one begins.
func dayAfter(at sla.Instant, loc *time.Location) (string, sla.Instant) {
	t := at.In(loc)
	next := t.AddDate(0, 0, 1)
	after := calendar.StartOf(sla.Date{Year: next.Year(), Month: int(next.Month()), Day: next.Day()}, loc)
	if after <= at { // a zone that skips the next day
		after = at.Add(sla.Day)
	}
	return t.Format(time.DateOnly), after
}

func dayOf(date string, before, after count) (day Day, faultless bool) {
	unknown := new(big.Rat).Sub(after.unknown, before.unknown)
	removed := new(big.Rat).Sub(after.removed, before.removed)
	day = Day{Date: date, Unknown: Exactly(unknown), Removed: Exactly(removed)}
	faultless = unknown.Sign() == 0 && removed.Sign() == 0
	if after.bad != nil && before.bad != nil {
		bad := new(big.Rat).Sub(after.bad, before.bad)
		day.Bad = Exactly(bad)
		faultless = faultless && bad.Sign() == 0
	}
	return day, faultless
}

// history gives the verdicts of up to twelve earlier periods by objective,
// oldest first. It begins with the first period that had data.
func (d *desk) history() (map[string][]History, error) {
	out := map[string][]History{}
	at, kind := d.Period, d.reviewed()
	for range history {
		at = calendar.Prev(kind, d.loc, at)
		verdicts, err := d.judge(d.Agreement, d.windowOf(at))
		if err != nil {
			return nil, err
		}
		if len(verdicts) == 0 {
			break
		}
		rows := map[string][]History{}
		for i := range verdicts {
			v := &verdicts[i]
			rows[v.Objective] = append(rows[v.Objective], History{at.Name, v.Version, v.State, achieved(v), v.Approximate})
		}
		for name, list := range rows {
			out[name] = append(list, out[name]...)
		}
	}
	for name, list := range out {
		for len(list) > 0 && list[0].State == sla.NoData {
			list = list[1:]
		}
		out[name] = list
	}
	return out, nil
}
