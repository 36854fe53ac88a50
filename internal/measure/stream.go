package measure

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/golang/snappy"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/prompb"
	"github.com/prometheus/prometheus/tsdb/chunkenc"

	"github.com/slmd/slmd/internal/sla"
)

// maxFrame bounds one frame; Prometheus closes them at about 1 MiB.
const maxFrame = 16 << 20

// errFrames says that a stream broke off or is none.
var errFrames = errors.New("the stream of chunks is not complete")

// stream reads raw samples as the chunks in which the source keeps them, which
// is many times faster than text. Stale markers are left out, as a query leaves
// them out: the ledger must not depend on the way the samples came.
func (s *Source) stream(ctx context.Context, selector string, span sla.Span) ([]Series, error) {
	began := s.clock()
	series, samples, size, err := s.streamed(ctx, selector, span)
	if s.o.Observe != nil {
		s.o.Observe(Request{Kind: "stream", Result: resultOf(err), Why: textOf(err), Took: s.clock().Sub(began), Samples: samples, Bytes: size, Query: selector, Span: span})
	}
	return series, err
}

func (s *Source) streamed(ctx context.Context, selector string, span sla.Span) ([]Series, int, int64, error) {
	ctx, cancel := context.WithTimeout(ctx, s.o.Timeout)
	defer cancel()
	req, err := s.readRequest(ctx, selector, span)
	if err != nil {
		return nil, 0, 0, err
	}
	began := s.clock()
	resp, err := s.o.HTTP.Do(req)
	if err != nil {
		return nil, 0, 0, s.unreached(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK || !strings.HasPrefix(resp.Header.Get("Content-Type"), "application/x-streamed-protobuf") {
		return nil, 0, 0, errMissing
	}
	if err := s.clocked(resp, began); err != nil {
		return nil, 0, 0, err
	}
	body := &counting{r: resp.Body}
	f := frames{r: bufio.NewReaderSize(body, 64<<10), span: span, most: int(s.o.MaxBody / sampleBytes)}
	err = f.read()
	switch {
	case ctx.Err() != nil:
		err = s.unreached(ctx.Err())
	case err != nil && !errors.Is(err, errTooMuch): // nothing of it is used; a query may do better
		err = fmt.Errorf("%w: %w", errMissing, err)
	}
	if err != nil {
		return nil, 0, body.n, err
	}
	return f.done(), f.samples, body.n, nil
}

// counting counts the bytes that are read.
type counting struct {
	r io.Reader
	n int64
}

// Read reads on.
func (c *counting) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.n += int64(n)
	return n, err
}

// readRequest asks for streamed chunks and nothing else.
func (s *Source) readRequest(ctx context.Context, selector string, span sla.Span) (*http.Request, error) {
	sel, err := parseSelector(selector)
	if err != nil {
		return nil, err
	}
	q := &prompb.Query{StartTimestampMs: int64(span.From), EndTimestampMs: int64(span.To) - 1}
	for _, m := range sel.matchers {
		kind := map[labels.MatchType]prompb.LabelMatcher_Type{
			labels.MatchEqual: prompb.LabelMatcher_EQ, labels.MatchNotEqual: prompb.LabelMatcher_NEQ,
			labels.MatchRegexp: prompb.LabelMatcher_RE, labels.MatchNotRegexp: prompb.LabelMatcher_NRE,
		}[m.Type]
		q.Matchers = append(q.Matchers, &prompb.LabelMatcher{Type: kind, Name: m.Name, Value: m.Value})
	}
	ask := &prompb.ReadRequest{Queries: []*prompb.Query{q}, AcceptedResponseTypes: []prompb.ReadRequest_ResponseType{prompb.ReadRequest_STREAMED_XOR_CHUNKS}}
	plain, err := ask.Marshal()
	if err != nil {
		return nil, fmt.Errorf("asking source %s: %w", s.o.Name, err)
	}
	u := s.base.JoinPath("api", "v1", "read")
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(snappy.Encode(nil, plain)))
	if err != nil {
		return nil, fmt.Errorf("asking source %s: %w", s.o.Name, err)
	}
	repeatable(req)
	req.Header.Set("Content-Type", "application/x-protobuf")
	req.Header.Set("Content-Encoding", "snappy")
	req.Header.Set("X-Prometheus-Remote-Read-Version", "0.1.0")
	for name, value := range s.o.Headers {
		req.Header.Set(name, value)
	}
	return req, nil
}

// frames takes a stream of chunks apart.
type frames struct {
	r       *bufio.Reader
	span    sla.Span
	most    int // samples
	samples int
	series  []Series
	lastKey string
	buf     []byte
	floats  chunkenc.Iterator
}

