package promtest

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"slices"

	"github.com/golang/snappy"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/prompb"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
)

// frameBytes is the size at which a frame of streamed chunks is closed, as in Prometheus.
const frameBytes = 1 << 20

// remoteRead answers /api/v1/read, with samples or with streamed chunks, as the client prefers.
func (s *Server) remoteRead(w http.ResponseWriter, r *http.Request) {
	req, err := readRequest(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	for _, kind := range req.AcceptedResponseTypes {
		switch kind {
		case prompb.ReadRequest_STREAMED_XOR_CHUNKS:
			s.streamChunks(w, req)
			return
		case prompb.ReadRequest_SAMPLES:
			s.sendSamples(w, req)
			return
		}
	}
	if len(req.AcceptedResponseTypes) > 0 {
		http.Error(w, fmt.Sprintf("server does not support any of the requested response types: %v", req.AcceptedResponseTypes), http.StatusBadRequest)
		return
	}
	s.sendSamples(w, req)
}

func readRequest(body io.Reader) (*prompb.ReadRequest, error) {
	packed, err := io.ReadAll(body)
	if err != nil {
		return nil, fmt.Errorf("reading the request: %w", err)
	}
	if n, err := snappy.DecodedLen(packed); err != nil || n > maxRequestBytes {
		return nil, fmt.Errorf("the request is not snappy or too large (%d bytes)", n)
	}
	plain, err := snappy.Decode(nil, packed)
	if err != nil {
		return nil, fmt.Errorf("unpacking the request: %w", err)
	}
	req := &prompb.ReadRequest{}
	if err := req.Unmarshal(plain); err != nil {
		return nil, fmt.Errorf("reading the request: %w", err)
	}
	return req, nil
}

// asked gives the series that a query of the request wants, sorted.
func (s *Server) asked(q *prompb.Query) ([]*Series, error) {
	kinds := map[prompb.LabelMatcher_Type]labels.MatchType{
		prompb.LabelMatcher_EQ: labels.MatchEqual, prompb.LabelMatcher_NEQ: labels.MatchNotEqual,
		prompb.LabelMatcher_RE: labels.MatchRegexp, prompb.LabelMatcher_NRE: labels.MatchNotRegexp,
	}
	ms := make([]*labels.Matcher, len(q.Matchers))
	for i, m := range q.Matchers {
		var err error
		if ms[i], err = labels.NewMatcher(kinds[m.Type], m.Name, m.Value); err != nil {
			return nil, fmt.Errorf("reading the matcher of %s: %w", m.Name, err)
		}
	}
	return sorted(s.store.find(ms)), nil
}

func (s *Server) sendSamples(w http.ResponseWriter, req *prompb.ReadRequest) {
	answer := &prompb.ReadResponse{}
	for _, q := range req.Queries {
		found, err := s.asked(q)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		result := &prompb.QueryResult{}
		for _, sr := range found {
			ts, err := s.timeSeries(sr, q.StartTimestampMs, q.EndTimestampMs)
			if err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
			if ts != nil {
				result.Timeseries = append(result.Timeseries, ts)
			}
		}
		answer.Results = append(answer.Results, result)
	}
	plain, err := answer.Marshal()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
	w.Header().Set("Content-Encoding", "snappy")
	_, _ = w.Write(snappy.Encode(nil, plain)) // a client that has gone needs no answer
}

// timeSeries gives the series' samples in [from, to], nil when there are none.
func (s *Server) timeSeries(sr *Series, from, to int64) (*prompb.TimeSeries, error) {
	chunks, err := sr.view(from, to)
	if err != nil {
		return nil, err
	}
	ts := &prompb.TimeSeries{}
	it := newWalk(chunks, from, to)
	for kind := it.Next(); kind != chunkenc.ValNone; kind = it.Next() {
		if kind == chunkenc.ValFloat {
			t, v := it.At()
			ts.Samples = append(ts.Samples, prompb.Sample{Timestamp: t, Value: v})
			continue
		}
		t, h := it.AtHistogram(nil)
		ts.Histograms = append(ts.Histograms, prompb.FromIntHistogram(t, h))
	}
	n := len(ts.Samples) + len(ts.Histograms)
	if n == 0 || it.Err() != nil {
		return nil, it.Err()
	}
	s.countSamples(int64(n))
	ts.Labels = prompb.FromLabels(sr.labels, nil)
	return ts, nil
}

func (s *Server) streamChunks(w http.ResponseWriter, req *prompb.ReadRequest) {
	w.Header().Set("Content-Type", "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse")
	for i, q := range req.Queries {
		found, err := s.asked(q)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		for _, sr := range found {
			if err := s.streamSeries(w, int64(i), sr, q); err != nil {
				// The status has been sent: only a broken connection says that the answer is not whole.
				panic(http.ErrAbortHandler)
			}
		}
	}
	flush(w)
}

// streamSeries writes the chunks of one series, in frames of its own.
func (s *Server) streamSeries(w io.Writer, query int64, sr *Series, q *prompb.Query) error {
	view, err := sr.view(q.StartTimestampMs, q.EndTimestampMs)
	if err != nil {
		return err
	}
	lset := prompb.FromLabels(sr.labels, nil)
	var frame []prompb.Chunk
	size := 0
	for i, c := range view {
		if c, err = trim(c, q.StartTimestampMs, q.EndTimestampMs); err != nil {
			return err
		}
		if n := c.chunk.NumSamples(); n > 0 {
			s.countSamples(int64(n))
			frame = append(frame, prompb.Chunk{
				MinTimeMs: c.from, MaxTimeMs: c.to,
				Type: prompb.Chunk_Encoding(c.chunk.Encoding()), Data: c.chunk.Bytes(),
			})
			size += len(c.chunk.Bytes())
		}
		if len(frame) > 0 && (size >= frameBytes || i == len(view)-1) {
			if err := writeFrame(w, query, lset, frame); err != nil {
				return err
			}
			frame, size = frame[:0], 0
		}
	}
	return nil
}

// trim cuts a chunk to [from, to], as Prometheus does at both ends of an answer.
func trim(s stretch, from, to int64) (stretch, error) {
	if s.chunk.Encoding() != chunkenc.EncXOR || s.from >= from && s.to <= to {
		return s, nil
	}
	chunk := chunkenc.NewXORChunk()
	app, err := chunk.Appender()
	if err != nil {
		return s, err
	}
	cut := stretch{chunk: chunk}
	it := newWalk([]stretch{s}, from, to)
	for it.Next() != chunkenc.ValNone {
		t, v := it.At()
		app.Append(0, t, v)
		if chunk.NumSamples() == 1 {
			cut.from = t
		}
		cut.to = t
	}
	return cut, it.Err()
}

// writeFrame writes length, CRC-32 (Castagnoli) and message.
func writeFrame(w io.Writer, query int64, lset []prompb.Label, chunks []prompb.Chunk) error {
	message, err := (&prompb.ChunkedReadResponse{
		ChunkedSeries: []*prompb.ChunkedSeries{{Labels: lset, Chunks: chunks}},
		QueryIndex:    query,
	}).Marshal()
	if err != nil {
		return err
	}
	head := binary.AppendUvarint(nil, uint64(len(message)))
	head = binary.BigEndian.AppendUint32(head, crc32.Checksum(message, crc32.MakeTable(crc32.Castagnoli)))
	_, err = w.Write(slices.Concat(head, message))
	return err
}
