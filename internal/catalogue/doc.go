// Package catalogue turns catalogue files into the words of package sla and
// back: it reads YAML with the place of everything that is wrong, fills in the
// defaults, works out what a set of files changes, and writes files again.
package catalogue
