package telemetry

import (
	"maps"
	"math/big"
	"slices"
	"time"

	"github.com/slmd/slmd/internal/calendar"
	"github.com/slmd/slmd/internal/sla"
)

// agreements writes what is said of agreements and of all of a kind.
type agreements struct {
	opts                        *Options
	expiry, review, credit, met text
}

// agreementSeries gives those series; the standings are sorted by agreement.
func agreementSeries(standings []*sla.Standing, opts *Options) text {
	w := &agreements{opts: opts}
	zones := map[string]*time.Location{}
	var catalogue *sla.Catalogue
	if opts.Catalogue != nil {
		catalogue = opts.Catalogue()
	}
	for from := 0; from < len(standings); {
		a, to := standings[from].Agreement, from
		for to < len(standings) && standings[to].Agreement.Name == a.Name {
			to++
		}
		w.dates(a, catalogue, zones)
		if opts.Credits {
			w.credits(standings[from:to])
		}
		from = to
	}
	w.targetsMet(standings)
	return w.page()
}

// Names of the metrics of agreements.
const (
	expiryMetric = "slmd_agreement_expiry_timestamp_seconds"
	reviewMetric = "slmd_agreement_review_due_timestamp_seconds"
	owedMetric   = "slmd_credit_accrued"
	metMetric    = "slmd_targets_met_ratio"
)

// page gives the families that have a series.
func (w *agreements) page() text {
	var page text
	for _, f := range []struct {
		name, help string
		series     text
	}{
		{expiryMetric, "When the agreement ends.", w.expiry},
		{reviewMetric, "When the agreement is to be reviewed.", w.review},
		{owedMetric, "Credit of the current period so far, in major units of the currency.", w.credit},
		{metMetric, "Share of the judged objectives that keep their target in the current period.", w.met},
	} {
		if len(f.series) > 0 {
			page.head(f.name, f.help, "gauge")
			page = append(page, f.series...)
		}
	}
	return page
}

// dates gives the end and the review of an agreement where it has them.
func (w *agreements) dates(a *sla.Agreement, c *sla.Catalogue, zones map[string]*time.Location) {
	expiry := a.Valid.To
	if c != nil {
		expiry = c.Expiry(a.Name)
	}
	if expiry != sla.Forever {
		w.expiry.sample(expiryMetric, seconds(expiry), pair("agreement", a.Name))
	}
	loc, known := zones[a.Zone]
	if !known {
		var err error
		if loc, err = calendar.Zone(a.Zone); err != nil {
			loc = time.UTC // the catalogue is checked; at worst the day begins elsewhere
		}
		zones[a.Zone] = loc
	}
	if due := a.ReviewDue(loc); due != sla.Forever {
		w.review.sample(reviewMetric, seconds(due), pair("agreement", a.Name))
	}
}

// credits gives what the objectives of one agreement have accrued, by currency.
func (w *agreements) credits(standings []*sla.Standing) {
	sums := map[string]int64{}
	for _, s := range standings {
		if s.Current == nil || s.Current.Credit == nil {
			continue
		}
		switch c := s.Current.Credit; {
		case c.Amount != nil:
			sums[c.Amount.Currency] += c.Amount.Minor
		case c.Charge != nil:
			sums[c.Charge.Currency] += 0 // no band is reached: nothing, and that is known
		}
	}
	for _, currency := range slices.Sorted(maps.Keys(sums)) {
		major := sla.Decimal{Coef: sums[currency], Scale: uint8(sla.MinorDigits(currency))}
		w.credit.sample(owedMetric, float(major.Rat()), pair("agreement", standings[0].Agreement.Name), pair("currency", currency))
	}
}

// targetsMet gives met ÷ judged for each kind of agreement.
func (w *agreements) targetsMet(standings []*sla.Standing) {
	met, judged := map[sla.AgreementKind]int64{}, map[sla.AgreementKind]int64{}
	for _, s := range standings {
		if s.Current == nil || s.Current.State == sla.NoData {
			continue
		}
		judged[s.Agreement.Kind]++
		if s.Current.MetTarget() {
			met[s.Agreement.Kind]++
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(judged)) {
		w.met.sample(metMetric, float(big.NewRat(met[kind], judged[kind])), pair("kind", string(kind)))
	}
}
