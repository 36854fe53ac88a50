package sla

import "time"

// ReviewDue gives when the version is to be reviewed next: ReviewEvery after it
// came into force, on the same day of the month in the zone loc, or the last
// one where a month is too short. Forever: no review is due.
func (a *Agreement) ReviewDue(loc *time.Location) Instant {
	if a.ReviewEvery <= 0 || a.Valid.From == Always {
		return Forever
	}
	from := a.Valid.From.In(loc)
	due := from.AddDate(0, int(a.ReviewEvery), 0)
	if due.Day() != from.Day() {
		due = due.AddDate(0, 0, -due.Day())
	}
	return At(due)
}

// Expiry gives the end of the last version of the agreement of that name;
// Forever when it has none, or there is no such agreement.
func (c *Catalogue) Expiry(name string) Instant { return Expiry(c.Versions(name)) }

// Expiry gives the end of the last of an agreement's versions, Forever when
// there is none.
func Expiry(versions []*Agreement) Instant {
	end := Always
	for _, a := range versions {
		end = max(end, a.Valid.To)
	}
	if end == Always {
		return Forever
	}
	return end
}
