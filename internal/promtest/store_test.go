package promtest

import (
	"io"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"pgregory.net/rapid"
)

func TestWalkingAndSeekingFindsEachSampleOfTheRange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sr := NewStore().Series(labels.FromStrings("__name__", "x"))
		var times []int64
		at := int64(0)
		for range rapid.IntRange(0, 400).Draw(t, "samples") {
			at += rapid.SampledFrom([]int64{1, 10, 10, 10, 500}).Draw(t, "step")
			times = append(times, at)
			if err := sr.Append(at, float64(at)); err != nil {
				t.Fatal(err)
			}
		}
		from := rapid.Int64Range(-10, at+10).Draw(t, "from")
		to := rapid.Int64Range(-10, at+10).Draw(t, "to")
		chunks, err := sr.view(from, to)
		if err != nil {
			t.Fatal(err)
		}
		w := newWalk(chunks, from, to)
		position := -1 // in times; -1 before the first move
		next := func(least int64, after int) int {
			for i := max(after, 0); i < len(times); i++ {
				if times[i] >= max(least, from) && times[i] <= to {
					return i
				}
			}
			return len(times)
		}
		for range rapid.IntRange(1, 30).Draw(t, "moves") {
			var kind chunkenc.ValueType
			if target := rapid.Int64Range(-10, at+20).Draw(t, "target"); rapid.Bool().Draw(t, "seek") {
				kind = w.Seek(target)
				position = next(target, position)
			} else {
				kind = w.Next()
				position = next(0, position+1)
			}
			if position == len(times) {
				if kind != chunkenc.ValNone {
					t.Fatalf("behind the end there is a sample at %d", w.AtT())
				}
				return
			}
			if kind != chunkenc.ValFloat || w.AtT() != times[position] {
				t.Fatalf("at %d, want %d", w.AtT(), times[position])
			}
		}
	})
}

func TestHistoryGoesOnWhileItIsRead(t *testing.T) {
	store := NewStore()
	s := build(store, Options{Now: func() time.Time { return time.UnixMilli(1_000_000) }})
	h := s.Handler()
	var group sync.WaitGroup
	for _, name := range []string{"a", "b"} {
		group.Go(func() {
			for i := range int64(2000) {
				if err := store.Append(labels.FromStrings("__name__", "x_total", "job", name), i*500, float64(i)); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for _, path := range []string{"/api/v1/query?query=x_total[1h]", "/api/v1/query?query=sum(rate(x_total[5m]))", "/api/v1/series?match[]=x_total"} {
		group.Go(func() {
			for range 30 {
				w := httptest.NewRecorder()
				h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
				if body, _ := io.ReadAll(w.Body); w.Code != 200 {
					t.Errorf("%s: %d %s", path, w.Code, body)
				}
			}
		})
	}
	group.Wait()
	if series, samples := store.Samples(); series != 2 || samples != 4000 {
		t.Errorf("%d series, %d samples", series, samples)
	}
}
