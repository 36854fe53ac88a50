// Package app puts slmd together: it is the only place that knows every package
// and the clock.
package app

import (
	"log/slog"
	"time"
)

// Options are what the command line says.
type Options struct {
	ConfigFile    string   // slmd.yml
	StoragePath   string   // directory of slmd.db and reports/
	Listen        []string // addresses; port 0 chooses a free one
	WebConfigFile string   // exporter-toolkit: TLS, basic authentication; may be empty
	ExternalURL   string   // how people reach the daemon; empty: the first listen address
	RoutePrefix   string   // of all paths; empty: the path of ExternalURL
	Lifecycle     bool     // allow /-/reload over HTTP

	Log *slog.Logger // nil: nothing is logged
	// Now is the clock; nil: the system's. A simulated one makes runs repeatable.
	Now func() time.Time
	// Simulated says that all durations come from Now and that nothing of the
	// process shows in the metrics: the same input gives the same bytes.
	Simulated bool
}
