package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slmd/slmd/internal/config"
	"github.com/slmd/slmd/internal/sla"
)

const full = `time_zone: Europe/Berlin
catalogue: [catalogue/]
sources:
  - name: main
    url: http://localhost:9090
    kind: auto
    lag: 30s
    timeout: 30s
    concurrency: 4
    headers: {X-Scope-OrgID: team-a, X-Api: hunter2-header}
    basic_auth: {username: slm, password_file: secrets/password}
    tls_config: {ca_file: ca.pem}
  - name: other
    url: https://metrics.example.com/prometheus/
    authorization: {credentials: hunter2-inline}
    no_proxy: localhost
    proxy_url: http://me:hunter2-proxy@proxy.example.com:3128
  - name: third
    url: https://metrics.example.com/
    oauth2: {client_id: slm, client_secret: hunter2-oauth, token_url: 'https://id.example.com/token?key=hunter2-url', endpoint_params: {pin: hunter2-pin}}
measuring: {interval: 1m, finalise_after: 1h, backfill_limit: 400d}
alerting:
  mode: push
  labels: {environment: prod}
  resend: 1m
  dashboard_url: https://grafana.example.com/
  runbook_url: https://wiki.example.com/alerts
  alertmanagers: [{url: http://localhost:9093, basic_auth: {username: a, password: hunter2-am}}]
reports: {schedule: "0 6 1-3 * *", formats: [html, pdf, xlsx, csv, json], required_completeness: 95%, language: en}
mail: {smarthost: "localhost:25", from: slm@example.com, also_to: [slm-team@example.com], tls: mandatory, username: slm, password_file: secrets/mail, tls_config: {ca_file: mail.pem, cert_file: cert.pem, key: hunter2-key}, digest: "0 7 * * *"}
metrics: {credits: false, push: {url: "http://victoria:8428/api/v1/import/prometheus?extra=hunter2-push", interval: 30s}, series_limit: 20000}
`

