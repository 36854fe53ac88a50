package judge

import (
	"strings"
	"testing"

	"github.com/slmd/slmd/internal/sla"
)

func dec(s string) *sla.Decimal {
	d := sla.MustDecimal(s)
	return &d
}

func money(t *testing.T, s string) *sla.Money {
	t.Helper()
	m, err := sla.ParseMoney(s)
	if err != nil {
		t.Fatal(err)
	}
	return &m
}

// monthOf judges a closed month of 100,000 events of which so many are bad.
func monthOf(t *testing.T, bad int64, change func(a *sla.Agreement, o *sla.Objective)) *sla.Verdict {
	t.Helper()
	c, entries := simple(sla.Ratio, "99.9", 100_000-bad, bad)
	change(c.Agreement, c.Objective)
	return judgeCase(t, c, entries, Moment{Now: c.Period.To, Final: c.Period.To})
}

func judgeCase(t *testing.T, c Case, entries []sla.Entry, m Moment) *sla.Verdict {
	t.Helper()
	tally, err := NewTally(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !tally.Add(e) {
			t.Fatalf("%v is refused", e)
		}
	}
	v := tally.Verdict(m)
	return &v
}

func TestCreditsOfEveryForm(t *testing.T) {
	gap := []sla.Band{{Below: dec("99.9"), Above: dec("99"), Percent: dec("10")}, {Below: dec("99"), Percent: dec("25")}}
	overlap := []sla.Band{{Below: dec("99.9"), AtLeast: dec("95"), Percent: dec("10")}, {Below: dec("99"), AtLeast: dec("90"), Percent: dec("25")}}
	upper := []sla.Band{{Below: dec("99.9"), Percent: dec("30")}, {AtMost: dec("99"), Percent: dec("20")}, {Below: dec("99"), Percent: dec("10")}}
	amounts := []sla.Band{{Below: dec("99.9"), AtLeast: dec("99"), Fixed: money(t, "50.00 EUR")}, {Below: dec("99"), Fixed: money(t, "125.50 EUR")}}
	mixed := []sla.Band{{Below: dec("99.9"), AtLeast: dec("0"), Fixed: money(t, "50.00 EUR")}, {Below: dec("99.9"), AtLeast: dec("0"), Percent: dec("6")}}
	alike := []sla.Band{{Below: dec("99.9"), AtLeast: dec("0"), Percent: dec("10")}, {Below: dec("99.9"), Above: dec("0"), Percent: dec("10")}}
	for _, c := range []struct {
		name            string
		bad             int64 // of 100,000
		bands           []sla.Band
		charge          string
		limit, minimum  string
		precision       int
		percent, amount string
		band            string
	}{
		{name: "just at the target", bad: 100, bands: gap, charge: "1000.00 EUR", percent: "0", amount: "0.00 EUR"},
		{name: "one more", bad: 101, bands: gap, charge: "1000.00 EUR", percent: "10", amount: "100.00 EUR", band: "below 99.9%, above 99%"},
		{name: "in the gap at exactly 99", bad: 1000, bands: gap, charge: "1000.00 EUR", percent: "0", amount: "0.00 EUR"},
		{name: "past the gap", bad: 1001, bands: gap, charge: "1000.00 EUR", percent: "25", amount: "250.00 EUR", band: "below 99%"},
		{name: "of overlapping bands the largest", bad: 2000, bands: overlap, charge: "1000.00 EUR", percent: "25", amount: "250.00 EUR", band: "below 99%, at least 90%"},
		{name: "where one of them ends", bad: 1000, bands: overlap, charge: "1000.00 EUR", percent: "10", amount: "100.00 EUR", band: "below 99.9%, at least 95%"},
		{name: "below all bands", bad: 20000, bands: overlap, charge: "1000.00 EUR", percent: "0", amount: "0.00 EUR"},
		{name: "upper bounds only: the lowest reached, though it gives less", bad: 1000, bands: upper, charge: "1000.00 EUR", percent: "20", amount: "200.00 EUR", band: "at most 99%"},
		{name: "an exclusive bound is lower than an inclusive one", bad: 1001, bands: upper, charge: "1000.00 EUR", percent: "10", amount: "100.00 EUR", band: "below 99%"},
		{name: "a fixed amount", bad: 1000, bands: amounts, charge: "1000.00 EUR", percent: "", amount: "50.00 EUR", band: "below 99.9%, at least 99%"},
		{name: "a fixed amount without a charge", bad: 1001, bands: amounts, percent: "", amount: "125.50 EUR", band: "below 99%"},
		{name: "no fixed amount reached, without a charge", bad: 1, bands: amounts, percent: "0", amount: "0.00 EUR"},
		{name: "a fixed amount above the cap", bad: 1001, bands: amounts, charge: "1000.00 EUR", limit: "10", percent: "", amount: "100.00 EUR", band: "below 99%"},
		{name: "a fixed amount and a larger percentage", bad: 200, bands: mixed, charge: "1000.00 EUR", percent: "6", amount: "60.00 EUR", band: "below 99.9%, at least 0%"},
		{name: "a fixed amount and a smaller percentage", bad: 200, bands: mixed, charge: "800.00 EUR", percent: "", amount: "50.00 EUR", band: "below 99.9%, at least 0%"},
		{name: "of two bands alike the first", bad: 200, bands: alike, charge: "1000.00 EUR", percent: "10", amount: "100.00 EUR", band: "below 99.9%, at least 0%"},
		{name: "a percentage without a charge", bad: 200, bands: gap, percent: "10", band: "below 99.9%, above 99%"},
		{name: "the cap", bad: 2000, bands: gap, charge: "1000.00 EUR", limit: "20", percent: "20", amount: "200.00 EUR", band: "below 99%"},
		{name: "rounded half up once", bad: 200, bands: gap, charge: "0.05 EUR", percent: "10", amount: "0.01 EUR", band: "below 99.9%, above 99%"},
		{name: "yen have no decimals", bad: 200, bands: gap, charge: "104 JPY", percent: "10", amount: "10 JPY", band: "below 99.9%, above 99%"},
		{name: "below the minimum nothing is paid", bad: 200, bands: gap, charge: "99.00 EUR", minimum: "10.00 EUR", percent: "0", amount: "0.00 EUR"},
		{name: "nor of a fixed amount", bad: 1000, bands: amounts, charge: "1000.00 EUR", minimum: "60.00 EUR", percent: "0", amount: "0.00 EUR"},
		{name: "at the minimum it is", bad: 200, bands: gap, charge: "100.00 EUR", minimum: "10.00 EUR", percent: "10", amount: "10.00 EUR", band: "below 99.9%, above 99%"},
		{name: "read with two decimals 98.995 is 99", bad: 1005, bands: gap, charge: "1000.00 EUR", precision: 2, percent: "0", amount: "0.00 EUR"},
		{name: "read with two decimals 98.994 is not", bad: 1006, bands: gap, charge: "1000.00 EUR", precision: 2, percent: "25", amount: "250.00 EUR", band: "below 99%"},
	} {
		v := monthOf(t, c.bad, func(a *sla.Agreement, o *sla.Objective) {
			o.Credits = c.bands
			if c.charge != "" {
				a.Charge = money(t, c.charge)
			}
			if c.limit != "" {
				o.CreditCap = dec(c.limit)
			}
			if c.minimum != "" {
				o.CreditMinimum = money(t, c.minimum)
			}
			if c.precision > 0 {
				o.CreditPrecision = &c.precision
			}
		})
		wantRat(t, c.name, v.Credit.Percent, c.percent)
		amount := ""
		if v.Credit.Amount != nil {
			amount = v.Credit.Amount.String()
		}
		if amount != c.amount || !v.Credit.Owed {
			t.Errorf("%s: got %s, owed %t, want %s", c.name, amount, v.Credit.Owed, c.amount)
		}
		if c.band != "" && v.Credit.Band != c.band {
			t.Errorf("%s: band %q, want %q", c.name, v.Credit.Band, c.band)
		}
	}
}

