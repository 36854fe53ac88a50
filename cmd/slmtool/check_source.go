package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/slmd/slmd/internal/catalogue"
	"github.com/slmd/slmd/internal/document"
	measuring "github.com/slmd/slmd/internal/measure"
	"github.com/slmd/slmd/internal/sla"
)

// trySelectors asks a data source once for every selector of the catalogue.
// What is remarkable comes back with its place in the files.
func trySelectors(ctx context.Context, address string, cat *sla.Catalogue, places catalogue.Places) (catalogue.Warnings, error) {
	src, err := measuring.New(measuring.Options{Name: "of --source", URL: address, HTTP: &http.Client{}, Clock: time.Now})
	if err != nil {
		return nil, fmt.Errorf("--source: %w", err)
	}
	var out catalogue.Warnings
	for i := range cat.Indicators {
		ind := &cat.Indicators[i]
		if ind.Kind == sla.Entries {
			continue
		}
		found, err := src.Try(ctx, ind, now())
		if err != nil {
			return nil, fmt.Errorf("trying the selectors of %s: %w", ind.Name, err)
		}
		for _, f := range found {
			path := fmt.Sprintf("indicators[%d].%s", i, f.Field)
			out = append(out, document.Problem{Position: places(path), Text: "indicator " + ind.Name + ": " + f.Text, Path: path})
		}
	}
	return out, nil
}
