package store

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/slmd/slmd/internal/sla"
)

// sealedLedger gives a store with sealed days of indicators at a minute. They
// are all alike and nothing vouches for them: it is about reading.
func sealedLedger(tb testing.TB, indicators, days int) (*Store, sla.Span) {
	tb.Helper()
	s, err := Open(tb.Context(), filepath.Join(tb.TempDir(), "slmd.db"), Options{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = s.Close() })
	span := sla.Span{From: 1_793_491_200_000}
	span.To = span.From.Add(sla.Millis(days) * sla.Day)
	r := Round{At: span.From}
	for i := range indicators {
		r.Outcomes = append(r.Outcomes, Outcome{Indicator: fmt.Sprintf("indicator-%05d", i), Definition: 1, Cursor: span.From, State: []byte("{}")})
	}
	if _, err := s.RecordRound(tb.Context(), r); err != nil {
		tb.Fatal(err)
	}
	packed := packedMonth(sla.Events, sla.Span{From: span.From, To: span.From.Add(sla.Day)})[0]
	entries, err := Unpack(nil, packed)
	if err != nil {
		tb.Fatal(err)
	}
	d := sealedDay{sums: sumOf(entries), packed: packed, round: 1, sealedAt: span.To}
	for n := range days {
		err := s.write(tb.Context(), "making days", func(ctx context.Context, tx *txn) error {
			if err := appendAudit(ctx, tx, Action{At: span.To, Actor: self, Action: actSeal, Object: "ledger/" + fmt.Sprint(n)}); err != nil {
				return err
			}
			for id := range int64(indicators) {
				d.id, d.day, d.seq = id+1, dayOf(slotOf(span.From))+int64(n), int64(n+1)
				d.span = sla.Span{From: dayStart(d.day), To: dayStart(d.day + 1)}
				d.hash, d.vouched = fmt.Sprint(n, "-", id), int64(n+1)
				if err := d.insert(ctx, tx); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			tb.Fatal(err)
		}
	}
	_, err = s.writer.ExecContext(tb.Context(), `UPDATE indicator_state SET cursor_ms = ?1`, span.To)
	if err != nil {
		tb.Fatal(err)
	}
	return s, span
}

// A month of 1,000 indicators from the sums of their sealed days.
func BenchmarkTotalsMonth1000(b *testing.B) {
	s, span := sealedLedger(b, 1000, 30)
	for b.Loop() {
		totals, err := s.Totals(b.Context(), span)
		if err != nil || len(totals) != 1000 || totals["indicator-00007"].Entries != 43_200 {
			b.Fatal(len(totals), totals["indicator-00007"], err)
		}
	}
}
