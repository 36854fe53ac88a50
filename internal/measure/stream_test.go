package measure

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/prompb"
	"github.com/prometheus/prometheus/tsdb/chunkenc"

	"github.com/slmd/slmd/internal/promtest"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/testkit"
)

// counted gives a source and how many requests it made, by kind and result, and
// how many samples came "samples by" each kind.
func counted(t testing.TB, url string, change func(*Options)) (*Source, func(what string) int) {
	t.Helper()
	var mu sync.Mutex
	n := map[string]int{}
	o := Options{Name: "main", URL: url, HTTP: &http.Client{}, Observe: func(q Request) {
		mu.Lock()
		defer mu.Unlock()
		n[q.Kind+" "+q.Result]++
		n["samples by "+q.Kind] += q.Samples
	}}
	if change != nil {
		change(&o)
	}
	src, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return src, func(what string) int {
		mu.Lock()
		defer mu.Unlock()
		return n[what]
	}
}

func TestChunksAndTextMakeTheSameLedger(t *testing.T) {
	const hours = 12
	h := shop(hours)
	now := start.Add(hours * sla.Hour).Add(30 * sla.Second)
	srv, err := promtest.New(h.store(t), promtest.Options{Now: func() time.Time { return now.Time() }})
	if err != nil {
		t.Fatal(err)
	}
	closing(t, srv)
	debian := testkit.StartPrometheus(t, testkit.PrometheusOptions{OpenMetrics: strings.NewReader(h.openMetrics())})
	for name, url := range map[string]string{"Prometheus 3": srv.URL(), "Prometheus 2": debian.URL()} {
		t.Run(name, func(t *testing.T) {
			text, byText := counted(t, url, func(o *Options) { o.NoStream = true })
			chunks, byChunks := counted(t, url, nil)
			want, got := tasksOf(shopIndicators()), tasksOf(shopIndicators())
			wanted, have := catchUp(t, text, want, now), catchUp(t, chunks, got, now)
			for i, ind := range shopIndicators() {
				testkit.EqualLedgers(t, have[i], wanted[i])
				if !bytes.Equal(got[i].State, want[i].State) {
					t.Errorf("%s: the states differ", ind.Name)
				}
			}
			if byText("samples by stream") != 0 || byText("samples by samples") == 0 || byChunks("samples by stream") == 0 || byChunks("samples by samples") != 0 {
				t.Errorf("text: %d samples by streams and %d by queries; chunks: %d by streams and %d by queries",
					byText("samples by stream"), byText("samples by samples"), byChunks("samples by stream"), byChunks("samples by samples"))
			}
		})
	}
}

// drawn gives a server with a drawn history, numbers of all kinds in it.
func drawn(t *testing.T, r *rand.Rand, end sla.Instant) *promtest.Server {
	t.Helper()
	store := promtest.NewStore()
	for _, s := range draw(r) {
		b := labels.NewScratchBuilder(len(s.Labels))
		for _, l := range s.Labels {
			b.Add(l.Name, l.Value)
		}
		series := store.Series(b.Labels())
		for _, x := range s.Samples {
			if err := series.Append(int64(x.T), floatOf(x.V, r)); err != nil {
				t.Fatal(err)
			}
		}
	}
	srv, err := promtest.New(store, promtest.Options{Now: func() time.Time { return end.Time() }})
	if err != nil {
		t.Fatal(err)
	}
	closing(t, srv)
	return srv
}

// floatOf gives the number as a float, now and then with decimals.
func floatOf(v Value, r *rand.Rand) float64 {
	switch v.kind {
	case notANumber:
		return math.NaN()
	case stale:
		return promtest.Stale()
	}
	f, _ := v.rat().Float64()
	if r.IntN(5) == 0 {
		f += r.Float64()
	}
	return f
}