func TestCreditsForEachStartedLengthOfBadTime(t *testing.T) {
	for _, c := range []struct {
		name          string
		bad, unknown  int64 // seconds of 1,000,000
		rule          sla.UnknownRule
		target, below string
		percent       string
	}{
		{"nothing bad", 0, 0, sla.UnknownRemoved, "100", "", "0"},
		{"a second starts the first", 1, 0, sla.UnknownRemoved, "100", "", "5"},
		{"the first is full", 1800, 0, sla.UnknownRemoved, "100", "", "5"},
		{"the second is started", 1801, 0, sla.UnknownRemoved, "100", "", "10"},
		{"the cap", 360_000, 0, sla.UnknownRemoved, "100", "", "50"},
		{"the target is met", 1000, 0, sla.UnknownRemoved, "99.9", "", "0"},
		{"the target is missed", 1001, 0, sla.UnknownRemoved, "99.9", "", "5"},
		{"its own bound is not reached", 2000, 0, sla.UnknownRemoved, "99.9", "99.8", "0"},
		{"its own bound is", 2001, 0, sla.UnknownRemoved, "99.9", "99.8", "10"},
		{"unknown time that counts as bad", 1000, 801, sla.UnknownBad, "99.9", "", "10"},
		{"unknown time that is left out", 1801, 801, sla.UnknownRemoved, "99.9", "", "10"},
	} {
		k, _ := simple(sla.TimeGauge, c.target, 1_000_000, 0)
		k.Agreement.Unknown = c.rule
		band := sla.Band{Per: 30 * sla.Minute, Percent: dec("5")}
		if c.below != "" {
			band.Below = dec(c.below)
		}
		k.Objective.Credits, k.Objective.CreditCap = []sla.Band{band}, dec("50")
		e := sla.Entry{Span: k.Period.Span, Good: sla.Whole(1_000_000 - c.bad - c.unknown), Bad: sla.Whole(c.bad), Unknown: sla.Millis(c.unknown) * sla.Second}
		v := judgeCase(t, k, []sla.Entry{e}, Moment{Now: k.Period.To, Final: k.Period.To})
		wantRat(t, c.name, v.Credit.Percent, c.percent)
		if name := v.Credit.Band; c.percent != "0" && !strings.HasSuffix(name, "per 30m0s") {
			t.Errorf("%s: band %q, want one for each 30 minutes", c.name, name)
		}
	}
}

