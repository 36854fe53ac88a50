package judge

import (
	"math/big"

	"github.com/slmd/slmd/internal/sla"
)

// tile is a slice.
type tile struct {
	weight, known, planned int64
	good, bad, unknown     int64
	kind                   byte // g, b, e(mpty), u(nknown)
}

func (n *naive) tiles() (tiles []tile, all int) {
	byIndex := map[int]*tile{}
	var order []int
	for i, u := range n.units {
		if !u.scope {
			continue
		}
		if byIndex[u.slice] == nil {
			byIndex[u.slice] = &tile{}
			order = append(order, u.slice)
		}
		if i >= n.counted {
			continue
		}
		s := byIndex[u.slice]
		s.weight += int64(n.w.unit)
		s.known += int64(n.w.unit) - u.unknown
		s.good, s.bad, s.unknown = s.good+u.good, s.bad+u.bad, s.unknown+u.unknown
		if u.planned {
			s.planned += int64(n.w.unit)
		}
	}
	for _, k := range order {
		if byIndex[k].weight > 0 {
			tiles = append(tiles, *byIndex[k])
		}
	}
	return tiles, len(order)
}

func (n *naive) slices(whole int64) (naiveCount, []run) {
	o := n.w.c.Objective
	tiles, all := n.tiles()
	for i := range tiles {
		tiles[i].kind = n.kind(&tiles[i])
	}
	ratio := o.Method == sla.RatioTimeslices
	if !ratio {
		dropShortRuns(tiles, int64(o.Slices.MinRun))
	}
	k := naiveCount{new(big.Rat), new(big.Rat), new(big.Rat), big.NewRat(whole, 1000)}
	if ratio {
		k.whole = big.NewRat(int64(all), 1)
	}
	bad := make([]*big.Rat, len(tiles))
	known, weight := make([]int64, len(tiles)), make([]int64, len(tiles))
	for i, s := range tiles {
		known[i], weight[i] = s.known, s.weight
		amount := big.NewRat(s.weight, 1000)
		if ratio {
			amount = big.NewRat(1, 1)
		}
		if s.kind == 'e' {
			switch o.Slices.Empty {
			case sla.EmptySkipped:
				k.whole.Sub(k.whole, amount)
				continue
			case sla.EmptyGood:
				s.kind, s.good, s.bad = 'g', 1, 0
			case sla.EmptyBad:
				s.kind, s.good, s.bad = 'b', 0, 1
			}
		}
		if s.kind == 'u' {
			k.unknown.Add(k.unknown, amount)
			continue
		}
		badAmount := new(big.Rat)
		switch {
		case ratio && s.good+s.bad > 0:
			badAmount = big.NewRat(s.bad, s.good+s.bad)
		case !ratio && s.kind == 'b':
			badAmount = amount
		}
		k.bad.Add(k.bad, badAmount)
		k.good.Add(k.good, new(big.Rat).Sub(amount, badAmount))
		if s.kind == 'b' {
			bad[i] = badAmount
		}
	}
	return k, join(bad, known, weight, int64(o.MergeGap))
}

func (n *naive) kind(s *tile) byte {
	o := n.w.c.Objective
	switch {
	case 2*s.unknown > s.weight:
		return 'u'
	case s.good+s.bad == 0 && s.planned == s.weight:
		return 'g'
	case s.good+s.bad == 0:
		return 'e'
	}
	share := big.NewRat(s.bad, s.good+s.bad)
	switch {
	case o.Method == sla.RatioTimeslices:
		if new(big.Rat).Sub(big.NewRat(1, 1), share).Cmp(o.Target.Ratio()) < 0 {
			return 'b'
		}
	case o.Slices.BadAt != nil:
		if share.Cmp(o.Slices.BadAt.Ratio()) >= 0 {
			return 'b'
		}
	case share.Cmp(o.Slices.BadAbove.Ratio()) > 0:
		return 'b'
	}
	return 'g'
}

func dropShortRuns(tiles []tile, least int64) {
	for i := 0; i < len(tiles); {
		if tiles[i].kind != 'b' {
			i++
			continue
		}
		j, length := i, int64(0)
		for ; j < len(tiles) && tiles[j].kind == 'b'; j++ {
			length += tiles[j].weight
		}
		for ; i < j; i++ {
			if length < least {
				tiles[i].kind = 'g'
			}
		}
	}
}
