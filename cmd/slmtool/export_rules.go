package main

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/slmd/slmd/rules"
)

// exportRules writes the rules for Prometheus: as one file, or each of its own
// into the directory out.
func exportRules(out string, stdout io.Writer) error {
	names, err := fs.Glob(rules.Files(), "*.yml")
	if err != nil {
		return err
	}
	if out != "" {
		if err := os.MkdirAll(out, 0o755); err != nil {
			return fmt.Errorf("making the directory for the rules: %w", err)
		}
	}
	for i, name := range names {
		text, err := fs.ReadFile(rules.Files(), name)
		if err != nil {
			return err
		}
		if out != "" {
			if err := os.WriteFile(filepath.Join(out, name), text, 0o644); err != nil {
				return fmt.Errorf("writing the rules: %w", err)
			}
			continue
		}
		whole := string(text)
		if i > 0 { // all groups stand in one list
			whole = strings.Replace(whole, "groups:\n", "", 1)
		}
		if _, err := io.WriteString(stdout, whole); err != nil {
			return err
		}
	}
	return nil
}
