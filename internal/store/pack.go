package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"slices"

	"github.com/slmd/slmd/internal/sla"
)

// packFormat is the first byte of packed entries.
//
// Format 1, after it, holds runs up to the end. A run is entries that follow
// each other and differ in nothing but their amounts: how many, the gap from the
// end of the run before (from 1970), length, unknown, bridged, definition; then the good
// amounts and the bad ones. Amounts begin with a byte that says in which unit
// they are and whether each is the difference from the one before; that of the
// good ones also says whether the run is approximate. All numbers are varints,
// signed ones zigzag; an amount beyond 64 bits is 16 bytes.
const packFormat = 1

// maxPacked bounds the entries of a packed day: one a second, and some.
const maxPacked = 100_000

// units are the sizes in which amounts may be counted, in billionths.
var units = [...]int64{1_000_000_000, 1_000_000, 1_000, 1}

const (
	wideUnit = 4    // amounts of 16 bytes
	asDeltas = 0x10 // flag beside the unit
	guessed  = 0x20 // flag beside the unit of the good amounts: approximate entries
)

// Pack gives the entries, which stand in order of time, in the current format: a
// few bytes each for counts that follow each other, and nothing is rounded.
func Pack(entries []sla.Entry) []byte {
	out := make([]byte, 1, 64+4*len(entries))
	out[0] = packFormat
	end := sla.Instant(0)
	values := make([]int64, 0, len(entries))
	for len(entries) > 0 {
		n := 1
		for n < len(entries) && sameShape(&entries[n-1], &entries[n]) {
			n++
		}
		run := entries[:n]
		entries = entries[n:]
		first := &run[0]
		out = binary.AppendUvarint(out, uint64(n))
		out = binary.AppendVarint(out, int64(first.From-end))
		for _, v := range []int64{int64(first.Length()), int64(first.Unknown), int64(first.Bridged), first.Definition} {
			out = binary.AppendVarint(out, v)
		}
		at := len(out)
		out = packAmounts(out, values, run, func(e *sla.Entry) sla.Amount { return e.Good })
		if first.Approximate {
			out[at] |= guessed
		}
		out = packAmounts(out, values, run, func(e *sla.Entry) sla.Amount { return e.Bad })
		end = run[n-1].To
	}
	return out
}

func sameShape(a, b *sla.Entry) bool {
	return b.From == a.To && b.Length() == a.Length() && b.Unknown == a.Unknown && b.Bridged == a.Bridged && b.Approximate == a.Approximate && b.Definition == a.Definition
}

func packAmounts(out []byte, values []int64, run []sla.Entry, of func(*sla.Entry) sla.Amount) []byte {
	for unit := range units {
		if counted, ok := countIn(units[unit], values[:0], run, of); ok {
			return packIntegers(out, byte(unit), counted)
		}
	}
	out = append(out, wideUnit)
	for i := range run {
		hi, lo := of(&run[i]).Words()
		out = binary.BigEndian.AppendUint64(out, uint64(hi))
		out = binary.BigEndian.AppendUint64(out, lo)
	}
	return out
}

// countIn gives the amounts as whole numbers of the unit, if they are that.
func countIn(unit int64, values []int64, run []sla.Entry, of func(*sla.Entry) sla.Amount) ([]int64, bool) {
	for i := range run {
		a := of(&run[i])
		whole, rest, err := split(a)
		if err != nil {
			return nil, false
		}
		v := whole
		if unit != nano {
			var fits bool
			if v, fits = a.Int64(); !fits || v%unit != 0 {
				return nil, false
			}
			v /= unit
		} else if rest != 0 {
			return nil, false
		}
		values = append(values, v)
	}
	return values, true
}

// packIntegers writes the values or their differences, whichever is shorter.
func packIntegers(out []byte, unit byte, values []int64) []byte {
	var plain, deltas int
	last := int64(0)
	for _, v := range values {
		plain += varintLength(v)
		deltas += varintLength(v - last)
		last = v
	}
	last = 0
	if deltas < plain {
		out = append(out, unit|asDeltas)
		for _, v := range values {
			out = binary.AppendVarint(out, v-last)
			last = v
		}
		return out
	}
	out = append(out, unit)
	for _, v := range values {
		out = binary.AppendVarint(out, v)
	}
	return out
}

func varintLength(v int64) int {
	n := 1
	for u := uint64(v<<1) ^ uint64(v>>63); u >= 0x80; u >>= 7 {
		n++
	}
	return n
}

