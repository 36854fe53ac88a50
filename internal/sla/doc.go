// Package sla holds the words of service level management: services, parties,
// agreements with their objectives, the facts that were measured, and the
// verdicts that follow from them. It is pure: values only, standard library
// only; no clock, no log, no database.
package sla
