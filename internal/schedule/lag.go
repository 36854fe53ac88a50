package schedule

import (
	"slices"
	"time"

	"github.com/robfig/cron/v3"
)

// lagging fires a lag after the schedule that it wraps.
type lagging struct {
	cron.Schedule
	lag time.Duration
}

// Next gives the zero time when the schedule does, as cron expects.
func (l lagging) Next(t time.Time) time.Time {
	next := l.Schedule.Next(t.Add(-l.lag))
	if next.IsZero() {
		return next
	}
	return next.Add(l.lag)
}

// cronLog passes on what cron's wrappers say of one expression.
type cronLog struct {
	s    *Scheduler
	expr string
}

// Info hears "skip" from SkipIfStillRunning and nothing else.
func (l cronLog) Info(msg string, _ ...any) {
	if msg != "skip" {
		return
	}
	l.s.opts.Log.Info("wake-up left out: the one before it still runs", "schedule", l.expr)
	if l.s.opts.Skipped != nil {
		l.s.opts.Skipped(l.expr)
	}
}

// Error hears of panics from Recover.
func (l cronLog) Error(err error, msg string, keysAndValues ...any) {
	l.s.opts.Log.Error("scheduled work ended in a "+msg, append([]any{"schedule", l.expr, "err", err}, keysAndValues...)...)
}

// byExpression gives the distinct ids of each expression, sorted.
func byExpression(jobs []Job) map[string][]string {
	out := map[string][]string{}
	for _, j := range jobs {
		out[j.Expr] = append(out[j.Expr], j.ID)
	}
	for expr, ids := range out {
		slices.Sort(ids)
		out[expr] = slices.Compact(ids)
	}
	return out
}

// unfinished gives those that still run.
func unfinished(running []<-chan struct{}) []<-chan struct{} {
	return slices.DeleteFunc(running, func(ended <-chan struct{}) bool {
		select {
		case <-ended:
			return true
		default:
			return false
		}
	})
}
