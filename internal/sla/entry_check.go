package sla

import (
	"errors"
	"fmt"
)

// Check says why an entry that somebody wrote down cannot be a fact of that kind.
func (e *Entry) Check(k FactKind) error {
	length := Seconds(e.Length())
	switch {
	case e.Empty():
		return errors.New("to must be later than from")
	case e.Bad.Sign() < 0 && k == Mean:
		return errors.New("count cannot be negative")
	case e.Unknown < 0, k != Mean && (e.Good.Sign() < 0 || e.Bad.Sign() < 0):
		return errors.New("good, bad and unknown cannot be negative")
	case k == Time && e.Good.Add(e.Bad).Add(Seconds(e.Unknown)) != length:
		return fmt.Errorf("good, bad and unknown of a time indicator must be the length of the span together (%s s)", length)
	case e.Unknown > e.Length():
		return fmt.Errorf("unknown must be at most the length of the span (%s s)", length)
	}
	return nil
}
