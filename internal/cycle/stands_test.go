package cycle

import (
	"bytes"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/slmd/slmd/internal/sla"
)

func drawStands(r *rapid.T) (state []byte, stands []stand) {
	state = append([]byte{1}, rapid.SliceOf(rapid.Byte()).Draw(r, "state")...)
	for range rapid.IntRange(0, 3).Draw(r, "stands") {
		stands = append(stands, stand{
			cursor: sla.Instant(rapid.Int64().Draw(r, "cursor")),
			read:   sla.Instant(rapid.Int64().Draw(r, "read")),
			state:  append([]byte{}, rapid.SliceOf(rapid.Byte()).Draw(r, "stood at")...),
		})
	}
	return state, stands
}

func sameStand(a, b stand) bool {
	return a.cursor == b.cursor && a.read == b.read && bytes.Equal(a.state, b.state) && a.state != nil && b.state != nil
}

func TestWhereMeasuringStoodReadsBackAsItWasKept(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		wantState, wantStands := drawStands(r)
		state, stands := kept(keep(wantState, wantStands))
		if !bytes.Equal(state, wantState) || !slices.EqualFunc(stands, wantStands, sameStand) {
			r.Fatalf("got %v and %v, want %v and %v", state, stands, wantState, wantStands)
		}
	})
	if state, stands := kept(nil); state != nil || stands != nil {
		t.Errorf("of nothing there is %v and %v", state, stands)
	}
}

func TestWhatIsDamagedIsNoStand(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		state, stands := drawStands(r)
		stored := keep(state, stands)
		if len(stands) == 0 {
			return
		}
		for cut := range len(stored) - len(state) {
			if got, some := kept(stored[:cut]); some != nil || !bytes.Equal(got, stored[:cut]) {
				r.Fatalf("of %d of %d bytes there are stands %v and the state %v", cut, len(stored), some, got)
			}
		}
	})
}

func FuzzKept(f *testing.F) {
	f.Add(keep([]byte{1}, []stand{{5, 6, []byte("x")}}))
	f.Fuzz(func(t *testing.T, stored []byte) {
		if state, stands := kept(stored); len(state) > 0 && len(stands) > 0 {
			again, same := kept(keep(state, stands))
			if !bytes.Equal(again, state) || !slices.EqualFunc(same, stands, sameStand) {
				t.Errorf("%x gives %v and %v, and that %v and %v", stored, state, stands, again, same)
			}
		}
	})
}
