package web

import (
	"testing"

	"github.com/slmd/slmd/internal/sla"
)

// BenchmarkOverview answers the first page of 500 services with 2,000
// objectives and twelve months.
func BenchmarkOverview(b *testing.B) {
	w := newWorld(b, size{services: 500, objectives: 4, periods: 12})
	for name, path := range map[string]string{"closed": "/", "open": "/?open=all"} {
		b.Run(name, func(b *testing.B) {
			n := w.get(b, path).Body.Len()
			for b.Loop() {
				w.get(b, path)
			}
			b.ReportMetric(float64(n), "bytes/page")
		})
	}
	b.Run("first of all", func(b *testing.B) {
		for b.Loop() {
			w.serve(b) // keeps nothing yet
			w.get(b, "/")
		}
	})
}

// BenchmarkObjective answers the page of an objective with twelve months of
// facts at one minute.
func BenchmarkObjective(b *testing.B) {
	w := newWorld(b, size{services: 1, objectives: 1, periods: 12})
	var entries []sla.Entry
	for at := now.Add(-366 * sla.Day); at < now; at = at.Add(sla.Minute) {
		e := sla.Entry{Span: sla.Span{From: at, To: at.Add(sla.Minute)}, Good: sla.Whole(60)}
		if (at/60_000)%5_000 < 3 {
			e.Good, e.Bad = sla.Whole(0), sla.Whole(60)
		}
		entries = append(entries, e)
	}
	first := entries[0].From
	w.facts = func(_ string, s sla.Span) ([]sla.Entry, error) {
		i, j := int((s.From-first)/60_000), int((s.To-first)/60_000)
		return entries[max(i, 0):min(j, len(entries))], nil
	}
	const path = "/objectives/service-0-sla/objective-0?period=2026-10"
	n := w.get(b, path).Body.Len()
	b.Run("between rounds", func(b *testing.B) {
		for b.Loop() {
			w.get(b, path)
		}
		b.ReportMetric(float64(n), "bytes/page")
	})
	b.Run("after a round", func(b *testing.B) {
		for b.Loop() {
			w.standings = append([]sla.Standing{}, w.standings...)
			w.get(b, path)
		}
	})
}
