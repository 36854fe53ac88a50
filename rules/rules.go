// Package rules holds the rules for Prometheus that come with slmd.
package rules

import (
	"embed"
	"io/fs"
)

//go:embed slmd-alerts.yml slmd-recording.yml
var files embed.FS

// Files gives the files of rules, as they stand in the repository.
func Files() fs.FS { return files }
