//go:build failpoint

package app

import crash "github.com/slmd/slmd/internal/failpoint"

// failpoint marks a place at which crash tests kill the daemon.
func failpoint(name string) { crash.Pass(name) }
