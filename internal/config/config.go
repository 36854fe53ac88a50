// Package config reads slmd.yml: an immutable description of one slmd, with
// its defaults filled in. Secrets never leave it but into the clients that need them.
package config

import (
	"path/filepath"

	commoncfg "github.com/prometheus/common/config"

	"github.com/slmd/slmd/internal/document"
	"github.com/slmd/slmd/internal/sla"
)

// Config is one slmd.yml. Paths in it are joined with the directory of the file.
type Config struct {
	Zone      string   // default time zone of the catalogue
	Catalogue []string // files and directories applied at start and on reload
	Sources   []Source
	Measuring Measuring
	Storage   Storage
	Alerting  Alerting
	Reports   Reports
	Mail      *Mail // nil: no mail is sent
	Metrics   Metrics
}

// HTTP is how a server is reached: prometheus/common's client, and headers.
type HTTP struct {
	Client  commoncfg.HTTPClientConfig
	Headers map[string]string

	shown map[string]any // what was written, without secrets
}

// Source is a data source.
type Source struct {
	Name        string
	URL         string
	Kind        string // auto, prometheus, victoriametrics, thanos or mimir
	Lag         sla.Millis
	Timeout     sla.Millis
	Concurrency int
	HTTP        HTTP
}

// Measuring is how all indicators are measured.
type Measuring struct {
	Interval      sla.Millis // of rounds
	FinaliseAfter sla.Millis
	BackfillLimit sla.Millis
	// Reconcile is when the last days are read once more: a cron expression, or
	// empty for never.
	Reconcile string
}

// Storage is how long what is kept is kept. Verdicts, reports and the audit log
// are kept for ever.
type Storage struct {
	Facts sla.Millis // at least; what a new indicator may measure again is kept in any case
}

// Modes of alerting.
const (
	Push  = "push"
	Rules = "rules"
	Off   = "off"
)

// Alerting is whom slmd tells, and how.
type Alerting struct {
	Mode          string // push, rules or off
	Labels        map[string]string
	Resend        sla.Millis
	Alertmanagers []Alertmanager
	DashboardURL  string // of a Grafana with slmd's dashboards; may be empty
	RunbookURL    string // of a page with a section for each alert; empty: slmd's own documentation
}

// Alertmanager is one of those that are told.
type Alertmanager struct {
	URL     string
	Timeout sla.Millis
	HTTP    HTTP
}

// Reports is when reviews are issued, and how.
type Reports struct {
	Schedule             string // cron, UTC
	Formats              []string
	RequiredCompleteness sla.Decimal // percent
	Language             string
}

// Ways to secure the connection to a smarthost.
const (
	TLSMandatory     = "mandatory"     // STARTTLS, or nothing is sent
	TLSOpportunistic = "opportunistic" // STARTTLS where the smarthost offers it
	TLSImplicit      = "implicit"      // TLS from the first byte on
	TLSNone          = "none"
)

// Mail is where mail is handed over, and what is mailed.
type Mail struct {
	Smarthost    string // host:port
	From         string
	AlsoTo       []string
	TLS          string // one of the ways above
	TLSConfig    commoncfg.TLSConfig
	Username     string
	PasswordFile string
	Digest       string // cron, UTC; empty: no digest

	tls any // tls_config as it was written
}

// Metrics is what is said of results beside /metrics.
type Metrics struct {
	Credits     bool // expose credits
	Push        *PushTo
	SeriesLimit int
}

// PushTo is where metrics are pushed.
type PushTo struct {
	URL      string
	Interval sla.Millis
	HTTP     HTTP
}

// Defaults of a configuration.
const (
	DefaultLag         = 30 * sla.Second
	DefaultTimeout     = 30 * sla.Second
	DefaultConcurrency = 4
	DefaultSeriesLimit = 20_000
)

// Load reads a file. The error is a document.Problems when the file could be
// opened but holds something wrong: all of it at once.
func Load(path string) (*Config, error) {
	text, err := document.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return Parse(path, text)
}

// Parse reads the text of a file; relative paths in it begin at the directory of path.
func Parse(path string, text []byte) (*Config, error) {
	d, err := document.Parse(path, text)
	if err != nil {
		return nil, err
	}
	r := reader{dir: filepath.Dir(path)}
	c := r.config(d.Root())
	if err := d.Err(); err != nil {
		d.Problems.Sort([]string{path})
		return nil, d.Problems
	}
	return c, nil
}
