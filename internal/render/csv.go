package render

import (
	"bytes"
	"encoding/csv"
	"strconv"
	"strings"

	"github.com/slmd/slmd/internal/report"
)

// Objectives gives objectives.csv: the head of the review and one objective, or
// version part of it, per row.
func Objectives(r *report.Review) []byte {
	h := r.Report
	rows := [][]string{strings.Split("period,from,to,time_zone,agreement,version,service,customer,revision,sha256,"+
		"name,indicator,kind,method,unit,severity,target,target_at_most,target_at_least,state,provisional,certain,inconclusive,"+
		"compliance,lowest,highest,good,bad,unknown_seconds,removed_seconds,scope_seconds,completeness,"+
		"budget_allowed,budget_left,budget_left_share,without_exclusions,"+
		"totals_count,totals_small,totals_small_bad,totals_longest,totals_mtrs,totals_mtbf,"+
		"breach_state,breach_opened_at,breach_cause,credit_percent,credit_amount,credit_currency,approximate", ",")}
	for i := range r.Objectives {
		o := &r.Objectives[i]
		version, from, to := h.Version, h.From, h.To
		if o.Part != nil {
			version, from, to = o.Part.Version, o.Part.From, o.Part.To
		}
		row := []string{
			h.Period, string(from), string(to), guard(h.Zone), guard(h.Agreement), strconv.Itoa(version), guard(h.Service), guard(h.Customer),
			strconv.Itoa(h.Revision), r.SHA256,
		}
		rows = append(rows, append(row, objective(o)...))
	}
	return table(rows)
}

func objective(o *report.Objective) []string {
	budget := report.Budget{}
	if o.Budget != nil {
		budget = *o.Budget
	}
	breach := report.Breach{}
	if o.Breach != nil {
		breach = *o.Breach
	}
	credit := report.Reached{}
	if o.Credit != nil {
		credit = *o.Credit
	}
	return []string{
		guard(o.Name), guard(o.Indicator), string(o.Kind), string(o.Method), string(o.Unit), string(o.Severity),
		o.Target.Shown, string(o.Target.AtMost), string(o.Target.AtLeast), string(o.State),
		strconv.FormatBool(o.Provisional), strconv.FormatBool(o.Certain), strconv.FormatBool(o.Inconclusive),
		shown(o.Compliance), shown(o.Lowest), shown(o.Highest), string(o.Good), string(o.Bad),
		string(o.Unknown), string(o.Removed), string(o.Scope), shown(o.Completeness),
		string(budget.Allowed), string(budget.Left), shown(budget.LeftShare), shown(o.WithoutExclusions),
		strconv.Itoa(o.Totals.Count), strconv.Itoa(o.Totals.Small), string(o.Totals.SmallBad),
		string(o.Totals.Longest), string(o.Totals.MTRS), string(o.Totals.MTBF),
		string(breach.State), string(breach.OpenedAt), guard(string(breach.Cause)),
		string(credit.Percent), string(credit.Amount), string(credit.Currency),
		strconv.FormatBool(o.Approximate),
	}
}

// Outages gives outages.csv: a row per attribution of each listed outage.
func Outages(r *report.Review) []byte {
	rows := [][]string{strings.Split("agreement,objective,from,to,bad,budget_share,cause,overruled_class,overruled_reason,overruled_by,"+
		"attribution_class,attribution_agreement,attribution_bad", ",")}
	for i := range r.Objectives {
		for _, o := range r.Objectives[i].Outages {
			over := report.Overruled{}
			if o.Overruled != nil {
				over = *o.Overruled
			}
			parts := o.Attribution
			if len(parts) == 0 {
				parts = []report.Attribution{{}}
			}
			for _, a := range parts {
				rows = append(rows, []string{
					guard(r.Report.Agreement), guard(r.Objectives[i].Name), string(o.From), string(o.To), string(o.Bad), shown(o.BudgetShare),
					guard(string(o.Cause)), string(over.Class), guard(over.Reason), guard(over.By),
					string(a.Class), guard(string(a.Agreement)), string(a.Bad),
				})
			}
		}
	}
	return table(rows)
}

// Exclusions gives exclusions.csv.
func Exclusions(r *report.Review) []byte {
	rows := [][]string{strings.Split("name,category,reason,from,to,approved_by,approved_on,effect,seconds", ",")}
	for _, x := range r.Exclusions {
		rows = append(rows, []string{
			guard(x.Name), string(x.Category), guard(string(x.Reason)), string(x.From), string(x.To),
			guard(string(x.ApprovedBy)), string(x.ApprovedOn), string(x.Effect), string(x.Seconds),
		})
	}
	return table(rows)
}

func shown(s *report.Share) string {
	if s == nil {
		return ""
	}
	return s.Shown
}

// guard keeps a spreadsheet from taking a text for a formula.
func guard(text string) string {
	if text != "" && strings.ContainsRune("=+-@", rune(text[0])) {
		return "'" + text
	}
	return text
}

// table writes rows as RFC 4180 says, with CRLF.
func table(rows [][]string) []byte {
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	w.UseCRLF = true
	_ = w.WriteAll(rows) // a buffer takes everything
	return out.Bytes()
}