func parse(t *testing.T, text string) *config.Config {
	t.Helper()
	c, err := config.Parse("/etc/slmd/slmd.yml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestEveryFieldIsReadAndPathsBeginAtTheFile(t *testing.T) {
	c := parse(t, full)
	s := c.Sources[0]
	if c.Zone != "Europe/Berlin" || c.Catalogue[0] != "/etc/slmd/catalogue/" || s.Name != "main" || s.Lag != 30*sla.Second || s.HTTP.Headers["X-Scope-OrgID"] != "team-a" {
		t.Errorf("got %+v", c)
	}
	if got := s.HTTP.Client.BasicAuth.PasswordFile; got != "/etc/slmd/secrets/password" {
		t.Errorf("the password is looked for in %s", got)
	}
	if got := s.HTTP.Client.TLSConfig.CAFile; got != "/etc/slmd/ca.pem" {
		t.Errorf("the authority is looked for in %s", got)
	}
	if c.Sources[1].URL != "https://metrics.example.com/prometheus" || !c.Sources[1].HTTP.Client.FollowRedirects {
		t.Errorf("got %+v", c.Sources[1])
	}
	if c.Measuring.BackfillLimit != 400*sla.Day || c.Alerting.Alertmanagers[0].URL != "http://localhost:9093" || c.Mail.AlsoTo[0] != "slm-team@example.com" || c.Mail.PasswordFile != "/etc/slmd/secrets/mail" || c.Mail.TLSConfig.CAFile != "/etc/slmd/mail.pem" || c.Mail.Digest != "0 7 * * *" || c.Alerting.DashboardURL != "https://grafana.example.com" || c.Metrics.Push.Interval != 30*sla.Second {
		t.Errorf("got %+v", c)
	}
}

func TestWhatIsNotSaidHasItsDefault(t *testing.T) {
	c := parse(t, "sources: [{name: main, url: http://localhost:9090}]\n")
	s := c.Sources[0]
	if c.Zone != "UTC" || s.Kind != "auto" || s.Lag != 30*sla.Second || s.Timeout != 30*sla.Second || s.Concurrency != 4 {
		t.Errorf("got %+v", c)
	}
	if c.Measuring.Interval != sla.Minute || c.Measuring.FinaliseAfter != sla.Hour || c.Alerting.Mode != config.Push || c.Mail != nil || c.Metrics.SeriesLimit != 20_000 || c.Reports.RequiredCompleteness.String() != "95" {
		t.Errorf("got %+v", c)
	}
}

func TestNoSecretIsShown(t *testing.T) {
	shown, err := parse(t, full).Redacted()
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(shown, "hunter2") {
		t.Errorf("a secret is shown:\n%s", shown)
	}
	for _, want := range []string{"password_file: secrets/password", "X-Scope-OrgID: team-a", "X-Api: <secret>", "time_zone: Europe/Berlin", "resend: 1m", "dashboard_url: https://grafana.example.com", "password_file: /etc/slmd/secrets/mail", "ca_file: mail.pem", "token_url: https://id.example.com/token?<secret>"} {
		if !strings.Contains(shown, want) {
			t.Errorf("%q is missing from\n%s", want, shown)
		}
	}
}

func TestWhatIsWrongIsSaidAtOnceWithItsPlaceAndWithoutSecrets(t *testing.T) {
	for text, want := range map[string]string{
		"sources: [{name: main, url: localhost:9090}]":                                              "f:1:29: url is not the address of a server: write one such as http://localhost:9090",
		"sources: [{name: main, url: 'http://u:hunter2@h'}]":                                        "f:1:29: url holds a name or password: write them as basic_auth with password_file",
		"sources: [{name: main, url: http://h, basic_auth: {username: a, pasword: hunter2}}]":       "f:1:51: the HTTP client: unknown field pasword",
		"sources: [{name: main, url: http://h, basic_auth: {password: hunter2, password_file: b}}]": "f:1:51: the HTTP client: at most one of basic_auth password, password_file & password_ref must be configured",
		"sources: [{name: main, url: http://h, basic_auht: {}}]":                                    `f:1:39: unknown field "basic_auht": did you mean basic_auth?`,
		"sources: [{name: a, url: http://h}, {name: a, url: http://h}]\nmeasurin: {}":               "f:1:44: two sources are named \"a\": give one of them another name\nf:2:1: unknown field \"measurin\": did you mean measuring?",
		"reports: {schedule: 'TZ=', formats: [doc]}":                                                "f:1:21: the schedule \"TZ=\" names a time zone: schedules are in UTC, leave the zone out\nf:1:38: \"doc\" is not a format: there are html, pdf, xlsx, csv, json",
		"alerting: {mode: both}":                     `f:1:18: mode is "both": write one of push, rules, off`,
		"measuring: {interval: 1s}":                  "f:1:23: interval must be from 10s to 1h",
		"mail: {smarthost: localhost, from: nobody}": "f:1:19: smarthost is \"localhost\": write host:port, such as localhost:25\nf:1:36: \"nobody\" is not a mail address: write one such as slm@example.com",
		"mail: {smarthost: 'm:25', from: a@b, username: x, password_file: y, tls: none}": "f:1:48: username needs tls: without it the password could be read on its way",
		"mail: {smarthost: 'm:25', from: a@b, username: x}":                              "f:1:48: username needs password_file: write the path of a file that holds the password",
		"mail: {smarthost: 'm:25', from: a@b, tls_config: {ca_fiel: hunter2}}":           "f:1:50: tls_config: unknown field ca_fiel",
		"mail: {smarthost: 'm:25', from: a@b, digest: weekly}":                           `f:1:46: the schedule "weekly" is not a cron expression (expected exactly 5 fields, found 1: [weekly]): write five fields such as "*/5 * * * *", or @hourly, @daily, @every 5m`,
		"time_zone: Berlin": `f:1:12: "Berlin" is not a time zone: write a name such as Europe/Berlin or UTC`,
		"sources: [{name: main, url: http://h, authorization: {type: Basic, credentials: hunter2}}]": `f:1:54: the HTTP client: authorization type cannot be set to "basic", use "basic_auth" instead`,
	} {
		_, err := config.Parse("f", []byte(text+"\n"))
		if err == nil {
			t.Errorf("%q: nothing is wrong", text)
			continue
		}
		if err.Error() != want {
			t.Errorf("%q\n got: %s\nwant: %s", text, err, want)
		}
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: the error shows a secret: %s", text, err)
		}
	}
}

func TestAFileThatIsNotThereIsNamed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "slmd.yml")
	if _, err := config.Load(path); err == nil || err.Error() != path+": no such file or directory" {
		t.Errorf("got %v", err)
	}
	if err := os.WriteFile(path, []byte("time_zone: UTC\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if c, err := config.Load(path); err != nil || c.Zone != "UTC" {
		t.Errorf("got %+v, %v", c, err)
	}
}

func TestMailGoesThroughTLSUnlessSaidOtherwise(t *testing.T) {
	for text, want := range map[string]string{
		"'m:25'":            config.TLSMandatory,
		"'m:587'":           config.TLSMandatory,
		"'m:465'":           config.TLSImplicit,
		"'m:25', tls: none": config.TLSNone,
	} {
		c := parse(t, "mail: {from: a@b, smarthost: "+text+"}\n")
		if c.Mail.TLS != want || c.Mail.Digest != config.DefaultDigest {
			t.Errorf("%s: tls %s, digest %q", text, c.Mail.TLS, c.Mail.Digest)
		}
	}
	if c := parse(t, "mail: {from: a@b, smarthost: 'm:25', digest: off}\n"); c.Mail.Digest != "" {
		t.Errorf("digest off is %q", c.Mail.Digest)
	}
}
