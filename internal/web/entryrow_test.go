package web

import (
	"encoding/json"
	"testing"

	"github.com/slmd/slmd/internal/sla"
)

func TestTheFactsOfAMeanAreCalledSumAndCount(t *testing.T) {
	fact := sla.Entry{
		Span: sla.Span{From: 0, To: sla.Instant(sla.Minute)}, Good: sla.Amount{}, Bad: sla.Seconds(3 * sla.Second),
		Bridged: 2 * sla.Minute, Definition: 4,
	}
	for facts, want := range map[sla.FactKind]string{
		sla.Mean:   `[{"from":"1970-01-01T00:00:00Z","to":"1970-01-01T00:01:00Z","sum":"0","count":"3","unknown_seconds":0,"bridged_seconds":120,"definition":4}]`,
		sla.Events: `[{"from":"1970-01-01T00:00:00Z","to":"1970-01-01T00:01:00Z","good":"0","bad":"3","unknown_seconds":0,"bridged_seconds":120,"definition":4}]`,
	} {
		got, err := json.Marshal(EntryRows(&sla.Indicator{Kind: sla.Entries, As: facts}, []sla.Entry{fact}))
		if err != nil || string(got) != want {
			t.Errorf("got  %s, %v\nwant %s", got, err, want)
		}
	}
}
