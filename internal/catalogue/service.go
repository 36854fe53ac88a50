package catalogue

import (
	"net/mail"

	"github.com/slmd/slmd/internal/document"
	"github.com/slmd/slmd/internal/sla"
)

// text reads an optional text.
func text(f *document.Fields, key string, to *string) {
	if n, ok := f.Get(key); ok {
		if s, ok := n.Text(); ok {
			if len(s) > maxText {
				n.Problem("%s is longer than %d bytes: shorten it", key, maxText)
			}
			*to = s
		}
	}
}

// maxText bounds titles, descriptions and reasons.
const maxText = 4096

// name reads the name that the item must have.
func name(f *document.Fields) string {
	n, ok := f.Need("name")
	if !ok {
		return ""
	}
	s, _ := n.Name()
	return s
}

// ref reads an optional reference to something by its name.
func ref(f *document.Fields, key string, to *string) {
	if n, ok := f.Get(key); ok {
		*to, _ = n.Name()
	}
}

// needRef reads a reference that must be there.
func needRef(f *document.Fields, key string, to *string) {
	if n, ok := f.Need(key); ok {
		*to, _ = n.Name()
	}
}

// refs reads a list of names.
func refs(f *document.Fields, key string) []string {
	var out []string
	if n, ok := f.Get(key); ok {
		n.List(func(_ int, n document.Node) {
			if s, ok := n.Name(); ok {
				out = append(out, s)
			}
		})
	}
	return out
}

// labels reads a mapping of label names and values.
func labels(f *document.Fields, key string) map[string]string {
	n, ok := f.Get(key)
	if !ok {
		return nil
	}
	out := map[string]string{}
	m := n.Fields()
	for _, k := range m.Keys() {
		if !validLabel(k) {
			m.KeyProblem(k, "%q is not a label name: write letters, digits and _, beginning with a letter", k)
		}
		var v string
		text(m, k, &v)
		out[k] = v
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

func validLabel(s string) bool {
	for i, r := range s {
		letter := r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return s != "" && len(s) <= 128 && (len(s) < 2 || s[:2] != "__")
}

func money(f *document.Fields, key string) *sla.Money {
	if n, ok := f.Get(key); ok {
		if m, ok := n.Money(); ok {
			return &m
		}
	}
	return nil
}

func percent(f *document.Fields, key string) *sla.Decimal {
	if n, ok := f.Get(key); ok {
		if d, ok := n.Percent(); ok {
			return &d
		}
	}
	return nil
}

func decimal(f *document.Fields, key string) *sla.Decimal {
	if n, ok := f.Get(key); ok {
		if d, ok := n.Decimal(); ok {
			return &d
		}
	}
	return nil
}

func duration(f *document.Fields, key string, to *sla.Millis) {
	if n, ok := f.Get(key); ok {
		if d, ok := n.Duration(); ok {
			*to = d
		}
	}
}

func (r *Reader) party(n document.Node) sla.Party {
	f := n.Fields()
	p := sla.Party{Name: name(f)}
	text(f, "title", &p.Title)
	if f.Has("role") {
		document.OneOf(f, "role", &p.Role, sla.Customer, sla.Internal, sla.Supplier)
	} else {
		f.Need("role")
	}
	if c, ok := f.Get("contacts"); ok {
		c.List(func(_ int, n document.Node) { p.Contacts = append(p.Contacts, contact(n)) })
	}
	f.Close()
	return p
}

func contact(n document.Node) sla.Contact {
	f := n.Fields()
	var c sla.Contact
	text(f, "name", &c.Name)
	if n, ok := f.Get("email"); ok {
		c.Email, _ = n.Text()
		if a, err := mail.ParseAddress(c.Email); err != nil || a.Address != c.Email {
			n.Problem("%q is not a mail address: write one such as kim@example.com", c.Email)
		}
	}
	if !f.Has("name") && !f.Has("email") {
		f.Problem("a contact needs a name or an email")
	}
	f.Close()
	return c
}

func (r *Reader) service(n document.Node) sla.Service {
	f := n.Fields()
	s := sla.Service{Name: name(f), Status: sla.Live}
	text(f, "title", &s.Title)
	text(f, "description", &s.Description)
	document.OneOf(f, "status", &s.Status, sla.Proposed, sla.UnderDevelopment, sla.Live, sla.Retired)
	ref(f, "owner", &s.Owner)
	ref(f, "business_owner", &s.BusinessOwner)
	if n, ok := f.Get("priority"); ok {
		v, _ := n.Int(1, 99)
		s.Priority = int(v)
	}
	s.DependsOn = refs(f, "depends_on")
	s.Labels = labels(f, "labels")
	if l, ok := f.Get("levels"); ok {
		l.List(func(_ int, n document.Node) { s.Levels = append(s.Levels, level(n)) })
	}
	f.Close()
	return s
}

func level(n document.Node) sla.Level {
	f := n.Fields()
	l := sla.Level{Name: name(f), Charge: money(f, "charge")}
	if n, ok := f.Need("target"); ok {
		l.Target, _ = n.Percent()
	}
	f.Close()
	return l
}