func TestChunksAndTextMakeTheSameLedgerOfAnyHistory(t *testing.T) {
	histories := 40
	if testing.Short() {
		histories = 10
	}
	end := start.Add(minutes*sla.Minute + 20*sla.Minute)
	for seed := range histories {
		srv := drawn(t, rand.New(rand.NewPCG(uint64(seed), 7)), end)
		text, _ := counted(t, srv.URL(), func(o *Options) { o.NoStream = true })
		chunks, byChunks := counted(t, srv.URL(), nil)
		want, got := tasksOf(everyKind()), tasksOf(everyKind())
		wanted, have := catchUp(t, text, want, end), catchUp(t, chunks, got, end)
		for i := range want {
			testkit.EqualLedgers(t, have[i], wanted[i])
			if !bytes.Equal(got[i].State, want[i].State) {
				t.Errorf("history %d, %s: the states differ", seed, want[i].Indicator.Name)
			}
		}
		if byChunks("stream ok") == 0 {
			t.Fatalf("history %d was not streamed", seed)
		}
		if t.Failed() {
			t.Fatalf("history %d", seed)
		}
	}
}

func TestASourceWithoutChunksIsReadAsText(t *testing.T) {
	for name, c := range map[string]struct {
		fault promtest.Fault
		kind  SourceKind
	}{
		"not there":       {fault: promtest.On("/api/v1/read", promtest.Status(404, "404 page not found"))},
		"refused":         {fault: promtest.On("/api/v1/read", promtest.Status(400, "not supported"))},
		"of another kind": {fault: promtest.On("/api/v1/read", promtest.HTMLPage())},
		"cut off":         {fault: promtest.On("/api/v1/read", promtest.Truncate(40))},
		"other labels":    {fault: otherLabels},
		"Thanos":          {kind: Thanos},
	} {
		t.Run(name, func(t *testing.T) {
			h := shop(2)
			now := start.Add(2 * sla.Hour)
			srv, err := promtest.New(h.store(t), promtest.Options{Now: func() time.Time { return now.Time() }})
			if err != nil {
				t.Fatal(err)
			}
			closing(t, srv)
			srv.Break(c.fault)
			src, requests := counted(t, srv.URL(), func(o *Options) { o.Kind = c.kind })
			all := catchUp(t, src, tasksOf([]*sla.Indicator{ratio()}), now)
			compareFacts(t, "requests", all[0], h.truth(sla.Ratio, 120))
			if requests("samples ok") == 0 {
				t.Error("nothing was read as text")
			}
			tries := 0
			for _, result := range []string{"ok", "pending", "split", Missing} {
				tries += requests("stream " + result)
			}
			if tries > 1 {
				t.Errorf("chunks were asked for %d times within the hour", tries)
			}
		})
	}
}

// otherLabels answers remote_read with series that queries do not know, as a
// Prometheus with external labels does.
func otherLabels(w http.ResponseWriter, r *http.Request, next http.Handler) {
	if r.URL.Path != "/api/v1/read" {
		next.ServeHTTP(w, r)
		return
	}
	chunk := chunkenc.NewXORChunk()
	app, _ := chunk.Appender()
	app.Append(0, int64(start.Add(2*sla.Hour))-60_000, 1)
	w.Header().Set("Content-Type", "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse")
	_, _ = w.Write(frame(chunk.Bytes(), map[string]string{"__name__": "http_requests_total", "replica": "a"}))
}

// frame gives one frame with one chunk.
func frame(chunk []byte, lset map[string]string) []byte {
	series := &prompb.ChunkedSeries{Labels: prompb.FromLabels(labels.FromMap(lset), nil), Chunks: []prompb.Chunk{{Type: prompb.Chunk_XOR, Data: chunk}}}
	message, err := (&prompb.ChunkedReadResponse{ChunkedSeries: []*prompb.ChunkedSeries{series}}).Marshal()
	if err != nil {
		panic(err)
	}
	head := binary.AppendUvarint(nil, uint64(len(message)))
	head = binary.BigEndian.AppendUint32(head, checksum(message))
	return append(head, message...)
}

