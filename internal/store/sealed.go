package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"

	"github.com/slmd/slmd/internal/sla"
)

// slotsOfDay is how many slots lie in a day of UTC.
const slotsOfDay = int64(sla.Day / slotLength)

// dayOf gives the day of UTC in which a slot lies, counted from 1970-01-01.
func dayOf(slot int64) int64 {
	n := slot / slotsOfDay
	if slot%slotsOfDay < 0 {
		n--
	}
	return n
}

func dayStart(day int64) sla.Instant { return sla.Instant(day) * sla.Instant(sla.Day) }

func dayText(day int64) string { return dayStart(day).Time().UTC().Format("2006-01-02") }

// sealedDay is a row of sealed_day.
type sealedDay struct {
	id, day, revision, seq int64
	span                   sla.Span // from the first entry to the last one's end
	sums
	packed   []byte
	round    int64
	sealedAt sla.Instant
	replaces string
	prev     string
	hash     string
	vouched  int64
}

// sums are what a roll-up of a whole day needs.
type sums struct {
	entries          int64
	good, bad        string // decimals
	unknown, bridged sla.Millis
}

func sumOf(entries []sla.Entry) sums {
	s := sums{entries: int64(len(entries))}
	var good, bad sla.Amount
	for i := range entries {
		e := &entries[i]
		good, bad = good.Add(e.Good), bad.Add(e.Bad)
		s.unknown += e.Unknown
		s.bridged += e.Bridged
	}
	s.good, s.bad = good.String(), bad.String()
	return s
}

// sum gives the hash that the row must have; names tell indicators, not their numbers.
func (d *sealedDay) sum(indicator string) string {
	return hashFields("day", indicator, number(d.day), number(d.revision), number(d.seq), number(d.span.From), number(d.span.To),
		number(d.entries), d.good, d.bad, number(d.unknown), number(d.bridged), number(d.round),
		number(d.sealedAt), d.replaces, d.prev, string(d.packed))
}

func (d *sealedDay) insert(ctx context.Context, tx *txn) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO sealed_day (indicator_id, day, revision, seq, from_ms, to_ms, entries, good, bad,
		unknown_ms, bridged_ms, packed, round_id, sealed_at, replaces, prev_hash, hash, audit_seq)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)`,
		d.id, d.day, d.revision, d.seq, d.span.From, d.span.To, d.entries, d.good, d.bad,
		d.unknown, d.bridged, d.packed, d.round, d.sealedAt, d.replaces, d.prev, d.hash, d.vouched)
	return err
}

// eachSealed reads sealed days whole.
func eachSealed(ctx context.Context, tx *txn, f func(*sealedDay) error, rest string, args ...any) error {
	return each(ctx, tx, func(rows *sql.Rows) error {
		var d sealedDay
		err := rows.Scan(&d.id, &d.day, &d.revision, &d.seq, &d.span.From, &d.span.To, &d.entries, &d.good, &d.bad,
			&d.unknown, &d.bridged, &d.packed, &d.round, &d.sealedAt, &d.replaces, &d.prev, &d.hash, &d.vouched)
		if err != nil {
			return err
		}
		return f(&d)
	}, `SELECT indicator_id, day, revision, seq, from_ms, to_ms, entries, good, bad, unknown_ms, bridged_ms, packed, round_id,
		sealed_at, replaces, prev_hash, hash, audit_seq FROM sealed_day `+rest, args...)
}

// readSealed gives the entries of the days in order of time, of each day the latest revision.
func readSealed(ctx context.Context, tx *txn, out []sla.Entry, of stretch) ([]sla.Entry, error) {
	begin, day := len(out), int64(0)
	err := tx.raw(ctx, `SELECT day, packed FROM sealed_day WHERE indicator_id = ?1 AND day BETWEEN ?2 AND ?3
		ORDER BY day, revision`, integers(of.id, of.first, of.last), func(row []driver.Value) error {
		this, ok := row[0].(int64)
		packed, isBytes := row[1].([]byte)
		if !ok || !isBytes {
			return fmt.Errorf("the ledger holds %v where a sealed day should be", row[0])
		}
		if len(out) > begin && this == day {
			out = out[:begin] // what this revision replaces
		}
		begin, day = len(out), this
		var err error
		if out, err = Unpack(out, packed); err != nil {
			return fmt.Errorf("the sealed day %s: %w", dayText(day), err)
		}
		return nil
	})
	return out, err
}

// latestSealed gives extent, round and entries of the last sealed day at or before day.
func latestSealed(ctx context.Context, tx *txn, id, day int64) (span sla.Span, by int64, found bool, err error) {
	err = tx.raw(ctx, `SELECT from_ms, to_ms, round_id FROM sealed_day WHERE indicator_id = ?1 AND day <= ?2
		ORDER BY day DESC, revision DESC LIMIT 1`, integers(id, day), func(row []driver.Value) error {
		found = true
		span = sla.Span{From: sla.Instant(row[0].(int64)), To: sla.Instant(row[1].(int64))}
		by = row[2].(int64)
		return nil
	})
	return span, by, found, err
}

// unite merges hot entries into sealed ones, both in order of time; the hot ones
// came later and count where both have one.
func unite(sealed, hot []sla.Entry) []sla.Entry {
	switch {
	case len(hot) == 0:
		return sealed
	case len(sealed) == 0 || sealed[len(sealed)-1].From < hot[0].From:
		return append(sealed, hot...)
	}
	out := make([]sla.Entry, 0, len(sealed)+len(hot))
	for len(sealed) > 0 && len(hot) > 0 {
		switch {
		case sealed[0].From < hot[0].From:
			out, sealed = append(out, sealed[0]), sealed[1:]
		case sealed[0].From == hot[0].From:
			sealed = sealed[1:]
		default:
			out, hot = append(out, hot[0]), hot[1:]
		}
	}
	return append(append(out, sealed...), hot...)
}

// hotFloor gives the first slot in which anything is not sealed.
func hotFloor(ctx context.Context, tx *txn) (slot int64, any bool, err error) {
	var least sql.NullInt64
	err = tx.QueryRowContext(ctx, `SELECT min(slot) FROM entry`).Scan(&least)
	return least.Int64, least.Valid, err
}
