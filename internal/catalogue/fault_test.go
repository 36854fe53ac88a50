package catalogue_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/slmd/slmd/internal/catalogue"
)

// edit is one text of the shop replaced, and what is said of it: lines of the
// form MARK| sentence, where MARK is the text at which the place must point, as
// it first stands at or after the line of the replacement; ⏎ is a line's end.
type edit struct{ from, to, want string }

// check says all that is wrong with the shop after each of the edits.
func check(t *testing.T, edits ...edit) {
	t.Helper()
	for _, e := range edits {
		t.Run(e.to, func(t *testing.T) {
			at := strings.Index(shop, e.from)
			if at < 0 {
				t.Fatalf("the shop has no text %q", e.from)
			}
			text := strings.Replace(shop, e.from, e.to, 1)
			_, _, err := catalogue.Parse("shop.yml", []byte(text), catalogue.Options{})
			got := ""
			if err != nil {
				got = err.Error()
				if e.want == "" {
					t.Fatal(got)
				}
			}
			if want := placed(t, text, at, e.want); got != want {
				t.Errorf("%q for %q\n got: %s\nwant: %s", e.to, e.from, got, want)
			}
		})
	}
}

// placed turns marks into places.
func placed(t *testing.T, text string, from int, want string) string {
	t.Helper()
	if want == "" {
		return ""
	}
	lines := strings.Split(want, "\n")
	from = strings.LastIndexByte(text[:from], '\n') + 1
	for i, line := range lines {
		mark, sentence, _ := strings.Cut(line, "| ")
		mark = strings.ReplaceAll(mark, "⏎", "\n")
		at := strings.Index(text[from:], mark)
		if at < 0 {
			at = strings.Index(text, mark) - from
		}
		if before := text[:from+at]; at+from >= 0 {
			lines[i] = fmt.Sprintf("shop.yml:%d:%d: %s", strings.Count(before, "\n")+1, len([]rune(before[strings.LastIndexByte(before, '\n')+1:]))+1, sentence)
			continue
		}
		t.Fatalf("the text has no %q", mark)
	}
	return strings.Join(lines, "\n")
}

func TestFault_E1_CyclesAreRefusedWithTheirChain(t *testing.T) {
	check(t,
		edit{
			"title: Basket store, status: live,", "depends_on: [checkout], status: live,",
			"[checkout], status| services depend on each other in a circle (baskets → checkout → baskets): take one of these links away",
		},
		edit{
			"status: live, owner: paycorp}", "depends_on: [payments], status: live, owner: paycorp}",
			"[payments], status| services depend on each other in a circle (payments → payments): take one of these links away",
		},
		edit{
			"    period: {rolling: 30d}", "    period: {rolling: 30d}\n    relies_on: [checkout-sla]",
			"[checkout-sla]| agreements rely on each other in a circle (baskets-ola → checkout-sla → baskets-ola): take one of these links away\n" +
				"[checkout-sla]| agreements rely on each other in a circle (baskets-standby-ola → checkout-sla → baskets-standby-ola): take one of these links away",
		},
	)
}

func TestFault_E2_NamesTwiceInOtherCaseOrThatLookAlikeAreRefused(t *testing.T) {
	check(t,
		edit{"name: payments, title", "name: checkout, title", `payments, baskets]| no service is named "payments": there are baskets, checkout` + "\n" +
			`checkout, title| "checkout" stands twice among the services: give one of them another name` + "\n" +
			"payments⏎    time| no service is named \"payments\": there are baskets, checkout\n" +
			"payments⏎    provider: paycorp| no service is named \"payments\": there are baskets, checkout"},
		edit{"name: paycorp,", "name: Retail,", `Retail,| "Retail" is not a name: write 1 to 63 small letters, digits and hyphens, beginning with a letter or digit, such as retail`},
		edit{"name: paycorp,", "name: pаycorp,", `pаycorp| "pаycorp" is not a name: write 1 to 63 small letters, digits and hyphens, beginning with a letter or digit`},
		edit{"name: bad-minutes", "name: availability", "availability| the objective \"availability\" stands twice in checkout-sla: give one of them another name"},
		edit{"status: live\n    owner: platform", "status: live\n    status: live\n    owner: platform", "status: live⏎    owner| status stands twice in this mapping: leave one out"},
	)
}

