package measure

import (
	"context"
	"net/http"
	"net/url"
	"testing"
	"time"

	client "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"
)

// canned is a connection of client_golang over which one answer comes, read already.
type canned []byte

func (canned) URL(path string, _ map[string]string) *url.URL { return &url.URL{Path: path} }

func (c canned) Do(context.Context, *http.Request) (*http.Response, []byte, error) {
	return &http.Response{StatusCode: http.StatusOK}, c, nil
}

// BenchmarkDecodeMatrixByClientGolang decodes the answer of BenchmarkDecodeMatrix
// by the client library of Prometheus, for comparison.
func BenchmarkDecodeMatrixByClientGolang(b *testing.B) {
	body := matrix(30, 2880)
	api := client.NewAPI(canned(body))
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		got, _, _, err := api.QueryRange(b.Context(), "x", client.Range{Step: time.Second})
		if m, ok := got.(model.Matrix); err != nil || !ok || len(m) != 30 || len(m[29].Values) != 2880 {
			b.Fatal(len(m), err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/(30*2880), "ns/sample")
}

func TestTheClientLibraryReadsWhatIsReadHere(t *testing.T) {
	body := matrix(3, 50)
	got, _, _, err := client.NewAPI(canned(body)).QueryRange(t.Context(), "x", client.Range{Step: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	ours, err := decode(body, always)
	if err != nil {
		t.Fatal(err)
	}
	for i, theirs := range got.(model.Matrix) {
		for k, sample := range theirs.Values {
			if s := ours.series[i].Samples[k]; int64(s.T) != int64(sample.Timestamp) || s.V != Float(float64(sample.Value)) {
				t.Fatalf("sample %d of series %d is %v at %s, the client library reads %s", k, i, s.V, s.T, sample)
			}
		}
	}
}

func TestDecodingAllocatesNothingForASample(t *testing.T) {
	allocated := func(samples int) float64 {
		body := matrix(4, samples)
		return testing.AllocsPerRun(10, func() {
			if _, err := decode(body, always); err != nil {
				t.Fatal(err)
			}
		})
	}
	if few, many := allocated(10), allocated(5000); many != few {
		t.Errorf("%v allocations for 40 samples, %v for 20,000", few, many)
	}
}
