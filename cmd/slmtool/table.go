package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// columns is a table for people.
type columns struct{ *tabwriter.Writer }

func table(out io.Writer, heads ...string) columns {
	t := columns{tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)}
	t.row(heads...)
	return t
}

// row adds a row; an error of writing comes with Flush.
func (t columns) row(cells ...string) { fmt.Fprintln(t.Writer, strings.Join(cells, "\t")) }

// writeJSON writes what the API answers: the list under "data".
func writeJSON(out io.Writer, data any) error {
	text, err := json.MarshalIndent(map[string]any{"data": data}, "", "  ")
	if err != nil {
		return fmt.Errorf("writing the answer as JSON: %w", err)
	}
	_, err = out.Write(append(text, '\n'))
	return err
}
