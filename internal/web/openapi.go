package web

import (
	_ "embed" // the description of the API
	"net/http"
)

//go:embed openapi.yaml
var openapi []byte

func (h *handler) openapi(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/yaml")
	_, _ = w.Write(openapi) // a client that went away is not our failure
}
