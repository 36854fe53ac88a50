package web

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"hash/crc32"
	"net/http"
	"strings"
	"sync"
)

// leastCompressed is from how many bytes on, in its first write, an answer is
// worth compressing.
const leastCompressed = 1024

// compressed answers in gzip those who take it, where the answer is text and
// not compressed already.
func compressed(next http.Handler) http.Handler {
	writers := &sync.Pool{New: func() any {
		z, _ := flate.NewWriter(nil, flate.BestSpeed) // the level is known
		return z
	}}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead || !takesGzip(r.Header.Get("Accept-Encoding")) {
			next.ServeHTTP(w, r)
			return
		}
		c := &compressing{ResponseWriter: w, writers: writers}
		next.ServeHTTP(c, r)
		c.end()
	})
}

// takesGzip reports whether an Accept-Encoding takes gzip.
func takesGzip(accepts string) bool {
	for one := range strings.SplitSeq(accepts, ",") {
		name, quality, _ := strings.Cut(one, ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			q := strings.TrimSpace(quality)
			return q == "" || strings.Trim(strings.TrimPrefix(q, "q="), "0.") != ""
		}
	}
	return false
}

// packed is a part of a page that is compressed once for all its readers.
type packed struct {
	plain []byte
	// deflated gives it as blocks of DEFLATE, of which none is the last (RFC 1951):
	// they stand for themselves within any stream. Nil where there is one reader.
	deflated func() []byte
}

func pack(plain []byte) packed {
	return packed{plain, sync.OnceValue(func() []byte {
		var out bytes.Buffer
		z, _ := flate.NewWriter(&out, flate.BestSpeed) // the level is known
		_, _ = z.Write(plain)                          // a buffer takes all
		_ = z.Flush()
		return out.Bytes()
	})}
}

// writePacked writes a packed part, as it is kept where the answer is compressed.
func writePacked(w http.ResponseWriter, p packed) error {
	c, ok := w.(*compressing)
	if !ok || c.z == nil || p.deflated == nil {
		_, err := w.Write(p.plain)
		return err
	}
	if err := c.z.Flush(); err != nil {
		return err
	}
	c.count(p.plain)
	_, err := c.ResponseWriter.Write(p.deflated())
	c.z.Reset(c.ResponseWriter) // what follows does not refer to what came before
	return err
}

// compressing decides at the first write whether it compresses. Its container is
// that of RFC 1952.
type compressing struct {
	http.ResponseWriter
	writers *sync.Pool
	code    int // said by the handler, not yet by us
	begun   bool
	z       *flate.Writer
	sum     uint32
	size    uint32 // modulo 2³²
}

// WriteHeader waits for the first write, which decides on the head.
func (c *compressing) WriteHeader(code int) {
	if c.code == 0 {
		c.code = code
	}
}

func (c *compressing) Write(p []byte) (int, error) {
	if !c.begun {
		c.begin(len(p))
	}
	if c.z == nil {
		return c.ResponseWriter.Write(p)
	}
	c.count(p)
	return c.z.Write(p)
}

func (c *compressing) count(p []byte) {
	c.sum = crc32.Update(c.sum, crc32.IEEETable, p)
	c.size += uint32(len(p)) // modulo 2³²
}

func (c *compressing) begin(size int) {
	c.begun = true
	head := c.Header()
	packs := text(head.Get("Content-Type")) && head.Get("Content-Encoding") == "" && size >= leastCompressed
	if packs {
		head.Set("Content-Encoding", "gzip")
		head.Add("Vary", "Accept-Encoding")
		head.Del("Content-Length")
	}
	if c.code != 0 {
		c.ResponseWriter.WriteHeader(c.code)
	}
	if packs {
		_, _ = c.ResponseWriter.Write([]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff}) // deflate, no flags, time or system
		c.z = c.writers.Get().(*flate.Writer)                                        //nolint:forcetypeassert // the pool holds nothing else
		c.z.Reset(c.ResponseWriter)
	}
}

func (c *compressing) end() {
	if !c.begun {
		c.begin(0)
	}
	if c.z == nil {
		return
	}
	_ = c.z.Close() // a client that went away is not our failure
	c.writers.Put(c.z)
	foot := binary.LittleEndian.AppendUint32(nil, c.sum)
	_, _ = c.ResponseWriter.Write(binary.LittleEndian.AppendUint32(foot, c.size))
}

// text reports whether a media type is text.
func text(kind string) bool {
	for _, start := range []string{"text/", "application/json", "application/yaml", "image/svg"} {
		if strings.HasPrefix(kind, start) {
			return true
		}
	}
	return false
}
