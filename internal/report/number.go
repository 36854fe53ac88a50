package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/slmd/slmd/internal/sla"
)

// Number is an exact number as it stands in the document: an integer or a
// decimal without an exponent. The empty one is null.
type Number string

// places is how many decimals an amount has that is no finite decimal, as that
// of an entry which lies partly in scope: a millionth of a second or an event.
const places = 6

// Exactly gives r as a number. What has more than six decimals, or no end, is
// cut to six; fractions that are compared are never made of such numbers.
func Exactly(r *big.Rat) Number {
	if r == nil {
		return ""
	}
	return number(r, places)
}

func number(r *big.Rat, decimals int) Number {
	if r.IsInt() {
		return Number(r.Num().String())
	}
	text := strings.TrimRight(sla.Truncate(r, decimals), "0")
	return Number(strings.TrimSuffix(text, "."))
}

// Whole gives n as a number.
func Whole(n int64) Number { return Number(fmt.Sprint(n)) }

// InSeconds gives m in seconds.
func InSeconds(m sla.Millis) Number { return number(big.NewRat(int64(m), 1000), 3) }

// Rat gives n as a rational number, nil for null.
func (n Number) Rat() *big.Rat {
	r, ok := new(big.Rat).SetString(string(n))
	if !ok {
		return nil
	}
	return r
}

// Short gives n for people: cut to three decimals, from 100 on to a whole
// number. It is empty for null.
func (n Number) Short() string {
	r := n.Rat()
	switch {
	case r == nil:
		return ""
	case new(big.Rat).Abs(r).Cmp(big.NewRat(100, 1)) >= 0:
		return new(big.Int).Quo(r.Num(), r.Denom()).String()
	}
	return string(number(r, 3))
}

// Sign gives −1, 0 or 1; null is 0.
func (n Number) Sign() int {
	if r := n.Rat(); r != nil {
		return r.Sign()
	}
	return 0
}

// Millis gives a number of seconds as a length of time, cut to the millisecond.
func (n Number) Millis() sla.Millis {
	r := n.Rat()
	if r == nil {
		return 0
	}
	num := new(big.Int).Mul(r.Num(), big.NewInt(1000))
	return sla.Millis(num.Quo(num, r.Denom()).Int64())
}

// MarshalJSON gives the digits, or null.
func (n Number) MarshalJSON() ([]byte, error) {
	if n == "" {
		return []byte("null"), nil
	}
	return []byte(n), nil
}

// UnmarshalJSON reads what MarshalJSON gives; an exponent is refused.
func (n *Number) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		*n = ""
		return nil
	}
	if strings.Trim(string(text), "-.0123456789") != "" {
		return fmt.Errorf("%s is not a number of a review: write digits with an optional point and no exponent", text)
	}
	*n = Number(text)
	return nil
}

// Text is a string of which the empty one is null.
type Text string

// MarshalJSON gives the string, or null.
func (t Text) MarshalJSON() ([]byte, error) {
	if t == "" {
		return []byte("null"), nil
	}
	return quote(nil, string(t)), nil
}

// Stamp is a moment in RFC 3339; the empty one is null.
type Stamp string

// StampOf gives the moment i as a clock in the zone loc shows it.
func StampOf(i sla.Instant, loc *time.Location) Stamp {
	return Stamp(i.In(loc).Format(time.RFC3339Nano))
}

// Time gives the moment in the zone offset in which it is written, the zero
// time for null.
func (s Stamp) Time() time.Time {
	t, err := time.Parse(time.RFC3339Nano, string(s))
	if err != nil {
		return time.Time{}
	}
	return t
}

// MarshalJSON gives the moment, or null.
func (s Stamp) MarshalJSON() ([]byte, error) { return Text(s).MarshalJSON() }

// Target is what is promised: a share in percent, or the bound of a mean.
type Target struct {
	Share
	AtMost, AtLeast Number // of a mean: one of the two
}

// MarshalJSON gives {shown,num,den}, {at_most} or {at_least}.
func (t Target) MarshalJSON() ([]byte, error) {
	switch {
	case t.AtMost != "":
		return fmt.Appendf(nil, `{"at_most":%s}`, t.AtMost), nil
	case t.AtLeast != "":
		return fmt.Appendf(nil, `{"at_least":%s}`, t.AtLeast), nil
	}
	return json.Marshal(t.Share)
}

// UnmarshalJSON reads what MarshalJSON gives.
func (t *Target) UnmarshalJSON(text []byte) error {
	var all struct {
		Share
		AtMost  Number `json:"at_most"`
		AtLeast Number `json:"at_least"`
	}
	if err := json.Unmarshal(text, &all); err != nil {
		return err
	}
	*t = Target{Share: all.Share, AtMost: all.AtMost, AtLeast: all.AtLeast}
	return nil
}

// MarshalJSON gives [date, bad, unknown, removed].
func (d Day) MarshalJSON() ([]byte, error) {
	return json.Marshal([]any{d.Date, d.Bad, d.Unknown, d.Removed})
}

// UnmarshalJSON reads what MarshalJSON gives.
func (d *Day) UnmarshalJSON(text []byte) error {
	var cells []json.RawMessage
	if err := json.Unmarshal(text, &cells); err != nil {
		return err
	}
	if len(cells) != 4 {
		return fmt.Errorf("a day of a review has %d cells: want date, bad, unknown, removed", len(cells))
	}
	for i, into := range []any{&d.Date, &d.Bad, &d.Unknown, &d.Removed} {
		if err := json.NewDecoder(bytes.NewReader(cells[i])).Decode(into); err != nil {
			return err
		}
	}
	return nil
}

// shareOf gives num of den as it is shown with that many decimals of percent.
// Both stay as they were compared when they are plain decimals; otherwise they
// are scaled so that both are integers.
func shareOf(num, den *big.Rat, decimals int) *Share {
	ratio := new(big.Rat).Quo(num, den)
	return fraction(num, den, sla.Percent(ratio, decimals))
}

func fraction(num, den *big.Rat, shown string) *Share {
	num, den = plain(num, den)
	return &Share{Shown: shown, Num: number(num, places), Den: number(den, places)}
}

// plain scales both numbers to integers unless both are decimals that can be
// written in six places.
func plain(num, den *big.Rat) (*big.Rat, *big.Rat) {
	if short(num) && short(den) {
		return num, den
	}
	product := new(big.Int).Mul(num.Denom(), den.Denom())
	common := product.Quo(product, new(big.Int).GCD(nil, nil, num.Denom(), den.Denom()))
	scale := new(big.Rat).SetInt(common)
	return new(big.Rat).Mul(num, scale), new(big.Rat).Mul(den, scale)
}

func short(r *big.Rat) bool {
	return new(big.Rat).Mul(r, big.NewRat(1_000_000, 1)).IsInt()
}
