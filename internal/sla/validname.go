package sla

import "strings"

// ValidName reports whether s is a name of the catalogue: [a-z0-9][a-z0-9-]{0,62}.
func ValidName(s string) bool {
	return s != "" && len(s) <= 63 && s[0] != '-' && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}
