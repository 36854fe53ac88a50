// Package house holds the tests that keep the house in order: which package
// may import which, where heavy dependencies live, and the rules that no
// compiler checks. It has no code of its own.
package house
