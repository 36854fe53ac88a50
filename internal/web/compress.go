package web

import (
	"fmt"
	"net/http"

	"github.com/klauspost/compress/gzhttp"
	"github.com/klauspost/compress/gzip"
)

// compressed answers in gzip those who take it, where the answer is text and more
// than a kilobyte.
func compressed(next http.Handler) (http.Handler, error) {
	wrap, err := gzhttp.NewWrapper(
		gzhttp.CompressionLevel(gzip.BestSpeed), // the first overview page of 335 KB becomes 20 KB
		gzhttp.ContentTypes([]string{"text/html", "text/css", "text/csv", "text/plain", "text/javascript", "application/json", "application/yaml", "image/svg+xml"}),
	)
	if err != nil {
		return nil, fmt.Errorf("preparing compression: %w", err)
	}
	return wrap(next), nil
}
