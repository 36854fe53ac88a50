package judge

import (
	"errors"
	"strings"
	"testing"

	"github.com/slmd/slmd/internal/sla"
)

// wantError asks for an error that says all of the words.
func wantError(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("no error, want one of %q", words)
		return
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%q does not say %q", err, w)
		}
	}
}

func TestWhatCannotBeReadIsSaidWithWhatWasBeingDone(t *testing.T) {
	k := newCompany()
	k.promise(sla.SLA, "shop", "99", one("host"))
	k.promise(sla.UC, "host", "99")
	k.outage("shop", 100, 110)
	shop, host := &k.Agreements[0], &k.Agreements[1]
	nowhere := &sla.Calendar{Name: "office", Zone: "Nowhere"}
	judge := func() error { _, err := k.book().Judge("shop", november, november.To); return err }
	burn := func() error { _, err := k.book().Burn("shop", "availability", november.To); return err }

	shop.Calendar = nowhere
	wantError(t, judge(), "judging availability of shop in", "service hours of shop", "Nowhere")
	wantError(t, burn(), "burn rates of availability of shop", "Nowhere")
	_, err := Coverage(&k.Catalogue, shop)
	wantError(t, err, "coverage of shop by host", "Nowhere")
	shop.Calendar = nil

	host.Calendar = nowhere
	wantError(t, judge(), "attribution of availability of shop", "service hours of host")
	_, err = Coverage(&k.Catalogue, shop)
	wantError(t, err, "coverage of shop by host", "Nowhere")
	host.Calendar = nil

	host.Zone = "Nowhere"
	wantError(t, judge(), "attribution of availability of shop", "Nowhere")
	host.Zone = "UTC"

	k.Exclusions = []sla.Exclusion{{Name: "patching", Services: []string{"s"}, Every: &sla.Recurrence{Cron: "no", Zone: "UTC", Lasts: 1}, ApprovedBy: "kim"}}
	wantError(t, judge(), "planned time of s", "exclusion patching")
	wantError(t, burn(), "planned time of s")
	if _, err := Excluded("s", k.Exclusions, 0); err == nil {
		t.Error("an exclusion that cannot be read holds or not")
	}
	k.Exclusions = nil

	at := sla.MustDecimal("50")
	shop.Objectives[0].Method, shop.Objectives[0].Slices = sla.Timeslices, &sla.Slices{Length: sla.Minute, BadAt: &at}
	shop.Zone = "Nowhere"
	wantError(t, burn(), "burn rates of availability of shop", "Nowhere")
}

// leaning gives a shop that relies on a host and on two that stand in for each
// other, and has an outage.
func leaning() *company {
	k := newCompany()
	k.promise(sla.SLA, "shop", "99", one("host"), any1("b1", "b2"))
	for _, name := range []string{"host", "b1", "b2"} {
		k.promise(sla.UC, name, "99")
	}
	k.outage("shop", 100, 110)
	return k
}

func TestFactsThatCannotBeReadAreAnError(t *testing.T) {
	k, gone := leaning(), errors.New("the disk is gone")
	for _, name := range []string{"shop", "host", "b1", "b2"} {
		b := k.book()
		read := b.Facts
		b.Facts = func(indicator string, s sla.Span) ([]sla.Entry, error) {
			if indicator == name {
				return nil, gone
			}
			return read(indicator, s)
		}
		if _, err := b.Judge("shop", november, november.To); !errors.Is(err, gone) || !strings.Contains(err.Error(), "reading the facts of "+name) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := b.Burn(name, "availability", november.To); !errors.Is(err, gone) {
			t.Errorf("burn rates of %s: %v", name, err)
		}
	}
}

func TestFactsThatCannotBeReadAnyMoreAreAnError(t *testing.T) {
	k, gone := leaning(), errors.New("the disk is gone")
	for readable := 0; ; readable++ {
		b, reads := k.book(), 0
		read := b.Facts
		b.Facts = func(indicator string, s sla.Span) ([]sla.Entry, error) {
			if reads++; reads > readable {
				return nil, gone
			}
			return read(indicator, s)
		}
		_, err := b.Judge("shop", november, november.To)
		if reads <= readable {
			if readable < 5 { // of the shop twice: to judge it and to attribute its outages
				t.Errorf("the facts were read %d times", reads)
			}
			return
		}
		if !errors.Is(err, gone) {
			t.Errorf("read %d times and then no more: %v", readable, err)
		}
	}
}

func TestAVerdictOfWhatTheBookDoesNotHoldCannotBeAttributed(t *testing.T) {
	k := newCompany()
	k.promise(sla.SLA, "shop", "99", one("host"))
	k.promise(sla.UC, "host", "99")
	k.outage("shop", 100, 110)
	v := k.verdicts(t, "shop", november, november.To)[0]
	for _, change := range []func(*sla.Verdict){
		func(v *sla.Verdict) { v.Version = 2 },
		func(v *sla.Verdict) { v.Objective = "speed" },
		func(v *sla.Verdict) { v.Agreement = "market" },
	} {
		other := v
		change(&other)
		wantError(t, k.book().Attribute(&other, november.To), "attribution")
	}
	other := v
	other.Version, other.Outages = 2, nil
	if err := k.book().Attribute(&other, november.To); err != nil {
		t.Errorf("nothing to attribute: %v", err)
	}
	k.Indicators = k.Indicators[:0]
	if vs := k.verdicts(t, "shop", november, november.To); len(vs) != 0 {
		t.Errorf("without an indicator: %+v", vs)
	}
	_, err := k.book().Burn("shop", "availability", november.To)
	wantError(t, err, "no indicator shop")
	_, err = k.book().Burn("market", "availability", november.To)
	wantError(t, err, "no objective availability of an agreement market")
}
