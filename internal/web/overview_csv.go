package web

import (
	"encoding/csv"
	"net/http"
	"strings"

	"github.com/slmd/slmd/internal/sla"
)

// matrixCSV gives the matrix as a table of one row per objective and period.
func (h *handler) matrixCSV(w http.ResponseWriter, r *http.Request) error {
	if err := checkOverview(r); err != nil {
		return err
	}
	o, err := h.overviewOf(r)
	if err != nil {
		return err
	}
	rows := [][]string{{"service", "agreement", "kind", "objective", "period", "state", "provisional", "compliance_percent", "target_percent", "value", "completeness_percent"}}
	for _, m := range o.Matrices {
		for _, s := range m.Rows {
			for _, ob := range s.Objectives {
				for i, c := range ob.Cells {
					if c.Glance != nil {
						rows = append(rows, csvRow(ob.s.Standing, c.Glance, m.Periods[i].Name))
					}
				}
			}
		}
	}
	return sendCSV(w, "slam.csv", rows)
}

func csvRow(s *sla.Standing, g *sla.Glance, period string) []string {
	target, value, compliance := "", "", g.Reached
	if s.Objective.Target != nil {
		target = s.Objective.Target.String()
	}
	if g.Mean {
		value, compliance = shortest(g.Reached), ""
	}
	if period == "" {
		period = g.Period
	}
	return []string{
		s.Agreement.Service, s.Agreement.Name, string(s.Agreement.Kind), s.Objective.Name, period, string(g.State),
		yesNo(g.Provisional), compliance, target, value, g.Known,
	}
}

func yesNo(is bool) string {
	if is {
		return "yes"
	}
	return "no"
}

// sendCSV writes rows as a file; text that a spreadsheet would take for a
// formula gets an apostrophe.
func sendCSV(w http.ResponseWriter, name string, rows [][]string) error {
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	out := csv.NewWriter(w)
	for _, row := range rows {
		for i, field := range row {
			if field != "" && strings.ContainsRune("=+-@", rune(field[0])) && !isNumber(field) {
				row[i] = "'" + field
			}
		}
		if err := out.Write(row); err != nil {
			return nil //nolint:nilerr // the reader has gone
		}
	}
	out.Flush()
	return nil
}

func isNumber(s string) bool { return strings.Trim(s, "-.0123456789") == "" }
