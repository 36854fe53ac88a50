package app_test

import (
	"database/sql"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/slmd/slmd/internal/sla"
)

// gigabyte is how large the database of the benchmark is at least.
const gigabyte = 1 << 30

// wide is a catalogue of n objectives over an indicator each.
func wide(n int) string {
	var indicators, objectives strings.Builder
	for i := range n {
		fmt.Fprintf(&indicators, "  - {name: probe-%04d, service: shop, time: {metric: 'probe_success{target=\"%d\"}'}}\n", i, i)
		fmt.Fprintf(&objectives, "      - {name: there-%04d, indicator: probe-%04d, target: 99%%}\n", i, i)
	}
	return "version: 1\nparties: [{name: retail, role: customer}, {name: platform, role: internal}]\nservices: [{name: shop, status: live, owner: platform}]\nindicators:\n" +
		indicators.String() + "agreements:\n  - name: shop-sla\n    kind: SLA\n    service: shop\n    provider: platform\n    customer: retail\n    valid: {from: 2026-03-01}\n    period: month\n    objectives:\n" + objectives.String()
}

// fatten adds sealed days to the database until it is a gigabyte large: a start
// must not read them, so what is in them does not matter.
func (s *stage) fatten() {
	s.t.Helper()
	db, err := sql.Open("sqlite3", "file:"+s.path("data/slmd.db")+"?_synchronous=OFF&_foreign_keys=0")
	if err != nil {
		s.t.Fatal(err)
	}
	defer db.Close()
	for day := 0; ; day += 10 {
		_, err := db.Exec(`WITH RECURSIVE n (i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n WHERE i < 9999)
			INSERT INTO sealed_day (indicator_id, day, revision, seq, from_ms, to_ms, entries, good, bad, unknown_ms, bridged_ms, packed, round_id, sealed_at, replaces, prev_hash, hash, audit_seq)
			SELECT 1 + i / 10, 10000 + ?1 + i % 10, 0, 1 + ?1 + i % 10, 0, 1, 1440, '1', '0', 0, 0, randomblob(2900), 1, 0, '', '', hex(randomblob(32)), 1 FROM n`, day)
		if err != nil {
			s.t.Fatal(err)
		}
		if stat, err := os.Stat(s.path("data/slmd.db")); err != nil {
			s.t.Fatal(err)
		} else if stat.Size() > gigabyte {
			return
		}
	}
}

// From nothing to ready, with a database of a gigabyte and 1,000 objectives.
func BenchmarkStartWithAGigabyte(b *testing.B) {
	begin := march.Add(sla.Day)
	s := newStage(b, set{catalogue: wide(1000), now: begin, source: "http://127.0.0.1:1"})
	s.open()
	s.stop()
	s.fatten()
	for b.Loop() {
		s.open()
		s.app.Start()
		resp, err := http.Get(s.app.URL() + "/-/ready")
		if err != nil || resp.StatusCode != http.StatusOK {
			b.Fatal(resp, err)
		}
		b.StopTimer()
		_ = resp.Body.Close()
		s.stop()
		b.StartTimer()
	}
}
