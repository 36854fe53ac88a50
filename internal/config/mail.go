package config

import (
	"net"
	"net/mail"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/slmd/slmd/internal/cronexpr"
	"github.com/slmd/slmd/internal/document"
)

// DefaultDigest is when digests are mailed: Monday morning.
const DefaultDigest = "0 6 * * 1"

// implicitPort is where smarthosts speak TLS from the first byte on (RFC 8314).
const implicitPort = "465"

func (r reader) mail(f *document.Fields) Mail {
	m := Mail{TLS: TLSMandatory, Digest: DefaultDigest}
	if n, ok := f.Need("smarthost"); ok {
		m.Smarthost, _ = n.Text()
		host, port, err := net.SplitHostPort(m.Smarthost)
		if err != nil || host == "" || port == "" {
			n.Problem("smarthost is %q: write host:port, such as localhost:25", m.Smarthost)
		}
		if port == implicitPort {
			m.TLS = TLSImplicit
		}
	}
	if n, ok := f.Need("from"); ok {
		m.From = mailbox(n)
	}
	if n, ok := f.Get("also_to"); ok {
		n.List(func(_ int, n document.Node) { m.AlsoTo = append(m.AlsoTo, mailbox(n)) })
	}
	document.OneOf(f, "tls", &m.TLS, TLSMandatory, TLSOpportunistic, TLSImplicit, TLSNone)
	r.mailSecrets(f, &m)
	if n, ok := f.Get("digest"); ok {
		m.Digest = digest(n)
	}
	f.Close()
	return m
}

// mailSecrets reads by what slmd and the smarthost know each other.
func (r reader) mailSecrets(f *document.Fields, m *Mail) {
	if n, ok := f.Get("tls_config"); ok {
		m.tls = hide("tls_config", n.Plain())
		c, err := loadHTTP(map[string]any{"tls_config": n.Plain()})
		if err != nil {
			n.Problem("tls_config: %s", strings.TrimPrefix(err.Error(), "the HTTP client: "))
		} else {
			c.SetDirectory(r.dir)
			m.TLSConfig = c.TLSConfig
		}
	}
	if n, ok := f.Get("password_file"); ok {
		s, _ := n.Text()
		m.PasswordFile = r.path(s)
	}
	if n, ok := f.Get("username"); ok {
		m.Username, _ = n.Text()
		switch {
		case m.TLS == TLSNone:
			n.Problem("username needs tls: without it the password could be read on its way")
		case m.PasswordFile == "":
			n.Problem("username needs password_file: write the path of a file that holds the password")
		}
	}
}

// digest reads a cron expression, or off.
func digest(n document.Node) string {
	s, _ := n.Scalar()
	if s == "off" || s == "false" {
		return ""
	}
	if err := cronexpr.Check(s); err != nil {
		n.Problem("%s", err)
	} else if strings.HasPrefix(s, "@every") {
		n.Problem("digest is %q: write times of the day, such as \"0 6 * * 1\", or off", s)
	}
	return s
}

func mailbox(n document.Node) string {
	s, _ := n.Text()
	if a, err := mail.ParseAddress(s); err != nil || a.Address != s {
		n.Problem("%q is not a mail address: write one such as slm@example.com", s)
	}
	return s
}

func (m Mail) redacted() yaml.MapSlice {
	out := yaml.MapSlice{{Key: "smarthost", Value: m.Smarthost}, {Key: "from", Value: m.From}}
	if len(m.AlsoTo) > 0 {
		out = append(out, yaml.MapItem{Key: "also_to", Value: m.AlsoTo})
	}
	out = append(out, yaml.MapItem{Key: "tls", Value: m.TLS})
	if m.tls != nil {
		out = append(out, yaml.MapItem{Key: "tls_config", Value: m.tls})
	}
	if m.Username != "" {
		out = append(out, yaml.MapItem{Key: "username", Value: m.Username})
	}
	if m.PasswordFile != "" {
		out = append(out, yaml.MapItem{Key: "password_file", Value: m.PasswordFile})
	}
	when := m.Digest
	if when == "" {
		when = "off"
	}
	return append(out, yaml.MapItem{Key: "digest", Value: when})
}
