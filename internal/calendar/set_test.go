package calendar

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/slmd/slmd/internal/sla"
)

// drawSet draws a set within 0 to 63 and the same as bits.
func drawSet(t *rapid.T, name string) (Set, uint64) {
	var spans []sla.Span
	var bits uint64
	for range rapid.IntRange(0, 6).Draw(t, name) {
		from := rapid.IntRange(0, 63).Draw(t, "from")
		to := rapid.IntRange(0, 63).Draw(t, "to")
		spans = append(spans, sla.Span{From: sla.Instant(from), To: sla.Instant(to)})
		for i := from; i < to; i++ {
			bits |= 1 << i
		}
	}
	return Of(spans...), bits
}

// ofBits gives the set of the bits that are set.
func ofBits(bits uint64) Set {
	var s Set
	for i := range 64 {
		if bits&(1<<i) == 0 {
			continue
		}
		if n := len(s); n > 0 && s[n-1].To == sla.Instant(i) {
			s[n-1].To++
			continue
		}
		s = append(s, sla.Span{From: sla.Instant(i), To: sla.Instant(i + 1)})
	}
	return s
}

func TestSetsBehaveAsSetsOfInstants(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, x := drawSet(t, "a")
		b, y := drawSet(t, "b")
		for _, c := range []struct {
			name string
			got  Set
			want uint64
		}{
			{"of", a, x},
			{"union", a.Union(b), x | y},
			{"intersect", a.Intersect(b), x & y},
			{"subtract", a.Subtract(b), x &^ y},
			{"clip", a.Clip(sla.Span{From: 10, To: 30}), x & (1<<30 - 1<<10)},
			{"clip to nothing", a.Clip(sla.Span{From: 30, To: 10}), 0},
		} {
			if want := ofBits(c.want); !slices.Equal(c.got, want) {
				t.Errorf("%s: got %v, want %v", c.name, c.got, want)
			}
			length := sla.Millis(0)
			for i := range 64 {
				in := c.want&(1<<i) != 0
				if in {
					length++
				}
				if c.got.Contains(sla.Instant(i)) != in {
					t.Errorf("%s: contains %d", c.name, i)
				}
			}
			if c.got.Length() != length {
				t.Errorf("%s: length %d, want %d", c.name, c.got.Length(), length)
			}
		}
	})
}
