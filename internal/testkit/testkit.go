// Package testkit holds what tests of several packages share: real Prometheus
// and Alertmanager processes on loopback, a sink that plays an Alertmanager,
// waiting for a condition, and the comparison of ledgers. Nothing but tests
// imports it.
package testkit

import (
	"net"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"
)

// patience is how long a test waits for something that takes moments as a
// rule; machines under load are slow.
const patience = 2 * time.Minute

// Eventually waits until the condition holds, looking every 20 ms, and ends
// the test when it does not within two minutes. what completes the sentence
// "waited in vain until …".
func Eventually(t testing.TB, what string, condition func() bool) {
	t.Helper()
	EventuallyWithin(t, patience, what, condition)
}

// EventuallyWithin is Eventually with a bound of its own.
func EventuallyWithin(t testing.TB, bound time.Duration, what string, condition func() bool) {
	t.Helper()
	if !poll(bound, nil, condition) {
		t.Fatalf("waited %s in vain until %s", bound, what)
	}
}

// poll looks at the condition until it holds, the bound has passed or stop is
// closed, and reports whether it held.
func poll(bound time.Duration, stop <-chan struct{}, condition func() bool) bool {
	deadline := time.NewTimer(bound)
	defer deadline.Stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if condition() {
			return true
		}
		select {
		case <-tick.C:
		case <-stop:
			return false
		case <-deadline.C:
			return condition()
		}
	}
}

// Number gives the number that a variable of the environment holds, a knob of a
// long form, or otherwise the one given.
func Number(t testing.TB, variable string, otherwise int) int {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s=%q is no number: write one such as %d", variable, text, otherwise)
	}
	return n
}

// FreeAddress gives a loopback address, host:port, on which nothing listens at
// the moment. Another process may take it before it is used.
func FreeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("looking for a free port: %v", err)
	}
	defer l.Close()
	return l.Addr().String()
}

// NeedBinary gives the path of a program that a test runs. Without it the test
// is skipped with the way to get it; where CI=true it fails instead, since CI
// installs what the tests need.
func NeedBinary(t testing.TB, name, debianPackage string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err == nil {
		return path
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("this test needs %s, which CI has to install: apt-get install -y %s", name, debianPackage)
	}
	t.Skipf("this test needs %s: apt-get install -y %s", name, debianPackage)
	return ""
}
