package judge

import (
	"testing"

	"github.com/slmd/slmd/internal/sla"
)

// BenchmarkBurn works out all burn rates of an objective from three days at a minute.
func BenchmarkBurn(b *testing.B) {
	for _, x := range benchCases {
		b.Run(x.name, func(b *testing.B) {
			c := benchCase(x.method, x.kind)
			at := november.From.Add(10 * sla.Day)
			entries := minutes(c.Indicator.Facts(), BurnSpan(c.Indicator.Interval, at))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Burn(c, History{Loose: entries}, at); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
