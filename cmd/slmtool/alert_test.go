package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slmd/slmd/internal/testkit"
)

func TestATestAlertAndATestMailArriveAndSayWhatWasAnswered(t *testing.T) {
	manager, host := testkit.StartAlertmanager(t, ""), testkit.StartSmarthost(t, false)
	file := filepath.Join(t.TempDir(), "slmd.yml")
	text := fmt.Sprintf("alerting: {mode: off, labels: {environment: test}, alertmanagers: [{url: %q}]}\nmail: {smarthost: %q, from: slm@example.com, also_to: [team@example.com], tls_config: {ca_file: %q}}\n",
		manager.URL(), host.Address(), host.CA())
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := testAlert(t.Context(), alertFlags{config: file}, &out); err != nil {
		t.Errorf("%v:\n%s", err, out.String())
	}
	want := fmt.Sprintf("%s: 200 OK\nmail to team@example.com through %s: 250 2.0.0 queued as 42\n", manager.URL(), host.Address())
	if out.String() != want {
		t.Errorf("it said\n%s\nwant\n%s", out.String(), want)
	}
	testkit.Eventually(t, "Alertmanager shows the test alert", func() bool {
		alerts := manager.Alerts(t)
		return len(alerts) == 1 && alerts[0].Labels["alertname"] == "SLMTest" && alerts[0].Labels["test"] == "true" && alerts[0].Labels["environment"] == "test"
	})
	if got := host.Messages(); len(got) != 1 || got[0].Subject() != "[SLM] Test: nothing is wrong" || !got[0].TLS {
		t.Errorf("the smarthost has %+v", got)
	}

	manager.Stop()
	host.Script(func(verb string) string {
		if verb == "RCPT" {
			return "550 5.1.1 no such person"
		}
		return ""
	})
	out.Reset()
	err := testAlert(t.Context(), alertFlags{config: file, mailTo: "kim@example.com"}, &out)
	var exit exitError
	if !errors.As(err, &exit) || exit.code != 1 {
		t.Errorf("with nobody there the error is %v", err)
	}
	for _, says := range []string{"connection refused", "mail to kim@example.com", "not taken: answered 550 5.1.1 no such person"} {
		if !strings.Contains(out.String(), says) {
			t.Errorf("it does not say %q:\n%s", says, out.String())
		}
	}
}

func TestWithNobodyToTellATestAlertIsAnError(t *testing.T) {
	file := filepath.Join(t.TempDir(), "slmd.yml")
	if err := os.WriteFile(file, []byte("time_zone: UTC\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := testAlert(t.Context(), alertFlags{config: file}, &strings.Builder{}); err == nil || !strings.Contains(err.Error(), "nobody to tell") {
		t.Errorf("the error is %v", err)
	}
}
