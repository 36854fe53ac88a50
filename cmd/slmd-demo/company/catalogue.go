package company

import (
	"bytes"
	"embed"
	"fmt"
	"os"
	"path/filepath"
	"text/template"
	"time"

	"github.com/slmd/slmd/internal/sla"
)

// The files are written as templates only because their dates follow from now.
//
//go:embed catalogue/*.yml
var files embed.FS

// terms are the dates in the catalogue.
type terms struct {
	First, Until        string // validity of the agreements
	Years               []int  // for which holidays are listed
	Maintenance, Hotfix moments
	MaintenanceApproved string
	PatchingApproved    string
}

// moments are the ends of a span in RFC 3339.
type moments struct{ From, To string }

func (p *plan) terms() terms {
	moment := func(t sla.Instant) string { return t.In(p.zone).Format(time.RFC3339) }
	date := func(t sla.Instant, days int) string { return t.In(p.zone).AddDate(0, 0, days).Format(time.DateOnly) }
	span := func(s sla.Span) moments { return moments{moment(s.From), moment(s.To)} }
	first, this := p.first.In(p.zone), p.thisMonth.From.In(p.zone)
	t := terms{
		First:               date(p.first, 0),
		Until:               fmt.Sprintf("%d-01-01", this.Year()+2),
		Maintenance:         span(p.maintenance),
		Hotfix:              span(p.hotfix),
		MaintenanceApproved: date(p.maintenance.From, -12),
		PatchingApproved:    date(p.first, -10),
	}
	for y := first.Year(); y <= this.Year()+1; y++ {
		t.Years = append(t.Years, y)
	}
	return t
}

// Catalogue gives the catalogue's files by name, their dates filled in.
func (c *Company) Catalogue() (map[string][]byte, error) {
	all, err := template.ParseFS(files, "catalogue/*.yml")
	if err != nil {
		return nil, fmt.Errorf("reading the company's catalogue: %w", err)
	}
	out := map[string][]byte{}
	for _, t := range all.Templates() {
		var b bytes.Buffer
		if err := t.Execute(&b, c.plan.terms()); err != nil {
			return nil, fmt.Errorf("writing the dates into %s: %w", t.Name(), err)
		}
		out[t.Name()] = b.Bytes()
	}
	return out, nil
}

// WriteCatalogue writes the catalogue's files into a directory that exists.
func (c *Company) WriteCatalogue(dir string) error {
	catalogue, err := c.Catalogue()
	if err != nil {
		return err
	}
	for name, text := range catalogue {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			return fmt.Errorf("writing the company's catalogue: %w", err)
		}
	}
	return nil
}