func TestAFixedAmountForEachStartedLengthOfBadTimeIsDueAsOften(t *testing.T) {
	for bad, want := range map[int64]string{0: "0.00 EUR", 1800: "7.50 EUR", 1801: "15.00 EUR", 5400: "22.50 EUR", 7201: "30.00 EUR"} { // five times: 37.50 EUR
		k, _ := simple(sla.TimeGauge, "100", 1_000_000, 0)
		k.Agreement.Charge = money(t, "60.00 EUR")
		k.Objective.Credits, k.Objective.CreditCap = []sla.Band{{Per: 30 * sla.Minute, Fixed: money(t, "7.50 EUR")}}, dec("50")
		e := sla.Entry{Span: k.Period.Span, Good: sla.Whole(1_000_000 - bad), Bad: sla.Whole(bad)}
		v := judgeCase(t, k, []sla.Entry{e}, Moment{Now: k.Period.To, Final: k.Period.To})
		if got := v.Credit.Amount.String(); got != want {
			t.Errorf("%d s bad: %s, want %s", bad, got, want)
		}
	}
}

func TestCreditsAreAccruedUntilTheVerdictIsFinal(t *testing.T) {
	c, _ := simple(sla.TimeGauge, "99.9", 1_000_000, 0)
	c.Objective.Credits = []sla.Band{{Below: dec("99.9"), Percent: dec("10")}, {Below: dec("99"), Percent: dec("25")}}
	down := func(s int64) []sla.Entry {
		to := c.Period.From.Add(sla.Millis(s) * sla.Second)
		return []sla.Entry{
			{Span: sla.Span{From: c.Period.From, To: to}, Bad: sla.Whole(s)},
			{Span: sla.Span{From: to, To: c.Period.From.Add(3001 * sla.Second)}, Good: sla.Whole(3001 - s)},
		}
	}
	early := Moment{Now: c.Period.From.Add(3001 * sla.Second), Final: c.Period.From}
	v := judgeCase(t, c, down(1000), early) // a third of the time so far, all of the month's budget
	wantRat(t, "spent but not overdrawn", v.Credit.Percent, "0")
	v = judgeCase(t, c, down(1001), early)
	wantRat(t, "what is certain by now", v.Credit.Percent, "10")
	if v.Credit.Owed || v.State != sla.Breached {
		t.Errorf("owed %t, %s", v.Credit.Owed, v.State)
	}
	late := Moment{Now: c.Period.To, Final: c.Period.To - 1}
	if v = judgeCase(t, c, down(1001), late); v.Credit.Owed || !v.Provisional {
		t.Error("owed before the facts are final")
	}
	if v = judgeCase(t, c, nil, Moment{Now: c.Period.To, Final: c.Period.To}); v.State != sla.NoData || v.Credit.Percent.Sign() != 0 {
		t.Errorf("without data: %s, %+v", v.State, v.Credit)
	}
}

