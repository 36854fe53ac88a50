package web

import (
	"context"

	"github.com/slmd/slmd/internal/sla"
)

// sight is what the pages over all objectives look at: the standings of the last
// round with what they are ordered by, and the catalogue by name.
type sight struct {
	looks     []look
	catalogue *sla.Catalogue
	services  map[string]*sla.Service
	parties   map[string]string // titles
}

// look is an objective with how it stands.
type look struct {
	*sla.Standing
	state    sla.State
	severity int
	left     *int64 // of the error budget, in millionths; nil without one
	then     *then  // how it came out of the period that is looked at; nil: as it stands now
}

// round tells one round, and one catalogue, from the next: each makes them anew.
type round struct {
	first     *sla.Standing
	catalogue *sla.Catalogue
}

func (h *handler) round() round {
	r := round{catalogue: h.o.Catalogue()}
	if s := h.o.Standings(); len(s) > 0 {
		r.first = &s[0]
	}
	return r
}

// minute is a round while its minute lasts: what else a page shows, such as a
// review that was issued, is no older than that.
type minute struct {
	round
	at sla.Instant
}

func (h *handler) minute() minute {
	now := h.o.Now()
	return minute{h.round(), now - now%sla.Instant(sla.Minute)}
}

// sight gives what is looked at, worked out once a round.
func (h *handler) sight(ctx context.Context) (*sight, error) {
	return h.sights.get(ctx, struct{}{}, func(context.Context) (*sight, error) {
		standings, catalogue := h.o.Standings(), h.o.Catalogue()
		s := &sight{
			catalogue: catalogue, looks: make([]look, len(standings)),
			services: make(map[string]*sla.Service, len(catalogue.Services)), parties: make(map[string]string, len(catalogue.Parties)),
		}
		for i := range standings {
			s.looks[i] = lookAt(&standings[i])
		}
		for i := range catalogue.Services {
			s.services[catalogue.Services[i].Name] = &catalogue.Services[i]
		}
		for i := range catalogue.Parties {
			s.parties[catalogue.Parties[i].Name] = titled(catalogue.Parties[i].Title, catalogue.Parties[i].Name)
		}
		return s, nil
	})
}

func lookAt(s *sla.Standing) look {
	l := look{Standing: s, state: sla.NoData}
	if v := s.Current; v != nil {
		l.state = v.State
		if v.Budget != nil && v.Compliance != nil {
			l.left = v.Budget.LeftMillionths()
		}
	}
	l.severity = severity(l.state)
	return l
}

// service gives a service; one that the catalogue does not have has its name only.
func (s *sight) service(name string) *sla.Service {
	if found := s.services[name]; found != nil {
		return found
	}
	return &sla.Service{Name: name}
}

func (s *sight) party(name string) string {
	if title := s.parties[name]; title != "" {
		return title
	}
	return name
}
