package store

import (
	"encoding/hex"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/slmd/slmd/internal/sla"
)

func drawEntries(r *rapid.T) []sla.Entry {
	var out []sla.Entry
	at := sla.Instant(rapid.Int64Range(-1e15, 1e15).Draw(r, "start"))
	for range rapid.IntRange(1, 50).Draw(r, "entries") {
		at = at.Add(sla.Millis(rapid.SampledFrom([]int64{0, 0, 0, 5}).Draw(r, "gap")))
		e := sla.Entry{Span: sla.Span{From: at, To: at.Add(sla.Millis(rapid.SampledFrom([]int64{1, 60_000}).Draw(r, "length")))}}
		amount := func(name string) sla.Amount {
			switch rapid.IntRange(0, 3).Draw(r, name) {
			case 0:
				return sla.Whole(rapid.Int64().Draw(r, name))
			case 1:
				return sla.Nanos(rapid.Int64().Draw(r, name))
			case 2:
				return sla.Nanos(1000 * rapid.Int64Range(-1e9, 1e9).Draw(r, name))
			}
			return sla.FromWords(rapid.Int64().Draw(r, name), rapid.Uint64().Draw(r, name))
		}
		e.Good, e.Bad = amount("good"), amount("bad")
		e.Unknown = sla.Millis(rapid.SampledFrom([]int64{0, 1}).Draw(r, "unknown"))
		e.Bridged = sla.Millis(rapid.SampledFrom([]int64{0, 1e12}).Draw(r, "bridged"))
		e.Approximate = rapid.Bool().Draw(r, "approximate")
		e.Definition = rapid.SampledFrom([]int64{1, 2}).Draw(r, "definition")
		out, at = append(out, e), e.To
	}
	return out
}

func TestPack_WhatIsUnpackedIsWhatWasPacked(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		want := drawEntries(r)
		got, err := Unpack(nil, Pack(want))
		if err != nil || !slices.Equal(got, want) {
			r.Fatalf("got %v, %v\nwant %v", got, err, want)
		}
	})
}

// The format is on disks: it must read the same in every later version.
func TestUnpack_ReadsFormat1AsItWasWritten(t *testing.T) {
	want := []sla.Entry{
		{Span: sla.Span{From: 60_000, To: 120_000}, Good: sla.Whole(1000), Bad: sla.Whole(1), Definition: 2},
		{Span: sla.Span{From: 120_000, To: 180_000}, Good: sla.Whole(1001), Definition: 2},
		{Span: sla.Span{From: 180_000, To: 240_000}, Good: sla.Nanos(5_000), Bad: sla.FromWords(1<<62, 3), Unknown: 7, Bridged: 8, Definition: 2},
	}
	const packed = "0102c0a907c0a90700000410d00f02000200" + "0100c0a9070e100402" + "0a0440000000000000000000000000000003"
	if got := hex.EncodeToString(Pack(want)); got != packed {
		t.Errorf("packed as %s, want %s", got, packed)
	}
	raw, err := hex.DecodeString(packed)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Unpack(nil, raw)
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestUnpack_DamagedOnesAreAnErrorAtEveryCut(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		packed := Pack(drawEntries(r))
		at := rapid.IntRange(0, len(packed)-1).Draw(r, "cut")
		got, err := Unpack(nil, packed[:at])
		if err == nil && at > 1 {
			whole, _ := Unpack(nil, packed)
			if len(got) >= len(whole) {
				r.Fatal("nothing was missed")
			}
		}
	})
}

func FuzzUnpack(f *testing.F) {
	f.Add([]byte{1})
	f.Add(Pack([]sla.Entry{{Span: sla.Span{From: 1, To: 2}, Good: sla.Whole(3)}}))
	f.Fuzz(func(t *testing.T, packed []byte) {
		es, err := Unpack(nil, packed)
		if err != nil || len(es) == 0 {
			return
		}
		again, err := Unpack(nil, Pack(es))
		if err != nil || !slices.Equal(again, es) {
			t.Errorf("after a round trip: %v, %v\nwant %v", again, err, es)
		}
	})
}
