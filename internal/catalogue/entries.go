package catalogue

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/slmd/slmd/internal/sla"
)

// MaxEntries bounds the facts of one file.
const MaxEntries = 100_000

// entryColumns are those that a file of facts may have; the last two are what
// `slmtool entries` prints besides, and are passed over.
var entryColumns = []string{"from", "to", "state", "good", "bad", "unknown_seconds", "sum", "count", "bridged_seconds", "definition"}

// ReadEntries reads facts of an indicator as CSV with a head: from and to (RFC
// 3339), and state (up, down, unknown), or good, bad and unknown_seconds, or sum
// and count. All that is wrong is said at once, with the line.
func ReadEntries(in io.Reader, ind *sla.Indicator) ([]sla.Entry, error) {
	rows := csv.NewReader(in)
	rows.TrimLeadingSpace = true
	head, err := rows.Read()
	if err != nil {
		return nil, fmt.Errorf("a head is wanted in the first line, such as from,to,%s: %w", columnsOf[ind.Facts()], err)
	}
	for _, name := range head {
		if !slices.Contains(entryColumns, name) {
			return nil, fmt.Errorf("line 1: the column %q is unknown: write from,to,%s", name, columnsOf[ind.Facts()])
		}
	}
	var out []sla.Entry
	var wrong []error
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return out, errors.Join(wrong...)
		}
		if err != nil {
			return nil, err // of encoding/csv, with its line
		}
		line, _ := rows.FieldPos(0)
		if len(out) == MaxEntries {
			return nil, fmt.Errorf("line %d: a file may have %d entries: use several", line, MaxEntries)
		}
		e, err := entryOf(head, row, ind.Facts())
		if err != nil {
			wrong = append(wrong, fmt.Errorf("line %d: %w", line, err))
			continue
		}
		out = append(out, e)
	}
}

// columnsOf are the amounts of each kind of facts.
var columnsOf = map[sla.FactKind]string{sla.Events: "good,bad", sla.Time: "state", sla.Mean: "sum,count"}

// entryOf reads one row.
func entryOf(head, row []string, facts sla.FactKind) (sla.Entry, error) {
	said := map[string]string{}
	for i, name := range head {
		if row[i] != "" {
			said[name] = row[i]
		}
	}
	var e sla.Entry
	var err error
	if e.From, err = instantOf("from", said["from"]); err != nil {
		return e, err
	}
	if e.To, err = instantOf("to", said["to"]); err != nil {
		return e, err
	}
	first, second := "good", "bad"
	if facts == sla.Mean {
		first, second = "sum", "count"
	}
	if state, ok := said["state"]; ok && facts == sla.Time {
		err = stateOf(&e, state)
	} else if said[first] == "" || said[second] == "" {
		err = fmt.Errorf("%s and %s are wanted", first, second)
	} else {
		err = errors.Join(amountOf(first, said[first], &e.Good), amountOf(second, said[second], &e.Bad), unknownOf(said, &e, facts))
	}
	if err != nil {
		return e, err
	}
	return e, e.Check(facts)
}

func instantOf(name, s string) (sla.Instant, error) {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return 0, fmt.Errorf("%s is %q: write a time such as 2026-11-01T09:30:00+01:00", name, s)
	}
	return sla.At(t), nil
}

func stateOf(e *sla.Entry, state string) error {
	switch strings.ToLower(state) {
	case "up":
		e.Good = sla.Seconds(e.Length())
	case "down":
		e.Bad = sla.Seconds(e.Length())
	case "unknown":
		e.Unknown = e.Length()
	default:
		return fmt.Errorf("state is %q: write up, down or unknown", state)
	}
	return nil
}

func amountOf(name, s string, to *sla.Amount) error {
	a, err := sla.ParseAmount(s)
	if err != nil {
		return fmt.Errorf("%s is %q: write a number with at most 9 decimals", name, s)
	}
	*to = a
	return nil
}

// unknownOf reads unknown_seconds. What a time indicator does not say of its
// span is unknown.
func unknownOf(said map[string]string, e *sla.Entry, facts sla.FactKind) error {
	var unknown sla.Amount
	if s, ok := said["unknown_seconds"]; ok {
		if err := amountOf("unknown_seconds", s, &unknown); err != nil {
			return err
		}
	} else if facts == sla.Time {
		unknown = sla.Seconds(e.Length()).Sub(e.Good).Sub(e.Bad)
	}
	nanos, ok := unknown.Int64()
	if !ok || nanos%1_000_000 != 0 {
		return errors.New("unknown_seconds has more than 3 decimals")
	}
	e.Unknown = sla.Millis(nanos / 1_000_000)
	return nil
}
