package catalogue

import (
	"fmt"
	"time"

	"github.com/slmd/slmd/internal/calendar"
)

// loadZone gives a zone of the built-in time zone database.
func loadZone(name string) (*time.Location, error) {
	loc, err := calendar.Zone(name)
	if err != nil {
		return nil, fmt.Errorf("%q is not a time zone: write a name such as Europe/Berlin or UTC", name)
	}
	return loc, nil
}