// checksum gives the checksum that stands before a frame.
func checksum(b []byte) uint32 {
	return crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)) // the table is made once
}

// read takes all frames: length, checksum, message.
func (f *frames) read() error {
	for {
		size, err := binary.ReadUvarint(f.r)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil || size > maxFrame {
			return fmt.Errorf("a frame of %d bytes: %w", size, errFrames)
		}
		f.buf = slices.Grow(f.buf[:0], int(size)+crc32.Size)[:int(size)+crc32.Size]
		if _, err := io.ReadFull(f.r, f.buf); err != nil {
			return fmt.Errorf("it ends within a frame: %w", errFrames)
		}
		message := f.buf[crc32.Size:]
		if checksum(message) != binary.BigEndian.Uint32(f.buf) {
			return fmt.Errorf("the checksum of a frame is wrong: %w", errFrames)
		}
		var frame prompb.ChunkedReadResponse
		if err := frame.Unmarshal(message); err != nil {
			return fmt.Errorf("a frame is not what was announced: %w", errFrames)
		}
		for _, s := range frame.ChunkedSeries {
			if err := f.take(s); err != nil {
				return err
			}
		}
	}
}

// take adds the chunks of a series, which may come in several frames.
func (f *frames) take(c *prompb.ChunkedSeries) error {
	ls := make([]Label, 0, len(c.Labels))
	for _, l := range c.Labels {
		ls = append(ls, Label{valid(l.Name), valid(l.Value)})
	}
	slices.SortStableFunc(ls, func(a, b Label) int { return strings.Compare(a.Name, b.Name) })
	if k := key(ls); len(f.series) == 0 || f.lastKey != k {
		f.series, f.lastKey = append(f.series, Series{Labels: ls}), k
	}
	into := &f.series[len(f.series)-1]
	into.Samples = slices.Grow(into.Samples, min(announced(c.Chunks), f.most))
	for i := range c.Chunks {
		if err := f.chunk(into, &c.Chunks[i]); err != nil {
			return err
		}
	}
	return nil
}

// announced gives how many samples the chunks say that they hold.
func announced(chunks []prompb.Chunk) int {
	n := 0
	for i := range chunks {
		if len(chunks[i].Data) >= 2 {
			n += int(binary.BigEndian.Uint16(chunks[i].Data))
		}
	}
	return n
}

// chunk decodes one chunk; hostile bytes must not end the program.
func (f *frames) chunk(into *Series, c *prompb.Chunk) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("a chunk cannot be read: %w", errFrames)
		}
	}()
	encoding := chunkenc.Encoding(c.Type)
	chunk, err := chunkenc.FromData(encoding, c.Data)
	if err != nil || len(c.Data) < 2 {
		return fmt.Errorf("a chunk of the kind %d cannot be read: %w", c.Type, errFrames)
	}
	f.samples += chunk.NumSamples()
	if f.samples > f.most {
		return fmt.Errorf("more than %d samples: %w", f.most, errTooMuch)
	}
	it := chunk.Iterator(f.floats)
	if encoding == chunkenc.EncXOR {
		f.floats = it
	}
	for kind := it.Next(); kind != chunkenc.ValNone; kind = it.Next() {
		if at := sla.Instant(it.AtT()); !f.span.Contains(at) {
			continue
		}
		if kind != chunkenc.ValFloat {
			if err := f.histogram(into, it); err != nil {
				return err
			}
			continue
		}
		t, v := it.At()
		if value := Float(v); value.kind != stale {
			into.Samples = append(into.Samples, Sample{sla.Instant(t), value})
		}
	}
	if it.Err() != nil {
		return fmt.Errorf("a chunk cannot be read: %w", errFrames)
	}
	return nil
}

// histogram takes a native histogram; one that is a stale marker says nothing.
func (f *frames) histogram(into *Series, it chunkenc.Iterator) error {
	t, h := it.AtFloatHistogram(nil)
	if Float(h.Sum).kind == stale {
		return nil
	}
	native := nativeOf(sla.Instant(t), h)
	if f.samples += len(native.Buckets); f.samples > f.most {
		return fmt.Errorf("more than %d samples and buckets: %w", f.most, errTooMuch)
	}
	into.Native = append(into.Native, native)
	return nil
}

// done gives the series that have samples in the span.
func (f *frames) done() []Series {
	return slices.DeleteFunc(f.series, func(s Series) bool { return len(s.Samples) == 0 && len(s.Native) == 0 })
}
