package report

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"

	"github.com/slmd/slmd/internal/sla"
)

// order is the order in which attributions are listed.
var order = []sla.AttributionClass{sla.ByThirdParty, sla.ByInternal, sla.ByOwn, sla.ByCustomer, sla.ByForceMajeure}

// Attributed sums up the attribution of the listed outages by class and
// agreement. An overruled outage counts in full for what a person said.
func (o *Objective) Attributed() []Attribution {
	var out []Attribution
	add := func(class sla.AttributionClass, agreement Text, bad Number) {
		for i := range out {
			if a := &out[i]; a.Class == class && a.Agreement == agreement {
				a.Bad = Exactly(new(big.Rat).Add(orZero(a.Bad.Rat()), orZero(bad.Rat())))
				return
			}
		}
		out = append(out, Attribution{class, agreement, bad})
	}
	for _, outage := range o.Outages {
		if outage.Overruled != nil {
			add(outage.Overruled.Class, "", outage.Bad)
			continue
		}
		for _, a := range outage.Attribution {
			add(a.Class, a.Agreement, a.Bad)
		}
	}
	slices.SortStableFunc(out, func(a, b Attribution) int {
		return cmp.Or(cmp.Compare(slices.Index(order, a.Class), slices.Index(order, b.Class)), cmp.Compare(a.Agreement, b.Agreement))
	})
	return out
}

// CreditTotal is what the lines of one currency and status come to.
type CreditTotal struct {
	Currency, Amount string
	Status           DueStatus
}

// CreditTotals adds up the credit lines; currencies are never added to each other.
func (r *Review) CreditTotals() []CreditTotal {
	var out []CreditTotal
	for _, c := range r.Credits {
		if c.Amount == "" {
			continue
		}
		i := slices.IndexFunc(out, func(t CreditTotal) bool { return t.Currency == string(c.Currency) && t.Status == c.Status })
		if i < 0 {
			out = append(out, CreditTotal{string(c.Currency), string(c.Amount), c.Status})
			continue
		}
		a, errA := sla.ParseMoney(out[i].Amount + " " + out[i].Currency)
		b, errB := sla.ParseMoney(string(c.Amount) + " " + string(c.Currency))
		if errA == nil && errB == nil {
			out[i].Amount = sla.Money{Minor: a.Minor + b.Minor, Currency: a.Currency}.Decimal()
		}
	}
	return out
}

// Unready says why the review of a period cannot be issued yet, such as
// "availability: completeness 91.20% is below 95%"; empty when it can. required
// is in percent. What has no data at all keeps the review a draft too.
func (r *Review) Unready(required sla.Decimal) string {
	for i := range r.Objectives {
		o := &r.Objectives[i]
		if o.Provisional {
			return o.Name + ": the period is open, or not all of its facts are final"
		}
		if o.Completeness == nil {
			continue // nothing was in scope, so nothing is missing
		}
		share := new(big.Rat).Quo(o.Completeness.Num.Rat(), o.Completeness.Den.Rat())
		if share.Cmp(required.Ratio()) < 0 {
			return fmt.Sprintf("%s: completeness %s%% is below %s%%", o.Name, o.Completeness.Shown, required)
		}
	}
	return ""
}

// SameFigures reports whether two reviews say the same of the period, whatever
// their revision, status, program and audit head, and whatever the words of the
// summary: they repeat the figures, and another version puts them otherwise. One that marks nothing as
// approximate may be of before there was such a mark: then marks are not compared.
func SameFigures(a, b *Review) (bool, error) {
	if !a.Approximate() || !b.Approximate() {
		a, b = a.unmarked(), b.unmarked()
	}
	hashA, err := a.figures()
	if err != nil {
		return false, err
	}
	hashB, err := b.figures()
	return hashA == hashB, err
}

// Approximate reports whether any of the review's figures is.
func (r *Review) Approximate() bool {
	return slices.ContainsFunc(r.Objectives, func(o Objective) bool {
		return o.Approximate || slices.ContainsFunc(o.History, func(h History) bool { return h.Approximate })
	}) || slices.ContainsFunc(r.Supporting.Agreements, func(s Supporter) bool { return s.Approximate })
}

// unmarked gives the review without the marks of what is approximate.
func (r *Review) unmarked() *Review {
	out := *r
	out.Objectives = slices.Clone(r.Objectives)
	for i := range out.Objectives {
		o := &out.Objectives[i]
		o.Approximate, o.History = false, slices.Clone(o.History)
		for k := range o.History {
			o.History[k].Approximate = false
		}
	}
	out.Supporting.Agreements = slices.Clone(r.Supporting.Agreements)
	for i := range out.Supporting.Agreements {
		out.Supporting.Agreements[i].Approximate = false
	}
	return &out
}

// WithoutPast gives the review without what it says of earlier periods that are
// gone, for a comparison with one that was made after their facts were let go
// of; previous says that the period right before it is one of them.
func (r *Review) WithoutPast(gone func(period string) bool, previous bool) *Review {
	out := *r
	out.Objectives = slices.Clone(r.Objectives)
	for i := range out.Objectives {
		o := &out.Objectives[i]
		o.History = slices.DeleteFunc(slices.Clone(o.History), func(h History) bool { return gone(h.Period) })
	}
	out.Measures = slices.Clone(r.Measures)
	for i := range out.Measures {
		if previous {
			out.Measures[i].Previous, out.Measures[i].Change = "", ""
		}
	}
	return &out
}

func (r *Review) figures() (string, error) {
	bare := *r
	bare.Report = Head{Agreement: r.Report.Agreement, Version: r.Report.Version, Period: r.Report.Period}
	bare.Method.Program, bare.Method.AuditHead = "", ""
	bare.Summary.Text = ""
	if err := bare.Seal(); err != nil {
		return "", err
	}
	return bare.SHA256, nil
}
