package app

import (
	"fmt"
	"testing"
	"time"
)

func TestDaemonsBeginTheirSecondLookSpreadOverTheHour(t *testing.T) {
	quarters := map[time.Duration]int{}
	for n := range 200 {
		name := fmt.Sprintf("http://slmd-%d.example.com", n)
		at := spread(name, time.Hour)
		if at < 0 || at >= time.Hour || at != spread(name, time.Hour) {
			t.Fatalf("%s begins %s after the hour", name, at)
		}
		quarters[at/(15*time.Minute)]++
	}
	for quarter := range time.Duration(4) {
		if n := quarters[quarter]; n < 20 {
			t.Errorf("%d of 200 daemons begin in quarter %d of the hour", n, quarter)
		}
	}
}
