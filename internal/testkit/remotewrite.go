package testkit

import (
	"bytes"
	"testing"

	"github.com/golang/snappy"
)

// RemoteWrite sends a prompb.WriteRequest to a server that takes samples as
// Prometheus sends them, stale markers and native histograms among them.
func RemoteWrite(t testing.TB, server string, request interface{ Marshal() ([]byte, error) }) {
	t.Helper()
	body, err := request.Marshal()
	if err != nil {
		t.Fatalf("packing samples: %v", err)
	}
	post(t, server+"/api/v1/write", "application/x-protobuf", bytes.NewReader(snappy.Encode(nil, body)))
}
