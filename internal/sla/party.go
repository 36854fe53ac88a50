package sla

// Role is what a party is to us.
type Role string

// Roles of parties.
const (
	Customer Role = "customer"
	Internal Role = "internal"
	Supplier Role = "supplier"
)

// Contact is a person who hears of a party's matters.
type Contact struct {
	Name  string `json:"name,omitempty"`
	Email string `json:"email,omitempty"`
}

// Party is somebody who provides or receives a service.
type Party struct {
	Name     string    `json:"name"`
	Title    string    `json:"title,omitempty"`
	Role     Role      `json:"role"`
	Contacts []Contact `json:"contacts,omitempty"`
}

// ServiceStatus is where a service is in its life.
type ServiceStatus string

// Statuses of a service.
const (
	Proposed         ServiceStatus = "proposed"
	UnderDevelopment ServiceStatus = "under_development"
	Live             ServiceStatus = "live"
	Retired          ServiceStatus = "retired"
)

// Level is one of the levels at which a service can be had.
type Level struct {
	Name   string  `json:"name"`
	Target Decimal `json:"target"` // percent
	Charge *Money  `json:"charge,omitempty"`
}

// Service is what a customer gets.
type Service struct {
	Name          string            `json:"name"`
	Title         string            `json:"title,omitempty"`
	Description   string            `json:"description,omitempty"`
	Status        ServiceStatus     `json:"status"`
	Owner         string            `json:"owner,omitempty"`
	BusinessOwner string            `json:"business_owner,omitempty"`
	Priority      int               `json:"priority,omitempty"`
	DependsOn     []string          `json:"depends_on,omitempty"`
	Labels        map[string]string `json:"labels,omitempty"`
	Levels        []Level           `json:"levels,omitempty"`
}
