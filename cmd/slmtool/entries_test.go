package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestFactsOfARunningSlmdArePrintedAsThoseOfADatabase(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/api/v1/indicators/score/entries" || r.FormValue("from") != "2026-01-10T13:00:00Z" || r.FormValue("to") != "2026-01-10T15:00:00Z" {
			t.Errorf("asked is %s", r.URL)
		}
		fmt.Fprint(w, `{"status":"success","data":[{"from":"2026-01-10T13:00:00Z","to":"2026-01-10T14:00:00Z","sum":"7.5","count":"2","unknown_seconds":0.5,"bridged_seconds":0,"definition":3}]}`)
	}))
	defer server.Close()
	f := entriesFlags{ledgerFlags{url: server.URL}, "score", "2026-01-10T13:00:00Z", "2026-01-10T15:00:00Z", "csv"}
	var out strings.Builder
	if err := printEntries(t.Context(), f, &out); err != nil {
		t.Fatal(err)
	}
	want := "from,to,sum,count,unknown_seconds,bridged_seconds,definition\n2026-01-10T13:00:00Z,2026-01-10T14:00:00Z,7.5,2,0.5,0,3\n"
	if out.String() != want {
		t.Errorf("got %s, want %s", out.String(), want)
	}
}

func TestCommandsThatNeedTheDatabaseItselfSaySo(t *testing.T) {
	remote := ledgerFlags{storage: t.TempDir(), url: "http://localhost:1", configFile: "slmd.yml"}
	local := remote
	local.url = ""
	for _, c := range []struct {
		err  error
		says string
	}{
		{backfill(t.Context(), measureFlags{ledgerFlags: remote, from: "2026-01-10", to: "2026-01-11"}, nil, nil), "a running slmd measures what is due by itself"},
		{backfill(t.Context(), measureFlags{ledgerFlags: local, from: "2999-01-10", to: "2999-01-11"}, nil, nil), "nothing to measure yet"},
		{checkDB(t.Context(), remote, nil), "--storage.path"},
		{checkDB(t.Context(), local, nil), "there is no database"},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.says) {
			t.Errorf("got %v, want %q", c.err, c.says)
		}
	}
}