func TestMeansAreJudgedAgainstTheirBound(t *testing.T) {
	for _, c := range []struct {
		name            string
		atMost, atLeast string
		sum, count      int64
		min             int64
		state           sla.State
		value           string
	}{
		{"equality is met", "", "4.2", 42, 10, 0, sla.Met, "21/5"},
		{"below", "", "4.2", 41, 10, 0, sla.Breached, "41/10"},
		{"at most, met", "0.25", "", 25, 100, 0, sla.Met, "1/4"},
		{"at most, above", "0.25", "", 26, 100, 0, sla.Breached, "13/50"},
		{"nothing counted", "0.25", "", 0, 0, 0, sla.NoData, ""},
		{"too few", "0.25", "", 26, 100, 101, sla.NoData, ""},
		{"just enough", "0.25", "", 26, 100, 100, sla.Breached, "13/50"},
	} {
		k := benchCase(sla.MeanMethod, sla.MeanCounter)
		k.Objective.Target, k.Objective.Slices, k.Objective.MinEvents = nil, nil, c.min
		if c.atMost != "" {
			k.Objective.AtMost = dec(c.atMost)
		} else {
			k.Objective.AtLeast = dec(c.atLeast)
		}
		k.Objective.Credits = []sla.Band{{Below: dec("4.15"), Fixed: money(t, "50.00 EUR")}}
		e := []sla.Entry{{Span: k.Period.Span, Good: sla.Whole(c.sum), Bad: sla.Whole(c.count)}}
		v := judgeCase(t, k, e, Moment{Now: k.Period.To, Final: k.Period.To})
		if v.State != c.state || !v.Certain || v.Budget != nil || v.Lowest != nil || v.Good != nil || len(v.Outages) != 0 {
			t.Errorf("%s: %+v", c.name, v)
		}
		wantRat(t, c.name, ratioOf(v.Value), c.value)
		if open := judgeCase(t, k, e, Moment{Now: k.Period.To - 1, Final: 0}); c.state == sla.Breached && (open.State != sla.Failing || open.Certain) {
			t.Errorf("%s, under way: %s", c.name, open.State)
		}
		if wants := c.value == "41/10"; wants && v.Credit.Amount.Minor != 5000 || c.value == "21/5" && v.Credit.Amount.Minor != 0 {
			t.Errorf("%s: credit %s", c.name, v.Credit.Amount)
		}
	}
}
