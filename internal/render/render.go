// Package render turns a service review into files: HTML, JSON and CSV. It adds
// no figure to what the review says, and the same review gives the same bytes.
package render

import "github.com/slmd/slmd/internal/report"

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

// Files gives the files of a review in a format.
func Files(r *report.Review, format Format) ([]File, error) { panic("not yet") }

// Write puts the files of the review in the formats into dir/AGREEMENT/, each
// as a whole or not at all, and gives their paths relative to dir. What stood
// there under the same name is replaced.
func Write(dir string, r *report.Review, formats []Format) ([]string, error) { panic("not yet") }
