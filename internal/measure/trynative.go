package measure

import (
	"context"
	"fmt"

	"github.com/slmd/slmd/internal/sla"
)

// tryNative says when the threshold lies within a bucket of a native histogram.
// It finds none where there is no such metric, or where the histogram comes in
// its classic form too.
func (s *Source) tryNative(ctx context.Context, ind *sla.Indicator, sel selector, now sla.Instant) (texts []string, found bool, err error) {
	text := envelop(sel).String()
	n, err := s.number(ctx, present("count(%s)", text), now)
	if err != nil || n == 0 {
		return nil, false, err
	}
	buckets, err := s.number(ctx, present("count(%s)", envelop(sel.renamed(sel.name+"_bucket")).String()), now)
	if err != nil || buckets > 0 {
		return nil, false, err
	}
	if n > explodes {
		texts = append(texts, s.exploding(ctx, text, n, now))
	}
	if n > legible {
		return texts, true, nil
	}
	series, err := s.read(ctx, "check", text, sla.Span{From: now.Add(-baseline), To: now})
	if err != nil {
		return nil, false, err
	}
	if say := dividing(series, decimal(ind.Within)); say != "" {
		texts = append(texts, fmt.Sprintf("%ss %s of the native histogram %s: the events in it are divided, so their split is approximate", ind.Within, say, ind.Histogram))
	}
	return texts, true, nil
}

// dividing names the bucket of a native histogram within which a bound lies.
func dividing(series []Series, within Value) string {
	bound, _ := within.rat().Float64()
	for i := range series {
		for _, h := range series[i].Native {
			for _, b := range h.Buckets {
				if b.Lower < bound && bound < b.Upper {
					return fmt.Sprintf("lies between the bounds %ss and %ss", Float(b.Lower), Float(b.Upper))
				}
			}
		}
	}
	return ""
}
