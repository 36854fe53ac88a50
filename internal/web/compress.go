package web

import (
	"compress/gzip"
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
		z, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed) // the level is known
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

// compressing decides at the first write whether it compresses.
type compressing struct {
	http.ResponseWriter
	writers *sync.Pool
	code    int // said by the handler, not yet by us
	begun   bool
	z       *gzip.Writer
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
	if c.z != nil {
		return c.z.Write(p)
	}
	return c.ResponseWriter.Write(p)
}

func (c *compressing) begin(size int) {
	c.begun = true
	head := c.Header()
	if text(head.Get("Content-Type")) && head.Get("Content-Encoding") == "" && size >= leastCompressed {
		head.Set("Content-Encoding", "gzip")
		head.Add("Vary", "Accept-Encoding")
		head.Del("Content-Length")
		c.z = c.writers.Get().(*gzip.Writer) //nolint:forcetypeassert // the pool holds nothing else
		c.z.Reset(c.ResponseWriter)
	}
	if c.code != 0 {
		c.ResponseWriter.WriteHeader(c.code)
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