func TestFault_E3_ExpressionsThatAreNoSelectorsAreRefused(t *testing.T) {
	long := strings.Repeat("x", 17<<10)
	check(t,
		edit{`metric: queue_length,`, `metric: "queue_length{",`, `"queue_length{| "queue_length{" is not PromQL: 1:14: parse error: unexpected end of input inside braces`},
		edit{
			`metric: queue_length,`, `metric: 'sum(rate(queue_length{a="b"}[5m]))',`,
			`'sum(rate| "sum(rate(queue_length{a=\"b\"}[5m]))" is not a plain selector, samples are read raw here: write queue_length{a="b"}`,
		},
		edit{
			`metric: queue_length,`, `metric: queue_length offset 5m,`,
			`queue_length offset| "queue_length offset 5m" moves the time it reads at: leave offset and @ out, slmd reads every sample at its own time`,
		},
		edit{`metric: queue_length,`, `metric: 1 + 2,`, `1 + 2| "1 + 2" is not a plain selector: write a metric name with matchers, such as up{job="shop"}`},
		edit{`metric: queue_length,`, `metric: ` + long + `,`, `xxx| metric has 17408 bytes: an expression may have 16384`},
		edit{`metric: queue_length,`, "metric: \"queue\x00\",", "\x00| a NUL byte: write plain UTF-8 text"},
		edit{`query: 'sum(rate(errors_total[$interval]))'`, `query: up`, `up, below| "up" gives a number per series and one is wanted: aggregate it, such as sum(up)`},
		edit{`query: 'sum(rate(errors_total[$interval]))'`, `query: 'errors_total[5m]'`, `'errors_total[5m]'| "errors_total[5m]" gives a range vector and one number is wanted`},
	)
}

func TestFault_E4_TargetsThatCannotBeAreRefused(t *testing.T) {
	speed := `name: speed, indicator: checkout-fast, target: 95%}`
	target := func(s string) string { return `name: speed, indicator: checkout-fast, target: ` + s + `}` }
	outside := func(s string) string {
		return fmt.Sprintf("%s}| a target of %s: it must be above 0%% and at most 100%%", s, s)
	}
	noPercent := func(s string) string {
		return fmt.Sprintf("%s}| for target a percentage is wanted, such as 99.95%%, with a point and at most 18 digits, not %q", s, strings.Trim(s, `"`))
	}
	check(t,
		edit{speed, target("101%"), outside("101%")},
		edit{speed, target("100.000000001%"), outside("100.000000001%")},
		edit{speed, target("0%"), outside("0%")},
		edit{speed, target("-1%"), outside("-1%")},
		edit{speed, target("NaN"), noPercent("NaN")},
		edit{speed, target(`"99,9%"`), noPercent(`"99,9%"`)},
		edit{speed, target("1e400"), noPercent("1e400")},
		edit{speed, target("1e400%"), noPercent("1e400%")},
		edit{speed, target("0.95"), "0.95}| for target a percentage is wanted with its sign, such as 0.95%"},
		edit{speed, target("99.9999999999999999999%"), noPercent("99.9999999999999999999%")},
		edit{speed, target("100%"), ""},
	)
}

func TestFault_E6_LengthsThatCannotBeAreRefused(t *testing.T) {
	interval := "the interval must be from 10s to 1h and divide an hour evenly, such as 1m"
	length := func(s string) string {
		return fmt.Sprintf("a length of time is wanted, such as 300ms, 5m, 1h30m or 30d, not %q", s)
	}
	check(t,
		edit{"interval: 1m\n", "interval: 0s\n", "0s| " + interval},
		edit{"interval: 1m\n", "interval: 7m\n", "7m| " + interval},
		edit{"interval: 1m\n", "interval: -1m\n", "-1m| for interval " + length("-1m")},
		edit{"interval: 1m\n", "interval: 99999999999999999999d\n", "99999999999999999999d| for interval " + length("99999999999999999999d")},
		edit{"interval: 1m\n", "interval: 60\n", "60| for interval " + length("60")},
		edit{"{rolling: 30d}", "{rolling: 0d}", "{rolling: 0d}| a rolling period must be from 1h to 366d long"},
		edit{"length: 1m, bad", "length: 0s, bad", "0s, bad| a slice must be longer than nothing, such as 1m"},
		edit{"length: 1m, bad", "length: 7m, bad", "7m, bad| slices of 7m do not divide the period evenly: take a length that divides a day, such as 1m, 5m or 1h\n" +
			"5m, empty| min_run is shorter than a slice (7m): write at least that, or leave it out"},
		edit{"period: month\n    planned", "period: fortnight\n    planned", `fortnight| period is "fortnight": write day, week, month, quarter, half, year or {rolling: 30d}`},
	)
}

