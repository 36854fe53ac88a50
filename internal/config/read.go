package config

import (
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // the same zones on every machine

	"github.com/slmd/slmd/internal/cronexpr"
	"github.com/slmd/slmd/internal/document"
	"github.com/slmd/slmd/internal/sla"
)

type reader struct{ dir string }

func (r reader) config(n document.Node) *Config {
	f := n.Fields()
	c := &Config{Zone: "UTC"}
	if n, ok := f.Get("time_zone"); ok {
		c.Zone, _ = n.Text()
		if _, err := time.LoadLocation(c.Zone); err != nil || c.Zone == "" || c.Zone == "Local" {
			n.Problem("%q is not a time zone: write a name such as Europe/Berlin or UTC", c.Zone)
		}
	}
	if n, ok := f.Get("catalogue"); ok {
		n.List(func(_ int, n document.Node) {
			if s, ok := n.Text(); ok {
				c.Catalogue = append(c.Catalogue, r.path(s))
			}
		})
	}
	if n, ok := f.Get("sources"); ok {
		n.List(func(_ int, n document.Node) { c.Sources = append(c.Sources, r.source(n, c.Sources)) })
	}
	c.Measuring = section(f, "measuring", measuring)
	c.Storage = section(f, "storage", storage)
	c.Alerting = section(f, "alerting", r.alerting)
	c.Reports = section(f, "reports", reports)
	if n, ok := f.Get("mail"); ok {
		m := r.mail(n.Fields())
		c.Mail = &m
	}
	c.Metrics = section(f, "metrics", r.metrics)
	f.Close()
	return c
}

// section reads a mapping; read fills in the defaults when it is not there.
func section[T any](f *document.Fields, key string, read func(*document.Fields) T) T {
	n, ok := f.Get(key)
	if !ok {
		return read(&document.Fields{})
	}
	m := n.Fields()
	out := read(m)
	m.Close()
	return out
}

// path joins a relative path with the directory of the file.
func (r reader) path(s string) string {
	if s == "" || filepath.IsAbs(s) {
		return s
	}
	joined := filepath.Join(r.dir, s)
	if strings.HasSuffix(s, "/") {
		joined += "/"
	}
	return joined
}

func (r reader) source(n document.Node, before []Source) Source {
	f := n.Fields()
	s := Source{Kind: "auto", Lag: DefaultLag, Timeout: DefaultTimeout, Concurrency: DefaultConcurrency}
	if n, ok := f.Need("name"); ok {
		s.Name, _ = n.Name()
		if slices.ContainsFunc(before, func(b Source) bool { return b.Name == s.Name }) {
			n.Problem("two sources are named %q: give one of them another name", s.Name)
		}
	}
	s.URL = address(f, "url", true)
	document.OneOf(f, "kind", &s.Kind, "auto", "prometheus", "victoriametrics", "thanos", "mimir")
	duration(f, "lag", &s.Lag, 0, sla.Hour)
	duration(f, "timeout", &s.Timeout, sla.Second, 10*sla.Minute)
	if n, ok := f.Get("concurrency"); ok {
		v, _ := n.Int(1, 64)
		s.Concurrency = int(v)
	}
	s.HTTP = r.http(f)
	f.Close()
	return s
}

// address reads the URL of a server.
func address(f *document.Fields, key string, need bool) string {
	get := f.Get
	if need {
		get = f.Need
	}
	n, ok := get(key)
	if !ok {
		return ""
	}
	s, _ := n.Scalar()
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.Fragment != "" {
		n.Problem("%s is not the address of a server: write one such as http://localhost:9090", key) // it may hold a secret: not repeated
		return ""
	}
	if u.User != nil {
		n.Problem("%s holds a name or password: write them as basic_auth with password_file", key)
		return ""
	}
	return strings.TrimSuffix(s, "/")
}

func duration(f *document.Fields, key string, to *sla.Millis, least, most sla.Millis) {
	n, ok := f.Get(key)
	if !ok {
		return
	}
	d, ok := n.Duration()
	if !ok {
		return
	}
	if d < least || d > most {
		n.Problem("%s must be from %s to %s", key, sla.FormatDuration(least), sla.FormatDuration(most))
		return
	}
	*to = d
}

