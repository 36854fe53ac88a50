package measure

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"github.com/slmd/slmd/internal/sla"
)

// reachStep is how finely Earliest looks: it may name an instant up to this
// much too early, never one too late.
const reachStep = 6 * sla.Hour

// Earliest gives an instant of the span before which the source has no sample
// of an indicator: where measuring it can begin. When the source will not say
// (too many samples to look through, an expression that it refuses, an answer
// that is not complete), that is the beginning of the span: what follows from
// such answers is decided where samples are read.
func (s *Source) Earliest(ctx context.Context, ind *sla.Indicator, span sla.Span) (sla.Instant, error) {
	if s.base == nil || span.Length() < 2*reachStep {
		return span.From, nil // memory is read at once, and a short span too
	}
	exprs, err := presence(ind)
	if err != nil {
		return 0, err
	}
	first := span.To - span.To%sla.Instant(reachStep) - sla.Instant(reachStep) // what comes after was not looked at
	for _, expr := range exprs {
		form := url.Values{
			"query": {fmt.Sprintf("(%s)[%dms:%dms]", expr, span.Length(), reachStep)},
			"time":  {seconds(span.To - 1)},
		}
		series, err := s.ask(ctx, "reach", "query", form, span)
		if willNotSay(err) {
			return span.From, nil
		}
		if err != nil {
			return 0, err
		}
		for _, one := range series {
			if len(one.Samples) > 0 {
				first = min(first, one.Samples[0].T.Add(-reachStep))
			}
		}
	}
	return max(first, span.From), nil
}

func willNotSay(err error) bool {
	var p *Problem
	return errors.Is(err, errTooMuch) || errors.As(err, &p) && (p.Kind == Misconfigured || p.Kind == Partial)
}

// presence gives expressions that have a value where the indicator had samples
// within the last step.
func presence(ind *sla.Indicator) ([]string, error) {
	if ind.Kind == sla.Query {
		return []string{"count(" + ind.Expr + ")"}, nil
	}
	all, err := lanes(ind)
	if err != nil {
		return nil, err
	}
	var exprs []string
	for _, l := range all {
		exprs = append(exprs, fmt.Sprintf("count(present_over_time(%s[%dms]))", l.ask.String(), reachStep))
	}
	return exprs, nil
}
