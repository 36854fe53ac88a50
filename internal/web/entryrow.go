package web

import "github.com/slmd/slmd/internal/sla"

// EntryRow is a fact for machines: good and bad, of a mean sum and count.
// Amounts are exact decimals as strings.
type EntryRow struct {
	From    string      `json:"from"` // RFC 3339
	To      string      `json:"to"`
	Good    *sla.Amount `json:"good,omitempty"`
	Bad     *sla.Amount `json:"bad,omitempty"`
	Sum     *sla.Amount `json:"sum,omitempty"`
	Count   *sla.Amount `json:"count,omitempty"`
	Unknown float64     `json:"unknown_seconds"`
	// Bridged is the length of the gap before, whose events are in this fact.
	Bridged float64 `json:"bridged_seconds"`
	// Definition counts the definitions of the indicator; this one was in force.
	Definition int64 `json:"definition"`
	// Approximate says that a bound lay within a bucket of a native histogram.
	Approximate bool `json:"approximate,omitempty"`
}

// EntryRows gives the facts of an indicator as the API and slmtool write them.
func EntryRows(ind *sla.Indicator, entries []sla.Entry) []EntryRow {
	rows := make([]EntryRow, len(entries))
	for i := range entries {
		e := &entries[i]
		row := EntryRow{
			From: e.From.String(), To: e.To.String(), Unknown: e.Unknown.Duration().Seconds(), Bridged: e.Bridged.Duration().Seconds(),
			Definition: e.Definition, Approximate: e.Approximate,
		}
		if ind.Facts() == sla.Mean {
			row.Sum, row.Count = &e.Good, &e.Bad
		} else {
			row.Good, row.Bad = &e.Good, &e.Bad
		}
		rows[i] = row
	}
	return rows
}
