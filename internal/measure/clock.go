package measure

import (
	"fmt"
	"net/http"
	"time"
)

// clockLeeway is how far a source's clock may be off. Beyond it the intervals
// that it answers for are not those that were asked for.
const clockLeeway = 30 * time.Second

// clocked says when the source's clock, as its answer gives it, is not that of
// the time between the request and the answer. It gives nil where that is not
// to be compared, and without a date in the answer.
func (s *Source) clocked(resp *http.Response, began time.Time) error {
	if s.o.Clock == nil || !s.o.CompareClock {
		return nil
	}
	date, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil {
		return nil //nolint:nilerr // without a date there is nothing to compare
	}
	ahead := date.Sub(s.o.Clock())
	behind := began.Sub(date) - time.Second // dates are of whole seconds
	switch {
	case ahead > clockLeeway:
		return s.wrongClock(ahead, "ahead of")
	case behind > clockLeeway:
		return s.wrongClock(behind, "behind")
	}
	return nil
}

// wrongClock rounds the difference, so that the same sentence comes each time.
func (s *Source) wrongClock(off time.Duration, which string) error {
	about := "more than 30 seconds"
	if off >= 2*time.Minute {
		about = fmt.Sprintf("about %d minutes", int(off.Round(time.Minute)/time.Minute))
	}
	return &Problem{Kind: Pending, SourceDown: true, Text: fmt.Sprintf("the clock of source %s is %s %s ours: nothing is measured until they agree", s.o.Name, about, which)}
}
