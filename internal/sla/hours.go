package sla

// Clock is a reading of a wall clock in milliseconds since midnight, 0 to 24:00.
type Clock = Millis

// ClockSpan is a stretch of a day, half open; To may be 24:00.
type ClockSpan struct {
	From Clock `json:"from"`
	To   Clock `json:"to"`
}

// Date is a day of the calendar as it is written, 2026-12-25.
type Date struct {
	Year  int `json:"year"`
	Month int `json:"month"`
	Day   int `json:"day"`
}

// SpecialDay replaces the hours of one date; it overrides a holiday.
type SpecialDay struct {
	Date  Date        `json:"date"`
	Hours []ClockSpan `json:"hours"`
}

// Calendar says when a service is to be there: an instant counts if the clock
// of the calendar's zone then shows a time within the hours.
type Calendar struct {
	Name string `json:"name"`
	Zone string `json:"time_zone"`
	// Week holds the hours by day, Sunday first as in time.Weekday.
	Week     [7][]ClockSpan `json:"week"`
	Holidays []Date         `json:"holidays,omitempty"`
	Special  []SpecialDay   `json:"special,omitempty"`
}
