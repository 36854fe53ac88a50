package cronexpr

import (
	"strings"
	"testing"
	"time"

	"github.com/slmd/slmd/internal/sla"
)

func TestFault_D11_WhatWouldPanicOrNeverFireIsRefused(t *testing.T) {
	for expr, want := range map[string]string{
		"":                           "not a cron expression",
		"TZ=":                        "time zone",
		"TZ=UTC":                     "time zone",
		"CRON_TZ=":                   "time zone",
		"TZ=Europe/Berlin 0 * * * *": "time zone",
		"0 0 30 2 *":                 "never fires",
		"0 0 31 4,6,9,11 *":          "never fires",
		"@every 0s":                  "too often",
		"@every -1h":                 "too often",
		"@every 9s":                  "too often",
		"@every 1ms":                 "too often",
		"@every":                     "not a cron expression",
		"@reboot":                    "not a cron expression",
		"* * * *":                    "not a cron expression",
		"* * * * * *":                "not a cron expression",
		"*/0 * * * *":                "not a cron expression",
		"61 * * * *":                 "not a cron expression",
		"5-1 * * * *":                "not a cron expression",
		strings.Repeat("*", 300):     "at most 256",
	} {
		err := Check(expr)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Check(%q) = %v, want an error with %q", expr, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("Check(%q) gives more than one line: %v", expr, err)
		}
	}
}

func TestCheckTakesWhatFires(t *testing.T) {
	for _, expr := range []string{"* * * * *", "*/5 * * * *", "0 6 1-3 * *", "0 0 29 2 *", "@hourly", "@daily", "@every 10s", "@every 1h30m", "0 0 * * MON-FRI"} {
		if err := Check(expr); err != nil {
			t.Errorf("Check(%q) = %v", expr, err)
		}
	}
}

func TestAPanicOfTheParserBecomesAnError(t *testing.T) {
	if _, err := guarded("TZ="); err == nil {
		t.Error(`guarded("TZ=") gave no error`)
	}
}

func FuzzCheckNeverPanics(f *testing.F) {
	for _, seed := range []string{"TZ=", "CRON_TZ=x", "@every 1h", "*/5 * * * *", "1-60/2,3 * ? JAN SUN"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, expr string) {
		if Check(expr) != nil {
			return
		}
		after := sla.At(time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC))
		if next, err := Next(expr, after); err != nil || next <= after {
			t.Errorf("Next(%q) = %v, %v although it was checked", expr, next, err)
		}
	})
}

func TestNextIsInUTC(t *testing.T) {
	at := func(s string) sla.Instant {
		x, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return sla.At(x)
	}
	for _, c := range []struct{ expr, after, want string }{
		{"*/5 * * * *", "2026-11-22T00:00:00Z", "2026-11-22T00:05:00Z"},
		{"30 2 * * *", "2026-03-28T12:00:00Z", "2026-03-29T02:30:00Z"}, // a clock change in Europe
		{"0 6 1-3 * *", "2026-11-22T00:00:00Z", "2026-12-01T06:00:00Z"},
		{"@every 10s", "2026-11-22T00:00:00Z", "2026-11-22T00:00:10Z"},
	} {
		if got, err := Next(c.expr, at(c.after)); err != nil || got != at(c.want) {
			t.Errorf("Next(%q, %s) = %v, %v, want %s", c.expr, c.after, got, err, c.want)
		}
	}
	// 2100 is no leap year: eight years without a 29 February.
	if got, err := Next("0 0 29 2 *", at("2097-01-01T00:00:00Z")); err != nil || got != sla.Forever {
		t.Errorf("Next of a leap day beyond five years = %v, %v, want forever", got, err)
	}
}
