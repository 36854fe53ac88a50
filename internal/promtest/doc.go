// Package promtest is a Prometheus inside the process, for the demo and the
// tests: the real PromQL evaluation over compressed series in memory, behind
// the HTTP API that Grafana, curl and slmd speak (query, query_range, series,
// labels, metadata, remote_read), on the loopback or without any network.
//
// A Store holds the series and is appended to as history is made up or goes on
// live. A Server answers from it. Its clock is given, so is every fault it is
// to show: see Fault and Server.Break.
//
// It links promql and storage of Prometheus, never its tsdb, config or web
// packages.
package promtest
