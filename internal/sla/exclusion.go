package sla

// Category is why time is excluded.
type Category string

// Categories of exclusions.
const (
	Maintenance     Category = "maintenance"
	ForceMajeure    Category = "force_majeure"
	CustomerCaused  Category = "customer"
	AgreedExclusion Category = "agreed"
)

// Recurrence is an exclusion that comes back: starts by a five-field cron
// expression in the wall-clock time of Zone, each for the elapsed time Lasts;
// starts lie within Valid.
type Recurrence struct {
	Cron  string `json:"cron"`
	Lasts Millis `json:"lasts"`
	Zone  string `json:"time_zone"`
	Valid Span   `json:"valid"`
}

// Exclusion is time that an agreement treats apart, such as planned
// maintenance. Without an approval it has no effect.
type Exclusion struct {
	Name       string      `json:"name"`
	Services   []string    `json:"services"`
	Category   Category    `json:"category"`
	Reason     string      `json:"reason,omitempty"`
	Span       Span        `json:"span,omitzero"` // unless it recurs
	Every      *Recurrence `json:"every,omitempty"`
	ApprovedBy string      `json:"approved_by,omitempty"`
	ApprovedOn *Date       `json:"approved_on,omitempty"`
	Withdrawn  bool        `json:"withdrawn,omitempty"`
}

// Approved reports whether somebody approved the exclusion and nobody withdrew it.
func (x *Exclusion) Approved() bool { return x.ApprovedBy != "" && !x.Withdrawn }

// Covers reports whether the exclusion names the service.
func (x *Exclusion) Covers(service string) bool {
	for _, s := range x.Services {
		if s == service {
			return true
		}
	}
	return false
}