func TestFault_E10_ExclusionsThatEndBeforeTheyBeginOrNeverAreRefused(t *testing.T) {
	check(t,
		edit{"to: 2026-03-08T00:00:00+01:00", "to: 2026-03-07T00:00:00+01:00", "2026-03-07T00:00:00+01:00| to must be later than from: the exclusion ends before it begins"},
		edit{"    to: 2026-03-08T00:00:00+01:00\n", "", "name: db-upgrade| to is missing"},
		edit{"lasts: 2h", "lasts: 0s", "0s}| lasts must be more than nothing and at most 31d"},
		edit{`cron: "0 2 * * SUN"`, `cron: "0 2 30 2 *"`, `"0 2 30 2 *"| the exclusion sunday-night never begins: no month has such a day as in "0 2 30 2 *"`},
		edit{`valid: {from: 2026-01-01}, approved`, `valid: {from: 2026-01-01, until: 2025-01-01}, approved`, "2025-01-01}| until must be later than from: the validity ends before it begins"},
	)
}

func TestFault_E11_CalendarsWithoutHoursAndUnknownOnesAreRefusedAndDoubleHolidaysMerged(t *testing.T) {
	check(t,
		edit{"calendars:\n", "calendars:\n  - {name: never, hours: {mon: []}}\n", "{mon: []}| the calendar never has no hours at all: give at least one day hours such as [\"08:00-18:00\"]"},
		edit{
			`special: [{date: 2026-12-24, hours: ["08:00-12:00"]}]`, `special: [{date: 2026-12-24, hours: ["22:00-06:00"]}]`,
			`"22:00-06:00"]}]| "22:00-06:00" ends before it begins: write a window over midnight as two, one that ends at 24:00 and one from 00:00 on the next day`,
		},
		edit{"calendar: always", "calendar: offce-hours", `offce-hours| no calendar is named "offce-hours": did you mean office-hours?`},
		edit{"holidays: [2026-12-25, 2026-12-26]", "holidays: [2026-12-25, 2026-12-25]", ""},
		edit{"holidays: [2026-12-25, 2026-12-26]", "holidays: [2026-02-30]", `2026-02-30| a date is wanted, such as 2026-12-25, not "2026-02-30"`},
		edit{"time_zone: Europe/Berlin\n    hours", "time_zone: Europe/Berln\n    hours", `Europe/Berln| "Europe/Berln" is not a time zone: write a name such as Europe/Berlin or UTC`},
	)
	if n := len(parse(t, strings.Replace(shop, "2026-12-26", "2026-12-25", 1)).Calendars[0].Holidays); n != 1 {
		t.Errorf("a holiday given twice counts %d times", n)
	}
}

func TestFault_E14_AnAgreementWithoutEndOverARetiredServiceIsRefused(t *testing.T) {
	check(t, edit{
		"title: Payment gateway, status: live", "title: Payment gateway, status: retired",
		"payments⏎    provider| the service payments is retired and the agreement payments-uc has no end: give it valid.until",
	})
}

func TestFault_E15_ATargetAboveTheCeilingNeedsAReason(t *testing.T) {
	check(t,
		edit{"    reason: The supplier keeps more than it promises.\n", "", "99.95%⏎        method| a target of 99.95% is above the ceiling of 99.9475% that payments-uc 99.95% × any of (baskets-ola 99.5%, baskets-standby-ola 99.5%) allow: lower it, or give the agreement a reason"},
	)
}

func TestFault_E21_OneBadLineIsNamedAndNothingIsLoaded(t *testing.T) {
	var b strings.Builder
	b.WriteString(shop)
	for i := range 10_000 {
		if i == 7_000 {
			fmt.Fprintf(&b, "  - {name: x-%d, services: [baskets], category: maintenence, from: 2026-03-07, to: 2026-03-08}\n", i)
			continue
		}
		fmt.Fprintf(&b, "  - {name: x-%d, services: [baskets], category: maintenance, from: 2026-03-07, to: 2026-03-08}\n", i)
	}
	cat, _, err := catalogue.Parse("shop.yml", []byte(b.String()), catalogue.Options{})
	want := fmt.Sprintf(`shop.yml:%d:51: category is "maintenence": write one of maintenance, force_majeure, customer, agreed; did you mean maintenance?`, strings.Count(shop, "\n")+7001)
	if cat != nil || err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
}
