package catalogue_test

import (
	"strings"
	"testing"

	"github.com/slmd/slmd/internal/catalogue"
	"github.com/slmd/slmd/internal/sla"
)

func TestFactsOfAFileAreReadExactly(t *testing.T) {
	span := `2026-11-01T00:00:00Z,2026-11-01T00:01:00Z,`
	for _, c := range []struct {
		name, head, row string
		kind            sla.FactKind
		want            sla.Entry
	}{
		{"events", "good,bad", "7,0.5", sla.Events, sla.Entry{Good: sla.Whole(7), Bad: sla.Nanos(500_000_000)}},
		{"a state", "state", "down", sla.Time, sla.Entry{Bad: sla.Seconds(sla.Minute)}},
		{"seconds, the rest unknown", "good,bad", "30,10.5", sla.Time, sla.Entry{Good: sla.Seconds(30_000), Bad: sla.Seconds(10_500), Unknown: 19_500}},
		{"a mean", "sum,count", "-4.5,3", sla.Mean, sla.Entry{Good: sla.Nanos(-4_500_000_000), Bad: sla.Whole(3)}},
		{"events, partly unknown", "good,bad,unknown_seconds,definition", "1,2,0.25,9", sla.Events, sla.Entry{Good: sla.Whole(1), Bad: sla.Whole(2), Unknown: 250}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := catalogue.ReadEntries(strings.NewReader("from,to,"+c.head+"\n"+span+c.row+"\n"), &sla.Indicator{Kind: sla.Entries, As: c.kind})
			if err != nil || len(got) != 1 {
				t.Fatalf("got %v, %v", got, err)
			}
			got[0].Span = sla.Span{}
			if got[0] != c.want {
				t.Errorf("got %+v, want %+v", got[0], c.want)
			}
		})
	}
}

func TestFactsThatCannotBeAreNamedWithTheirLine(t *testing.T) {
	const text = `from,to,good,bad,unknown_seconds
2026-11-01T00:00:00Z,2026-11-01T00:01:00Z,1,-1,0
2026-11-01,2026-11-01T00:01:00Z,1,1,0
2026-11-01T00:00:00Z,2026-11-01T00:01:00Z,1,1,61
2026-11-01T00:00:00Z,2026-11-01T00:01:00Z,1,1,0.0001
2026-11-01T00:00:00Z,2026-11-01T00:01:00Z,NaN,1,0
`
	_, err := catalogue.ReadEntries(strings.NewReader(text), &sla.Indicator{Kind: sla.Entries, As: sla.Events})
	if err == nil {
		t.Fatal("the file was taken")
	}
	for _, want := range []string{
		"line 2: good, bad and unknown cannot be negative", `line 3: from is "2026-11-01": write a time`,
		"line 4: unknown must be at most the length of the span (60 s)", "line 5: unknown_seconds has more than 3 decimals",
		`line 6: good is "NaN": write a number`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not said in\n%v", want, err)
		}
	}
}

func FuzzReadEntries(f *testing.F) {
	f.Add("from,to,good,bad\n2026-11-01T00:00:00Z,2026-11-01T00:01:00Z,1,2\n")
	f.Add("from,to,state\n2026-11-01T00:00:00Z,2026-11-01T00:01:00Z,up\n")
	f.Fuzz(func(t *testing.T, text string) {
		for _, kind := range []sla.FactKind{sla.Events, sla.Time, sla.Mean} {
			entries, err := catalogue.ReadEntries(strings.NewReader(text), &sla.Indicator{Kind: sla.Entries, As: kind})
			for i := range entries {
				if problem := entries[i].Check(kind); err == nil && problem != nil {
					t.Errorf("taken: %+v, though %v", entries[i], problem)
				}
			}
		}
	})
}
