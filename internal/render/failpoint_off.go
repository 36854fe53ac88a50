//go:build !failpoint

package render

// failpoint marks a place at which tests kill a daemon that was built for it.
func failpoint(string) {}