func TestAStreamOfTooManySamplesIsHalved(t *testing.T) {
	h := shop(3)
	now := start.Add(3 * sla.Hour)
	srv, err := promtest.New(h.store(t), promtest.Options{Now: func() time.Time { return now.Time() }})
	if err != nil {
		t.Fatal(err)
	}
	closing(t, srv)
	src, requests := counted(t, srv.URL(), func(o *Options) { o.MaxBody, o.Piece = 1000*sampleBytes, 3*sla.Hour })
	all := catchUp(t, src, tasksOf([]*sla.Indicator{ratio()}), now)
	compareFacts(t, "requests", all[0], h.truth(sla.Ratio, 180))
	if requests("stream split") == 0 || requests("stream ok") < 2 {
		t.Errorf("%d streams were too much and %d were not", requests("stream split"), requests("stream ok"))
	}
}

func TestFramesThatAreCutOrChangedAreRefused(t *testing.T) {
	chunk := chunkenc.NewXORChunk()
	app, err := chunk.Appender()
	if err != nil {
		t.Fatal(err)
	}
	for k := range 50 {
		app.Append(0, int64(start)+int64(k)*15_000, float64(k)*1.5)
	}
	whole := frame(chunk.Bytes(), map[string]string{"__name__": "x"})
	if got, err := framesOf(whole); err != nil || len(got) != 1 || len(got[0].Samples) != 50 {
		t.Fatalf("the whole stream gives %d series and %v", len(got), err)
	}
	for n := 1; n < len(whole); n++ {
		if _, err := framesOf(whole[:n]); !errors.Is(err, errFrames) {
			t.Errorf("of %d of %d bytes: %v", n, len(whole), err)
		}
		changed := bytes.Clone(whole)
		changed[n] ^= 0x10
		if _, err := framesOf(changed); err == nil {
			t.Errorf("a flipped bit in byte %d is not seen", n)
		}
	}
}

func FuzzFrames(f *testing.F) {
	chunk := chunkenc.NewXORChunk()
	app, err := chunk.Appender()
	if err != nil {
		f.Fatal(err)
	}
	app.Append(0, int64(start), 1)
	f.Add(chunk.Bytes(), uint8(1))
	f.Add([]byte{0, 200, 1, 2, 3}, uint8(1))
	f.Add([]byte{0, 2, 1, 2, 3}, uint8(2))
	f.Fuzz(func(t *testing.T, chunk []byte, kind uint8) {
		r := frames{span: sla.Span{From: 0, To: sla.Forever}, most: 1000}
		var s Series
		if err := r.chunk(&s, &prompb.Chunk{Type: prompb.Chunk_Encoding(kind), Data: chunk}); err == nil && len(s.Samples) > 1000 {
			t.Errorf("%d samples came of a stream that may have 1000", len(s.Samples))
		}
		_, _ = framesOf(frame(chunk, map[string]string{"a": "b"})) // it ends
		_, _ = framesOf(chunk)
	})
}

func TestProbeSeesWhatASourceCanDo(t *testing.T) {
	store := stocked(t, grows, "up")
	store.Describe("up", promtest.Metadata{Type: "gauge"})
	now := start.Add(15 * sla.Minute)
	srv, err := promtest.New(store, promtest.Options{Now: func() time.Time { return now.Time() }})
	if err != nil {
		t.Fatal(err)
	}
	closing(t, srv)
	src := sourceAt(t, srv.URL())
	if got := src.Capabilities(); got != (Capabilities{}) {
		t.Errorf("before the first probe it says %+v", got)
	}
	want := Capabilities{At: now, Metadata: true, Streams: true, Version: "3.15.0"}
	if err := src.Probe(t.Context(), now); err != nil || src.Capabilities() != want {
		t.Errorf("got %+v and %v, want %+v", src.Capabilities(), err, want)
	}
	bare := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/api/v1/query") {
			http.NotFound(w, r)
			return
		}
		srv.Handler().ServeHTTP(w, r)
	}))
	t.Cleanup(bare.Close)
	src = sourceAt(t, bare.URL)
	if err := src.Probe(t.Context(), now); err != nil || src.Capabilities() != (Capabilities{At: now}) {
		t.Errorf("of a source with queries alone: %+v, %v", src.Capabilities(), err)
	}
}

func framesOf(stream []byte) ([]Series, error) {
	f := frames{r: bufio.NewReader(bytes.NewReader(stream)), span: sla.Span{From: 0, To: sla.Forever}, most: 1000}
	err := f.read()
	return f.done(), err
}
