//go:build !failpoint

package announce

// failpoint marks a place at which tests kill a daemon that was built for it.
func failpoint(string) {}
