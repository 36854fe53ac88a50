package catalogue_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/slmd/slmd/internal/catalogue"
	"github.com/slmd/slmd/internal/sla"
)

// anyText draws what people might write, and what nobody should.
func anyText() *rapid.Generator[string] {
	hard := []string{"yes", "null", "~", "1e3", "0x1f", "99.9%", "- a", "a: b", "#c", "'", `"`, "&a", "*a", "!x", "{", "[", "|", ">", "%", "@", "`", "a #b", " a", "a ", "a\nb", "a\n\n b\n", "\ta", "a\tb", "2026-01-01", ".5", "true", "<<", "?", "---", "...", "\u0085", "\u2028", "\ufeff", "\x01", "\x7f", "é", "汉", "😀", "a\\b", "\r", "a\r\nb", ":"}
	return rapid.OneOf(
		rapid.SampledFrom(hard),
		rapid.Map(rapid.SliceOfN(rapid.SampledFrom(hard), 1, 4), func(parts []string) string { return strings.Join(parts, "") }),
		rapid.StringN(1, 20, 60).Filter(func(s string) bool { return !strings.ContainsRune(s, 0) && strings.ToValidUTF8(s, "") == s }),
	)
}

func anyDecimal() *rapid.Generator[sla.Decimal] {
	return rapid.Custom(func(t *rapid.T) sla.Decimal {
		return sla.Decimal{Coef: rapid.Int64Range(1, 99_999).Draw(t, "coef"), Scale: uint8(rapid.IntRange(3, 9).Draw(t, "scale"))}
	})
}

// anyCatalogue draws a change of the shop in the fields that are free.
func anyCatalogue(t *rapid.T, c *sla.Catalogue) {
	text, number := anyText(), anyDecimal()
	millis := rapid.Map(rapid.Int64Range(0, 31*24*3600), func(s int64) sla.Millis { return sla.Millis(s) * sla.Second })
	c.Parties[0].Title = text.Draw(t, "title")
	c.Parties[0].Contacts = append([]sla.Contact{{Name: text.Draw(t, "contact")}}, c.Parties[0].Contacts...)
	c.Services[0].Description = text.Draw(t, "description")
	c.Services[0].Labels = rapid.MapOfN(rapid.StringMatching(`[a-z][a-z0-9_]{0,8}`), text, 0, 4).Draw(t, "labels")
	if len(c.Services[0].Labels) == 0 {
		c.Services[0].Labels = nil
	}
	c.Indicators[3].Unit = text.Draw(t, "unit")
	c.Indicators[4].Bound.Value = number.Draw(t, "bound")
	c.Indicators[1].Within = trimmed(number.Draw(t, "within"))
	a := &c.Agreements[0]
	a.Title, a.Reason = text.Draw(t, "agreement"), text.Draw(t, "reason")
	target := number.Draw(t, "target")
	a.Objectives[2].Target = &target
	a.Objectives[2].AtRisk = number.Draw(t, "at risk")
	a.Objectives[2].MergeGap = millis.Draw(t, "gap")
	a.Charge = &sla.Money{Minor: rapid.Int64Range(0, 1<<50).Draw(t, "charge"), Currency: "EUR"}
	x := &c.Exclusions[0]
	x.Reason = text.Draw(t, "why")
	x.Span.From = sla.Instant(rapid.Int64Range(0, 4_000_000_000_000).Draw(t, "from"))
	x.Span.To = x.Span.From.Add(1 + millis.Draw(t, "lasts"))
}

// trimmed takes away zeros at the end, as the reader does with thresholds.
func trimmed(d sla.Decimal) sla.Decimal {
	for d.Scale > 0 && d.Coef%10 == 0 {
		d.Coef, d.Scale = d.Coef/10, d.Scale-1
	}
	return d
}

func TestLoadingWhatWasExportedGivesTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, _, err := catalogue.Parse("shop.yml", []byte(shop), catalogue.Options{})
		if err != nil {
			t.Fatal(err)
		}
		anyCatalogue(t, c)
		text, err := catalogue.Export(c)
		if err != nil {
			t.Fatal(err)
		}
		again, _, err := catalogue.Parse("export.yml", text, catalogue.Options{})
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if _, changes, err := catalogue.Merge(c, again, catalogue.MergeOptions{At: c.Agreements[0].Valid.From, Prune: true}); err != nil || len(changes) > 0 {
			t.Fatalf("%v %v\n%s", changes, err, text)
		}
	})
}
