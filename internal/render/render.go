// Package render turns a service review into files: HTML, JSON and CSV. It adds
// no figure to what the review says, and the same review gives the same bytes.
package render

import (
	"fmt"

	"github.com/slmd/slmd/internal/report"
)

// Format is a kind of file.
type Format string

// Formats. CSV makes three files: objectives, outages and exclusions.
const (
	HTML Format = "html"
	JSON Format = "json"
	CSV  Format = "csv"
)

// Formats lists all formats.
var Formats = []Format{HTML, JSON, CSV}

// File is one file of a review: its name, such as 2026-11-outages.csv, and its content.
type File struct {
	Name    string
	Content []byte
}

// Files gives the files of a review in a format; they are named by its period.
func Files(r *report.Review, format Format) ([]File, error) {
	name := r.Report.Period
	switch format {
	case HTML:
		page, err := Page(r)
		return []File{{name + ".html", page}}, err
	case JSON:
		document, err := r.Marshal()
		return []File{{name + ".json", document}}, err
	case CSV:
		return []File{
			{name + ".csv", Objectives(r)},
			{name + "-outages.csv", Outages(r)},
			{name + "-exclusions.csv", Exclusions(r)},
		}, nil
	}
	return nil, fmt.Errorf("a review cannot be written as %q: use html, json or csv", format)
}
