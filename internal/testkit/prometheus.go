package testkit

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// PrometheusOptions say what a Prometheus starts with. All may be absent.
type PrometheusOptions struct {
	// OpenMetrics is loaded into blocks by promtool before the start: text with
	// timestamps in seconds, ended by # EOF.
	OpenMetrics io.Reader
	// Data is a directory of blocks to start from, which the server changes;
	// absent, one of the test's own.
	Data string
	// Config is a prometheus.yml; absent, one that scrapes nothing.
	Config string
	// Flags are added to the command line. Without one for the retention, data
	// of any age is kept.
	Flags []string
}

// Prometheus is a real Prometheus that runs until the test ends.
type Prometheus struct {
	*process
	Data string // its blocks and write-ahead log
}

// StartPrometheus starts the prometheus that is installed on this machine and
// waits until it is ready.
func StartPrometheus(t testing.TB, o PrometheusOptions) *Prometheus {
	t.Helper()
	binary := NeedBinary(t, "prometheus", "prometheus")
	if o.Data == "" {
		o.Data = t.TempDir()
	}
	if o.OpenMetrics != nil {
		CreateBlocks(t, o.OpenMetrics, o.Data)
	}
	if o.Config == "" {
		o.Config = "global: {scrape_interval: 15s}\n"
	}
	config := writeFile(t, "prometheus.yml", strings.NewReader(o.Config))
	if !slices.ContainsFunc(o.Flags, func(f string) bool { return strings.Contains(f, "tsdb.retention") }) {
		o.Flags = append(slices.Clone(o.Flags), "--storage.tsdb.retention.time=100y")
	}
	flags := func(address string) []string {
		return append([]string{
			"--config.file=" + config, "--storage.tsdb.path=" + o.Data,
			"--web.listen-address=" + address, "--log.level=warn",
		}, o.Flags...)
	}
	return &Prometheus{process: startProcess(t, binary, flags), Data: o.Data}
}

// CreateBlocks turns OpenMetrics text into blocks of a day each in the directory.
func CreateBlocks(t testing.TB, openMetrics io.Reader, directory string) {
	t.Helper()
	promtool := NeedBinary(t, "promtool", "prometheus")
	input := writeFile(t, "history.om", openMetrics)
	out, err := exec.Command(promtool, "tsdb", "create-blocks-from", "--max-block-duration=24h",
		"openmetrics", "--quiet", input, directory).CombinedOutput()
	if err != nil {
		t.Fatalf("turning OpenMetrics text into blocks: %v\n%s", err, out)
	}
}

// writeFile writes the text to a file of the test's own and gives its path.
func writeFile(t testing.TB, name string, text io.Reader) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	f, err := os.Create(path)
	if err != nil {
		t.Fatalf("writing %s: %v", name, err)
	}
	_, err = io.Copy(f, text)
	if closing := f.Close(); err == nil {
		err = closing
	}
	if err != nil {
		t.Fatalf("writing %s: %v", name, err)
	}
	return path
}
