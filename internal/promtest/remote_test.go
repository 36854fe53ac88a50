package promtest_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"net/http"
	"slices"
	"testing"

	"github.com/golang/snappy"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/prompb"
	"github.com/prometheus/prometheus/tsdb/chunkenc"

	"github.com/slmd/slmd/internal/promtest"
)

// point is one sample by its bits, so that NaNs compare.
type point struct {
	t    int64
	bits uint64
}

// read asks a server's remote_read, in one of its two ways, for a name in [from, to].
func read(t *testing.T, base string, streamed bool, name string, from, to int64) map[string][]point {
	t.Helper()
	req := &prompb.ReadRequest{Queries: []*prompb.Query{{
		StartTimestampMs: from, EndTimestampMs: to,
		Matchers: []*prompb.LabelMatcher{{Type: prompb.LabelMatcher_RE, Name: "__name__", Value: name}},
	}}}
	if streamed {
		req.AcceptedResponseTypes = []prompb.ReadRequest_ResponseType{prompb.ReadRequest_STREAMED_XOR_CHUNKS}
	}
	body, err := req.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Post(base+"/api/v1/read", "application/x-protobuf", bytes.NewReader(snappy.Encode(nil, body)))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(resp.Body)
		t.Fatalf("remote_read answered %d %s", resp.StatusCode, text)
	}
	if streamed {
		return chunksOf(t, resp.Body)
	}
	return samplesOf(t, resp.Body)
}

func key(lset []prompb.Label) string { return fmt.Sprint(lset) }

func samplesOf(t *testing.T, body io.Reader) map[string][]point {
	t.Helper()
	packed, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := snappy.Decode(nil, packed)
	if err != nil {
		t.Fatal(err)
	}
	var answer prompb.ReadResponse
	if err := answer.Unmarshal(plain); err != nil {
		t.Fatal(err)
	}
	out := map[string][]point{}
	for _, ts := range answer.Results[0].Timeseries {
		for _, s := range ts.Samples {
			out[key(ts.Labels)] = append(out[key(ts.Labels)], point{s.Timestamp, math.Float64bits(s.Value)})
		}
	}
	return out
}

func chunksOf(t *testing.T, body io.Reader) map[string][]point {
	t.Helper()
	out := map[string][]point{}
	for r := bufio.NewReader(body); ; {
		size, err := binary.ReadUvarint(r)
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		frame := make([]byte, 4+size)
		if _, err := io.ReadFull(r, frame); err != nil {
			t.Fatal(err)
		}
		if crc32.Checksum(frame[4:], crc32.MakeTable(crc32.Castagnoli)) != binary.BigEndian.Uint32(frame) {
			t.Fatal("the checksum of a frame is wrong")
		}
		var message prompb.ChunkedReadResponse
		if err := message.Unmarshal(frame[4:]); err != nil {
			t.Fatal(err)
		}
		for _, sr := range message.ChunkedSeries {
			for _, c := range sr.Chunks {
				out[key(sr.Labels)] = append(out[key(sr.Labels)], pointsOf(t, c)...)
			}
		}
	}
}

func pointsOf(t *testing.T, c prompb.Chunk) []point {
	t.Helper()
	chunk, err := chunkenc.FromData(chunkenc.Encoding(c.Type), c.Data)
	if err != nil {
		t.Fatal(err)
	}
	var out []point
	it := chunk.Iterator(nil)
	for it.Next() != chunkenc.ValNone {
		at, v := it.At()
		out = append(out, point{at, math.Float64bits(v)})
	}
	if len(out) == 0 || out[0].t != c.MinTimeMs || out[len(out)-1].t != c.MaxTimeMs {
		t.Fatalf("a chunk of %d samples says it goes from %d to %d", len(out), c.MinTimeMs, c.MaxTimeMs)
	}
	return out
}

func TestRemoteReadGivesEverySampleOfTheRangeInBothWays(t *testing.T) {
	store := promtest.NewStore()
	var all []point
	for i := range 1000 {
		v := float64(i) / 3
		if i == 500 {
			v = promtest.Stale()
		}
		p := point{start + int64(i)*30_000, math.Float64bits(v)}
		all = append(all, p)
		add(t, store, "x_total", "a", p.t, v)
		add(t, store, "x_total", "b", p.t, 1)
	}
	s := serve(t, store)
	a := key(prompb.FromLabels(labels.FromStrings("__name__", "x_total", "job", "a"), nil))
	for _, cut := range [][2]int{{0, 999}, {1, 998}, {119, 120}, {120, 239}, {500, 500}, {999, 999}, {130, 777}} {
		for _, streamed := range []bool{false, true} {
			got := read(t, s.URL(), streamed, "x.*", all[cut[0]].t, all[cut[1]].t)
			if len(got) != 2 || !slices.Equal(got[a], all[cut[0]:cut[1]+1]) {
				t.Errorf("streamed %v, samples %d to %d: %d series, %d samples", streamed, cut[0], cut[1], len(got), len(got[a]))
			}
		}
	}
	if got := read(t, s.URL(), true, "x.*", start-1000, start-1); len(got) != 0 {
		t.Errorf("before the first sample: %d series", len(got))
	}
}

func TestRemoteReadCountsTheSamplesItSends(t *testing.T) {
	s := serve(t, filled(t))
	for _, streamed := range []bool{false, true} {
		before := s.Served().Samples
		read(t, s.URL(), streamed, "x", start, start+90_000)
		if got := s.Served().Samples - before; got != 4 {
			t.Errorf("streamed %v: %d samples counted, want 4", streamed, got)
		}
	}
}

func TestRemoteReadRefusesWhatItCannotRead(t *testing.T) {
	s := serve(t, filled(t))
	for _, body := range []string{"", "no snappy", string(snappy.Encode(nil, []byte("no message")))} {
		resp, err := http.Post(s.URL()+"/api/v1/read", "application/x-protobuf", bytes.NewReader([]byte(body)))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusBadRequest {
			t.Errorf("%q: %d", body, resp.StatusCode)
		}
	}
}
