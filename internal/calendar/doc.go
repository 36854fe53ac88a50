// Package calendar works with stretches of time: sets of spans, service hours,
// occurrences of exclusions, and the periods of agreements with their names.
// It is pure: every zone, instant and term is an argument.
package calendar
