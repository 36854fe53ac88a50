package catalogue

import (
	"fmt"
	"time"
	_ "time/tzdata" // the same zones on every machine
)

// loadZone gives a zone of the built-in time zone database.
func loadZone(name string) (*time.Location, error) {
	loc, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" {
		return nil, fmt.Errorf("%q is not a time zone: write a name such as Europe/Berlin or UTC", name)
	}
	return loc, nil
}
