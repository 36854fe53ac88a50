// Package contract runs contract tests: unit tests for agreements. A test gives
// facts, or raw samples that are measured as a data source's would be, and says
// what the verdicts must be; no server and no database is needed.
package contract
