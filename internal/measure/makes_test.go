package measure

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"

	"github.com/slmd/slmd/internal/sla"
)

// heard is what a server was asked.
type heard struct {
	path   string
	form   url.Values
	header http.Header
}

// listening answers every query with nothing, and keeps what it was asked.
func listening(t *testing.T) (string, func() []heard) {
	t.Helper()
	var mu sync.Mutex
	var all []heard
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		all = append(all, heard{r.URL.Path, r.Form, r.Header})
		if r.URL.Path != "/tenant/api/v1/query" {
			http.NotFound(w, r)
			return
		}
		fmt.Fprint(w, `{"status":"success","data":{"resultType":"matrix","result":[]}}`)
	}))
	t.Cleanup(srv.Close)
	return srv.URL + "/tenant", func() []heard {
		mu.Lock()
		defer mu.Unlock()
		return all
	}
}

func TestEveryMakeIsAskedInItsOwnWords(t *testing.T) {
	for kind, want := range map[SourceKind]map[string]string{
		Prometheus:      {"nocache": "", "partial_response": "", "max_source_resolution": "", "dedup": ""},
		VictoriaMetrics: {"nocache": "1", "deny_partial_response": "1", "partial_response": ""},
		Thanos:          {"partial_response": "false", "max_source_resolution": "0s", "dedup": "true", "nocache": ""},
		Mimir:           {"nocache": "", "partial_response": ""},
		Auto:            {"nocache": "1", "partial_response": ""},
	} {
		t.Run(string(kind), func(t *testing.T) {
			address, asked := listening(t)
			src, err := New(Options{Name: "main", URL: address, Kind: kind, HTTP: &http.Client{}, Headers: map[string]string{"X-Scope-OrgID": "team-a"}})
			if err != nil {
				t.Fatal(err)
			}
			// Once a minute behind, once a day.
			src.Measure(t.Context(), []Task{{Indicator: ratio(), Cursor: start}}, start.Add(sla.Minute))
			src.Measure(t.Context(), []Task{{Indicator: ratio(), Cursor: start}}, start.Add(sla.Day))
			paths := map[string]bool{}
			for _, q := range asked() {
				paths[q.path] = true
				if got := q.header.Get("X-Scope-OrgID"); got != "team-a" {
					t.Errorf("%s was asked for the tenant %q", q.path, got)
				}
				if q.path != "/tenant/api/v1/query" {
					continue
				}
				for name, value := range want {
					if got := q.form.Get(name); got != value {
						t.Errorf("%s is %q, want %q", name, got, value)
					}
				}
				if q.form.Get("timeout") != "30s" || q.form.Get("query") == "" || q.form.Get("time") == "" {
					t.Errorf("asked was %v", q.form)
				}
			}
			streams := kind == Prometheus || kind == Mimir || kind == Auto
			exports := kind == VictoriaMetrics || kind == Auto
			if paths["/tenant/api/v1/read"] != streams || paths["/tenant/api/v1/export"] != exports {
				t.Errorf("asked were %v", paths)
			}
		})
	}
}
