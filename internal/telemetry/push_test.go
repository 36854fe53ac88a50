package telemetry

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slmd/slmd/internal/testkit"
)

func TestTheWholePageIsPushedToARealVictoriaMetrics(t *testing.T) {
	victoria := testkit.StartVictoriaMetrics(t)
	shown := New(Options{Standings: given(standing("checkout-sla", "availability")), Recorder: busy(), Process: true})
	p := NewPusher(PushOptions{URL: victoria.URL() + "/api/v1/import/prometheus?extra_label=job=slmd", Client: http.DefaultClient, Page: shown.Write})
	if err := p.Push(t.Context()); err != nil {
		t.Fatal(err)
	}
	victoria.Flush()
	var text strings.Builder
	if err := shown.Write(&text); err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{}
	for line := range strings.Lines(text.String()) {
		if name := strings.FieldsFunc(line, func(r rune) bool { return r == '{' || r == ' ' }); line[0] != '#' {
			want[name[0]] = true
		}
	}
	got := names(t, victoria.URL())
	for name := range want {
		if !got[name] {
			t.Errorf("VictoriaMetrics has no series of %s", name)
		}
	}
	if got := values(t, victoria.URL(), `slmd_objective_state{state="at_risk",job="slmd"}`); len(want) < 30 || !slices.Equal(got, []float64{1}) {
		t.Errorf("of %d families the state of an objective has the values %v", len(want), got)
	}
}

// names gives the names of all series.
func names(t *testing.T, server string) map[string]bool {
	t.Helper()
	var answer struct{ Data []string }
	fetch(t, server+"/api/v1/label/__name__/values?start=0", &answer)
	out := map[string]bool{}
	for _, name := range answer.Data {
		out[name] = true
	}
	return out
}

// values gives the values of one series.
func values(t *testing.T, server, series string) []float64 {
	t.Helper()
	var answer struct{ Values []float64 }
	fetch(t, server+"/api/v1/export?"+url.Values{"match[]": {series}, "start": {"0"}, "end": {"4000000000"}}.Encode(), &answer)
	return answer.Values
}

func fetch(t *testing.T, address string, into any) {
	t.Helper()
	resp, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
		t.Fatal(err)
	}
}

// heard is a log that tests read while it is written.
type heard struct {
	mu  sync.Mutex
	all strings.Builder
}

func (h *heard) Write(text []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.all.Write(text)
}

func (h *heard) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.all.String()
}

func TestPushesThatFailAreCountedAndSaidOnceWithoutSecrets(t *testing.T) {
	var mu sync.Mutex
	status, failed, taken := http.StatusServiceUnavailable, 0, 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		http.Error(w, "not now", status)
	}))
	defer server.Close()
	log := &heard{}
	p := NewPusher(PushOptions{
		URL: server.URL + "/import?authKey=hunter2", Client: http.DefaultClient, Every: 5 * time.Millisecond,
		Page: func(w io.Writer) error { _, err := io.WriteString(w, "up 1\n"); return err }, Log: slog.New(slog.NewTextHandler(log, nil)),
		Done: func(ok bool) {
			mu.Lock()
			defer mu.Unlock()
			if ok {
				taken++
			} else {
				failed++
			}
		},
	})
	counted := func(f func() bool) func() bool {
		return func() bool { mu.Lock(); defer mu.Unlock(); return f() }
	}
	p.Start()
	testkit.Eventually(t, "three pushes have failed", counted(func() bool { return failed >= 3 }))
	mu.Lock()
	status = http.StatusNoContent
	mu.Unlock()
	testkit.Eventually(t, "pushes are taken again", counted(func() bool { return taken >= 2 }))
	if err := p.Stop(context.Background()); err != nil {
		t.Error(err)
	}
	said := log.String()
	if strings.Count(said, "not pushed") != 1 || strings.Count(said, "pushed again") != 1 || !strings.Contains(said, "503: not now") || strings.Contains(said, "hunter2") {
		t.Errorf("the log says\n%s", said)
	}
	server.Close()
	if err := p.Push(t.Context()); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("with nobody there the error is %v", err)
	}
}