var errPacked = errors.New("the packed entries are damaged")

// unpacker reads packed entries; after the first fault it reads zeros.
type unpacker struct {
	rest   []byte
	failed bool
}

// Unpack appends what [Pack] was given to out. The error says that it was
// something else; out may hold some of it then.
func Unpack(out []sla.Entry, packed []byte) ([]sla.Entry, error) {
	if len(packed) == 0 || packed[0] != packFormat {
		return out, fmt.Errorf("%w: they are not of format %d", errPacked, packFormat)
	}
	u := unpacker{rest: packed[1:]}
	end, total := sla.Instant(0), uint64(0)
	for len(u.rest) > 0 && !u.failed {
		n := u.uvarint()
		if total += n; n == 0 || n > maxPacked || total > maxPacked {
			return out, errPacked
		}
		from := end + sla.Instant(u.varint())
		length := sla.Millis(u.varint())
		unknown, bridged, definition := sla.Millis(u.varint()), sla.Millis(u.varint()), u.varint()
		if length <= 0 || u.failed {
			return out, errPacked
		}
		begin := len(out)
		out = slices.Grow(out, int(n))[:begin+int(n)]
		run := out[begin:]
		for i := range run {
			e := &run[i] // of which the amounts follow
			e.From, e.To = from, from.Add(length)
			e.Unknown, e.Bridged, e.Definition = unknown, bridged, definition
			from = e.To
		}
		u.amounts(run, false)
		u.amounts(run, true)
		end = from
	}
	if u.failed {
		return out, errPacked
	}
	return out, nil
}

// amounts reads the good or the bad amounts of a run.
func (u *unpacker) amounts(run []sla.Entry, bad bool) {
	kind := byte(u.take(1))
	if !bad && kind&guessed != 0 {
		kind &^= guessed
		for i := range run {
			run[i].Approximate = true
		}
	}
	if kind == wideUnit {
		u.wide(run, bad)
		return
	}
	unit := kind &^ asDeltas
	if int(unit) >= len(units) {
		u.failed = true
		return
	}
	var last int64
	var block [256]int64
	for len(run) > 0 {
		values := block[:min(len(block), len(run))]
		u.varints(values)
		for i, v := range values {
			if kind&asDeltas != 0 {
				v += last
				last = v
			}
			amount(&run[i], bad, scaled(v, uint64(units[unit])))
		}
		run = run[len(values):]
	}
}

func (u *unpacker) wide(run []sla.Entry, bad bool) {
	for i := range run {
		amount(&run[i], bad, sla.FromWords(int64(u.take(8)), u.take(8)))
	}
}

// scaled gives v·size billionths.
func scaled(v int64, size uint64) sla.Amount {
	hi, lo := bits.Mul64(uint64(v), size)
	return sla.FromWords(int64(hi)-int64(size)&(v>>63), lo)
}

func amount(e *sla.Entry, bad bool, a sla.Amount) {
	if bad {
		e.Bad = a
	} else {
		e.Good = a
	}
}

// take reads n bytes as a number, most significant first.
func (u *unpacker) take(n int) uint64 {
	if len(u.rest) < n {
		u.failed = true
		return 0
	}
	var v uint64
	for _, b := range u.rest[:n] {
		v = v<<8 | uint64(b)
	}
	u.rest = u.rest[n:]
	return v
}

func (u *unpacker) uvarint() uint64 {
	v, n := binary.Uvarint(u.rest)
	if n <= 0 {
		u.failed, u.rest = true, nil
		return 0
	}
	u.rest = u.rest[n:]
	return v
}

func (u *unpacker) varint() int64 {
	v := u.uvarint()
	return int64(v>>1) ^ -int64(v&1)
}

// varints reads signed numbers, which are of one byte or two as a rule.
func (u *unpacker) varints(out []int64) {
	r, at := u.rest, 0
	for i := range out {
		if at+1 >= len(r) || r[at]&r[at+1] >= 0x80 {
			u.rest = r[at:]
			out[i] = u.varint()
			r, at = u.rest, 0
			continue
		}
		v := uint64(r[at])
		at++
		if v >= 0x80 {
			v = v&0x7f | uint64(r[at])<<7
			at++
		}
		out[i] = int64(v>>1) ^ -int64(v&1)
	}
	u.rest = r[at:]
}
