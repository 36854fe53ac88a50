package calendar

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/slmd/slmd/internal/sla"
)

// cron is a five-field expression: bit sets of what matches.
type cron struct {
	minute, hour, day, month, weekday uint64
	// anyDay and anyWeekday say that the field is a star, so that the other decides;
	// when neither is, one of them suffices, as in every cron.
	anyDay, anyWeekday bool
}

// field is the range of one field and the names it knows.
type field struct {
	name     string
	min, max int
	names    []string // of min, min+1, …
}

var fields = [5]field{
	{"minute", 0, 59, nil},
	{"hour", 0, 23, nil},
	{"day of the month", 1, 31, nil},
	{"month", 1, 12, []string{"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"}},
	{"day of the week", 0, 7, []string{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}},
}

// parseCron reads minute, hour, day of the month, month and day of the week;
// Sunday is 0, 7 or SUN.
func parseCron(expr string) (cron, error) {
	parts := strings.Fields(expr)
	if len(parts) != len(fields) {
		return cron{}, fmt.Errorf("%q is not a cron expression: write five fields, such as 0 2 * * SUN", expr)
	}
	var sets [5]uint64
	for i, p := range parts {
		set, err := fields[i].parse(p)
		if err != nil {
			return cron{}, fmt.Errorf("%q is not a cron expression: %s: %w", expr, fields[i].name, err)
		}
		sets[i] = set
	}
	if sets[4]&(1<<7) != 0 {
		sets[4] |= 1
	}
	return cron{
		sets[0], sets[1], sets[2], sets[3], sets[4],
		strings.HasPrefix(parts[2], "*"), strings.HasPrefix(parts[4], "*"),
	}, nil
}

func (f field) parse(list string) (uint64, error) {
	var set uint64
	for _, item := range strings.Split(list, ",") {
		lo, hi, step, err := f.item(item)
		if err != nil {
			return 0, err
		}
		for v := lo; v <= hi; v += step {
			set |= 1 << v
		}
	}
	return set, nil
}

var errStep = errors.New("a step is a positive number, as in */15")

// item reads *, 5, 1-5, */15, 1-5/2 or 5/10, the last being from 5 on.
func (f field) item(item string) (lo, hi, step int, err error) {
	span, every, stepped := strings.Cut(item, "/")
	step = 1
	if stepped {
		if step, err = strconv.Atoi(every); err != nil || step < 1 {
			return 0, 0, 0, errStep
		}
	}
	if span == "*" {
		return f.min, f.max, step, nil
	}
	from, to, ranged := strings.Cut(span, "-")
	if lo, err = f.value(from); err != nil {
		return 0, 0, 0, err
	}
	switch hi = lo; {
	case ranged:
		if hi, err = f.value(to); err != nil {
			return 0, 0, 0, err
		}
		if hi < lo {
			return 0, 0, 0, fmt.Errorf("%s ends before it begins", span)
		}
	case stepped:
		hi = f.max
	}
	return lo, hi, step, nil
}

func (f field) value(s string) (int, error) {
	for i, name := range f.names {
		if strings.EqualFold(s, name) {
			return f.min + i, nil
		}
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < f.min || n > f.max || s[0] == '+' {
		return 0, fmt.Errorf("%q is not a number from %d to %d", s, f.min, f.max)
	}
	return n, nil
}

// on reports whether the expression has starts on that date.
func (c cron) on(d sla.Date) bool {
	if c.month&(1<<d.Month) == 0 {
		return false
	}
	day := c.day&(1<<d.Day) != 0
	wd := c.weekday&(1<<weekday(d)) != 0
	if c.anyDay || c.anyWeekday {
		return day && wd
	}
	return day || wd
}