func measuring(f *document.Fields) Measuring {
	m := Measuring{Interval: sla.Minute, FinaliseAfter: sla.Hour, BackfillLimit: 400 * sla.Day, Reconcile: "0 2 * * *"}
	duration(f, "interval", &m.Interval, 10*sla.Second, sla.Hour)
	duration(f, "finalise_after", &m.FinaliseAfter, 0, 31*sla.Day)
	duration(f, "backfill_limit", &m.BackfillLimit, 0, 3660*sla.Day)
	if n, ok := f.Get("reconcile"); ok {
		m.Reconcile, _ = n.Text()
		if m.Reconcile == Off {
			m.Reconcile = ""
		} else if err := cronexpr.Check(m.Reconcile); err != nil {
			n.Problem("%s", err)
		}
	}
	return m
}

func storage(f *document.Fields) Storage {
	s := Storage{Facts: 400 * sla.Day}
	duration(f, "facts", &s.Facts, 31*sla.Day, 36_600*sla.Day)
	return s
}

func (r reader) alerting(f *document.Fields) Alerting {
	a := Alerting{Mode: Push, Resend: sla.Minute}
	document.OneOf(f, "mode", &a.Mode, Push, Rules, Off)
	a.Labels = texts(f, "labels")
	duration(f, "resend", &a.Resend, 10*sla.Second, sla.Hour)
	a.DashboardURL = address(f, "dashboard_url", false)
	a.RunbookURL = address(f, "runbook_url", false)
	if n, ok := f.Get("alertmanagers"); ok {
		n.List(func(_ int, n document.Node) { a.Alertmanagers = append(a.Alertmanagers, r.alertmanager(n)) })
	}
	return a
}

func (r reader) alertmanager(n document.Node) Alertmanager {
	f := n.Fields()
	a := Alertmanager{Timeout: 10 * sla.Second, URL: address(f, "url", true)}
	duration(f, "timeout", &a.Timeout, sla.Second, sla.Minute)
	a.HTTP = r.http(f)
	f.Close()
	return a
}

// texts reads a mapping of names to texts.
func texts(f *document.Fields, key string) map[string]string {
	n, ok := f.Get(key)
	if !ok {
		return nil
	}
	out := map[string]string{}
	m := n.Fields()
	for _, k := range m.Keys() {
		if v, ok := m.Get(k); ok {
			out[k], _ = v.Text()
		}
	}
	return out
}

var formats = []string{"html", "pdf", "xlsx", "csv", "json"}

func reports(f *document.Fields) Reports {
	r := Reports{Schedule: "0 6 1-3 * *", Formats: []string{"html", "json", "csv"}, RequiredCompleteness: sla.Decimal{Coef: 95}, Language: "en"}
	if n, ok := f.Get("schedule"); ok {
		r.Schedule, _ = n.Text()
		if err := cronexpr.Check(r.Schedule); err != nil {
			n.Problem("%s", err)
		}
	}
	if n, ok := f.Get("formats"); ok {
		r.Formats = nil
		n.List(func(_ int, n document.Node) {
			s, _ := n.Scalar()
			if !slices.Contains(formats, s) {
				n.Problem("%q is not a format: there are %s", s, strings.Join(formats, ", "))
			} else if !slices.Contains(r.Formats, s) {
				r.Formats = append(r.Formats, s)
			}
		})
	}
	if n, ok := f.Get("required_completeness"); ok {
		if d, ok := n.Percent(); ok {
			r.RequiredCompleteness = d
			if d.Sign() < 0 || d.Cmp(sla.Decimal{Coef: 100}) > 0 {
				n.Problem("required_completeness must be from 0%% to 100%%")
			}
		}
	}
	document.OneOf(f, "language", &r.Language, "en")
	return r
}

func (r reader) metrics(f *document.Fields) Metrics {
	m := Metrics{SeriesLimit: DefaultSeriesLimit}
	if n, ok := f.Get("credits"); ok {
		m.Credits, _ = n.Bool()
	}
	if n, ok := f.Get("series_limit"); ok {
		v, _ := n.Int(0, 10_000_000)
		m.SeriesLimit = int(v)
	}
	if n, ok := f.Get("push"); ok {
		p := n.Fields()
		m.Push = &PushTo{URL: address(p, "url", true), Interval: 30 * sla.Second}
		duration(p, "interval", &m.Push.Interval, sla.Second, sla.Hour)
		m.Push.HTTP = r.http(p)
		p.Close()
	}
	return m
}
