package app_test

import (
	"context"
	"net"
	"os"
	"strings"
	"testing"

	"github.com/slmd/slmd/internal/app"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/testkit"
)

func TestFault_E20_AReloadThatFailsKeepsAllThatWasInForce(t *testing.T) {
	begin := march.Add(sla.Day)
	s := newStage(t, set{catalogue: corner, now: begin})
	srv := serve(t, cornerShop(t, sla.Span{From: march, To: begin.Add(3 * sla.Hour)}, busy), &s.clock)
	good := set{catalogue: corner, source: srv.URL()}
	s.configure(good)
	s.open()
	s.round()
	bomb := "version: 1\na: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
	for name, c := range map[string]struct {
		set  set
		want string
	}{
		"an unknown field":            {set{catalogue: corner + "colour: green\n", source: srv.URL()}, "catalogue.yml:"},
		"a target of 101 %":           {set{catalogue: strings.Replace(corner, "target: 99%", "target: 101%", 1), source: srv.URL()}, "101"},
		"a file cut in the middle":    {set{catalogue: corner[:len(corner)-30], source: srv.URL()}, "catalogue.yml:"},
		"aliases that multiply":       {set{catalogue: bomb, source: srv.URL()}, "catalogue.yml"},
		"a source nobody names":       {set{catalogue: strings.Replace(corner, "{name: probe, ", "{name: probe, source: elsewhere, ", 1), source: srv.URL()}, `"elsewhere"`},
		"a configuration of no sense": {set{catalogue: corner, source: srv.URL(), config: "colours: many\n"}, "slmd.yml:"},
		"no source at all":            {set{catalogue: corner}, "no data source"},
	} {
		s.configure(c.set)
		err := s.app.Reload(context.Background())
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: the reload says %v, want %q in it", name, err, c.want)
		}
		if !strings.Contains(metrics(t, s), "slmd_config_last_reload_successful 0") || !strings.Contains(s.log.String(), "what was in force stays in force") {
			t.Errorf("%s: neither gauge nor log say that the reload failed", name)
		}
		before := len(s.entries()["probe"])
		s.clock.add(sla.Minute)
		s.round()
		if got := len(s.entries()["probe"]); got != before+1 {
			t.Errorf("%s: %d entries after the reload, want one more than %d", name, got, before)
		}
		cat, err := s.read().Catalogue(context.Background())
		if err != nil || cat.Indicator("probe").Source != "" || cat.Agreements[0].Objectives[0].Target.String() != "99" || len(cat.Agreements) != 1 {
			t.Errorf("%s: the catalogue was changed (%v)", name, err)
		}
		s.configure(good)
		if err := s.app.Reload(context.Background()); err != nil || !strings.Contains(metrics(t, s), "slmd_config_last_reload_successful 1") {
			t.Errorf("%s, mended: %v", name, err)
		}
	}
}

func TestADaemonThatCannotStartSaysWhyInOneSentence(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for name, c := range map[string]struct {
		spoil func(s *stage)
		want  []string
	}{
		"a port in use": {
			func(s *stage) { s.o.Listen = []string{"127.0.0.1:0", taken.Addr().String()} },
			[]string{taken.Addr().String(), "address already in use"},
		},
		"a database in use": {func(s *stage) {
			other, err := app.New(context.Background(), s.o)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = other.Stop(context.Background()) })
		}, []string{"slmd.db", "in use by another slmd process", "--slmd.url"}},
		"a directory that is a file": {func(s *stage) { s.write("data", "") }, []string{"data", "not a directory"}},
		"a web configuration without its certificate": {func(s *stage) {
			s.write("web.yml", "tls_server_config: {cert_file: no.crt, key_file: no.key}\n")
			s.o.WebConfigFile = s.path("web.yml")
		}, []string{"web.yml", "no.crt"}},
		"no configuration": {func(s *stage) { s.o.ConfigFile = s.path("other.yml") }, []string{"other.yml", "no such file"}},
		"no catalogue":     {func(s *stage) { _ = os.Remove(s.path("catalogue.yml")) }, []string{"catalogue.yml", "no such file"}},
	} {
		s := newStage(t, set{catalogue: corner, source: "http://127.0.0.1:1", now: march})
		c.spoil(s)
		a, err := app.New(context.Background(), s.o)
		if err == nil {
			_ = a.Stop(context.Background())
			t.Errorf("%s: the daemon starts", name)
			continue
		}
		for _, want := range c.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %q does not say %q", name, err, want)
			}
		}
		if strings.Count(strings.TrimSpace(err.Error()), "\n") > 1 {
			t.Errorf("%s: more than a sentence is said: %q", name, err)
		}
	}
}

func TestADaemonThatCannotStartGivesBackWhatItHadTaken(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	free := testkit.FreeAddress(t)
	s := newStage(t, set{catalogue: corner, source: "http://127.0.0.1:1", now: march})
	s.o.Listen = []string{free, taken.Addr().String()}
	if _, err := app.New(context.Background(), s.o); err == nil {
		t.Fatal("the daemon starts on a port in use")
	}
	again, err := net.Listen("tcp", free)
	if err != nil {
		t.Fatalf("the first port is still taken: %v", err)
	}
	again.Close()
	s.o.Listen = nil
	s.open() // the database is free as well
}
