package wording

import "github.com/slmd/slmd/internal/sla"

// State says a verdict's state in words.
func (l Language) State(s sla.State) string {
	switch s {
	case sla.AtRisk:
		return "at risk"
	case sla.NoData:
		return "no data"
	default:
		return string(s)
	}
}

// Symbol gives the sign that stands for a state beside its colour.
func Symbol(s sla.State) string {
	switch s {
	case sla.Met:
		return "✓"
	case sla.AtRisk:
		return "▲"
	case sla.Failing:
		return "▼"
	case sla.Breached:
		return "✕"
	default:
		return "–"
	}
}

// Letter gives the letter that stands for a state where colours and signs do not print.
func (l Language) Letter(s sla.State) string {
	switch s {
	case sla.Met:
		return "M"
	case sla.AtRisk:
		return "R"
	case sla.Failing:
		return "F"
	case sla.Breached:
		return "B"
	default:
		return "?"
	}
}

// Blame says who caused an outage.
func (l Language) Blame(class sla.AttributionClass) string {
	switch class {
	case sla.ByThirdParty:
		return "third party"
	case sla.ByForceMajeure:
		return "force majeure"
	default:
		return string(class)
	}
}

// Category says why time is excluded.
func (l Language) Category(c sla.Category) string {
	switch c {
	case sla.ForceMajeure:
		return "force majeure"
	case sla.CustomerCaused:
		return "caused by the customer"
	default:
		return string(c)
	}
}
