package telemetry

import (
	"math/big"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/slmd/slmd/internal/calendar"
	"github.com/slmd/slmd/internal/sla"
)

// agreementDescs describes what is said of agreements and of all of a kind.
type agreementDescs struct{ expiry, review, credit, met *prometheus.Desc }

func newAgreementDescs() agreementDescs {
	agreement := []string{"agreement"}
	return agreementDescs{
		expiry: prometheus.NewDesc("slmd_agreement_expiry_timestamp_seconds", "When the agreement ends.", agreement, nil),
		review: prometheus.NewDesc("slmd_agreement_review_due_timestamp_seconds", "When the agreement is to be reviewed.", agreement, nil),
		credit: prometheus.NewDesc("slmd_credit_accrued", "Credit of the current period so far, in major units of the currency.",
			[]string{"agreement", "currency"}, nil),
		met: prometheus.NewDesc("slmd_targets_met_ratio", "Share of the judged objectives that keep their target in the current period.",
			[]string{"kind"}, nil),
	}
}

func (d *agreementDescs) describe(out chan<- *prometheus.Desc, credits bool) {
	out <- d.expiry
	out <- d.review
	out <- d.met
	if credits {
		out <- d.credit
	}
}

// collect gives the series; the standings are sorted by agreement.
func (d *agreementDescs) collect(standings []*sla.Standing, opts *Options, out chan<- prometheus.Metric) {
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
		d.dates(a, catalogue, zones, out)
		if opts.Credits {
			d.credits(standings[from:to], out)
		}
		from = to
	}
	d.targetsMet(standings, out)
}

// dates gives the end and the review of an agreement where it has them.
func (d *agreementDescs) dates(a *sla.Agreement, c *sla.Catalogue, zones map[string]*time.Location, out chan<- prometheus.Metric) {
	expiry := a.Valid.To
	if c != nil {
		expiry = c.Expiry(a.Name)
	}
	if expiry != sla.Forever {
		out <- constant(d.expiry, prometheus.GaugeValue, seconds(expiry), []string{a.Name})
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
		out <- constant(d.review, prometheus.GaugeValue, seconds(due), []string{a.Name})
	}
}

// credits gives what the objectives of one agreement have accrued, by currency.
func (d *agreementDescs) credits(standings []*sla.Standing, out chan<- prometheus.Metric) {
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
	for currency, minor := range sums {
		major := sla.Decimal{Coef: minor, Scale: uint8(sla.MinorDigits(currency))}
		out <- constant(d.credit, prometheus.GaugeValue, float(major.Rat()), []string{standings[0].Agreement.Name, currency})
	}
}

// targetsMet gives met ÷ judged for each kind of agreement.
func (d *agreementDescs) targetsMet(standings []*sla.Standing, out chan<- prometheus.Metric) {
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
	for kind, n := range judged {
		out <- constant(d.met, prometheus.GaugeValue, float(big.NewRat(met[kind], n)), []string{string(kind)})
	}
}
