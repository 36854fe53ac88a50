package announce

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"strings"
	texttemplate "text/template"

	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/wording"
)

// Letter is what a mail says, as text and as HTML.
type Letter struct {
	Subject string
	Text    string
	HTML    string
}

// sheet is a letter before it is written: a mark and a sentence, names with
// values, tables and links.
type sheet struct {
	Subject string
	Mark    mark
	Title   string
	Lead    string
	Rows    []pair
	Tables  []grid
	Links   []pair // what they lead to, and their addresses
	Foot    string
}

type pair struct{ Name, Value string }

// grid is a table; the first cell of each line may have a mark and a link.
type grid struct {
	Title string
	Heads []string
	Lines []gridLine
}

type gridLine struct {
	Mark  mark
	Href  string
	Cells []string
}

// mark is a state as people see it: colours, symbol, letter and word.
type mark struct {
	Word, Symbol, Letter string
	Fill, Ink, Edge      template.CSS
}

// shown reports whether there is a mark.
func (m mark) Shown() bool { return m.Word != "" }

// markOf gives the mark of a state in the light colours of the pages.
func markOf(s sla.State) mark {
	m := mark{
		Word: wording.English.State(s), Symbol: wording.Symbol(s), Letter: wording.English.Letter(s),
		Fill: "#f4f5f7", Ink: "#3a4250", Edge: "#6b7280",
	}
	switch s {
	case sla.Met:
		m.Fill, m.Ink, m.Edge = "#cfeee4", "#0b3d33", "#2f7d6b"
	case sla.AtRisk:
		m.Fill, m.Ink, m.Edge = "#f2a900", "#2b1d00", "#8a5f00"
	case sla.Failing:
		m.Fill, m.Ink, m.Edge = "#e0567c", "#000000", "#000000"
	case sla.Breached:
		m.Fill, m.Ink, m.Edge = "#9b1035", "#ffffff", "#9b1035"
	case sla.NoData:
	}
	return m
}

//go:embed letters/letter.gohtml letters/letter.gotext
var letterFiles embed.FS

// writer turns sheets into letters.
type writer struct {
	html *template.Template
	text *texttemplate.Template
}

func newWriter() (*writer, error) {
	html, err := template.ParseFS(letterFiles, "letters/letter.gohtml")
	if err != nil {
		return nil, fmt.Errorf("reading the template of mails: %w", err)
	}
	lines := texttemplate.FuncMap{"line": oneLine, "rule": func(s string) string { return strings.Repeat("=", len([]rune(oneLine(s)))) }}
	text, err := texttemplate.New("letter.gotext").Funcs(lines).ParseFS(letterFiles, "letters/letter.gotext")
	if err != nil {
		return nil, fmt.Errorf("reading the template of mails: %w", err)
	}
	return &writer{html, text}, nil
}

// write gives the letter of a sheet.
func (w *writer) write(s *sheet) (Letter, error) {
	var html, text bytes.Buffer
	if err := w.html.Execute(&html, s); err != nil {
		return Letter{}, fmt.Errorf("writing the mail %q: %w", s.Subject, err)
	}
	if err := w.text.Execute(&text, s); err != nil {
		return Letter{}, fmt.Errorf("writing the mail %q: %w", s.Subject, err)
	}
	return Letter{Subject: subject(s), Text: text.String(), HTML: html.String()}, nil
}

func subject(s *sheet) string { return clean(oneLine(s.Subject), maxSubject) }

// maxSubject bounds a subject, in bytes.
const maxSubject = 250
