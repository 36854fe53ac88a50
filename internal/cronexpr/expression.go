// Package cronexpr reads cron expressions, guarding against texts that make the
// parser panic or that never fire. Schedules are in UTC.
package cronexpr

import (
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/slmd/slmd/internal/sla"
)

// MinEvery is the shortest delay that `@every` may have.
const MinEvery = 10 * time.Second

// maxExpression bounds the length of an expression, in bytes.
const maxExpression = 256

// leap is a reference before a leap day that exists, from which impossible
// dates are told from rare ones.
var leap = time.Date(2000, time.January, 1, 0, 0, 0, 0, time.UTC)

// Check gives nil when expr is a schedule that will fire, and otherwise one
// sentence with what is wrong and what would be right. A schedule has the five
// fields of cron or one of its words (@hourly, @every 5m …), and is in UTC.
func Check(expr string) error {
	_, err := Parse(expr)
	return err
}

// Next gives the first instant after the given one at which expr fires. A rare
// date that lies more than five years ahead gives sla.Forever.
func Next(expr string, after sla.Instant) (sla.Instant, error) {
	s, err := Parse(expr)
	if err != nil {
		return 0, err
	}
	next := s.Next(after.Time())
	if next.IsZero() {
		return sla.Forever, nil
	}
	return sla.At(next), nil
}

// Parse reads expr. Everything that makes cron's parser panic, or that it takes
// although it never fires, is refused.
func Parse(expr string) (cron.Schedule, error) {
	if len(expr) > maxExpression {
		return nil, fmt.Errorf("the schedule has %d characters: write at most %d", len(expr), maxExpression)
	}
	// Unknown zones, and zones without an expression behind them, panic in the
	// parser; daily jobs are skipped or doubled where the clocks change.
	if upper := strings.ToUpper(strings.TrimSpace(expr)); strings.HasPrefix(upper, "TZ=") || strings.HasPrefix(upper, "CRON_TZ=") {
		return nil, fmt.Errorf("the schedule %q names a time zone: schedules are in UTC, leave the zone out", expr)
	}
	s, err := guarded(expr)
	if err != nil {
		return nil, fmt.Errorf(`the schedule %q is not a cron expression (%w): write five fields such as "*/5 * * * *", or @hourly, @daily, @every 5m`, expr, err)
	}
	if every, ok := s.(cron.ConstantDelaySchedule); ok {
		return s, checkEvery(expr, every)
	}
	if s.Next(leap).IsZero() {
		return nil, fmt.Errorf("the schedule %q never fires: no month has such a day", expr)
	}
	return s, nil
}

// checkEvery looks at the text too: the parser raises what is under a second,
// zero and negative delays included, to one second.
func checkEvery(expr string, every cron.ConstantDelaySchedule) error {
	_, text, _ := strings.Cut(expr, " ")
	if d, err := time.ParseDuration(strings.TrimSpace(text)); err != nil || d < MinEvery || every.Delay < MinEvery {
		return fmt.Errorf("the schedule %q fires too often: @every takes at least %v", expr, MinEvery)
	}
	return nil
}

// guarded parses expr; a panic of the parser becomes an error.
func guarded(expr string) (s cron.Schedule, err error) {
	defer func() {
		if r := recover(); r != nil {
			s, err = nil, fmt.Errorf("the parser gave up: %v", r)
		}
	}()
	return cron.ParseStandard(expr)
}
