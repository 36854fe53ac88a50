//go:build failpoint

package store

import crash "github.com/slmd/slmd/internal/failpoint"

// failpoint marks a place at which crash tests kill the daemon.
func failpoint(name string) { crash.Pass(name) }
