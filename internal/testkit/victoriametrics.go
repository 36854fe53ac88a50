package testkit

import (
	"io"
	"net/http"
	"testing"
)

// VictoriaMetrics is a real VictoriaMetrics that runs until the test ends.
type VictoriaMetrics struct{ *process }

// StartVictoriaMetrics starts the victoria-metrics that is installed on this
// machine and waits until it is ready. It keeps data of any age; flags are
// added to its command line.
func StartVictoriaMetrics(t testing.TB, flags ...string) *VictoriaMetrics {
	t.Helper()
	binary := NeedBinary(t, "victoria-metrics", "victoria-metrics")
	directory := t.TempDir()
	return &VictoriaMetrics{startProcess(t, binary, func(address string) []string {
		return append([]string{
			"-httpListenAddr=" + address, "-storageDataPath=" + directory,
			"-retentionPeriod=100y", "-loggerLevel=WARN", "-memory.allowedBytes=256MB",
		}, flags...)
	})}
}

// Import loads samples: a series in PromQL notation, a value and Unix
// milliseconds on each line. They can be read when it returns.
func (v *VictoriaMetrics) Import(lines io.Reader) {
	v.t.Helper()
	post(v.t, v.URL()+"/api/v1/import/prometheus", "text/plain", lines)
	v.Flush()
}

// Flush makes what was written readable.
func (v *VictoriaMetrics) Flush() {
	v.t.Helper()
	post(v.t, v.URL()+"/internal/force_flush", "text/plain", http.NoBody)
}

// post sends a body that a server has to take.
func post(t testing.TB, url, kind string, body io.Reader) {
	t.Helper()
	resp, err := http.Post(url, kind, body)
	if err != nil {
		t.Fatalf("posting to %s: %v", url, err)
	}
	defer resp.Body.Close()
	if text, _ := io.ReadAll(resp.Body); resp.StatusCode/100 != 2 {
		t.Fatalf("%s answers %d: %s", url, resp.StatusCode, text)
	}
}
