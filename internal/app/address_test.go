package app

import (
	"os"
	"testing"
)

func TestTheAddressInAlertsLeadsToThisHost(t *testing.T) {
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	for listen, want := range map[string]string{
		"127.0.0.1:9596": "http://127.0.0.1:9596", "slm.example.com:80": "http://slm.example.com:80",
		":9596": "http://" + host + ":9596", "0.0.0.0:9596": "http://" + host + ":9596", "[::]:9596": "http://" + host + ":9596",
	} {
		if got := (&App{o: Options{Listen: []string{listen}}}).externalURL(); got != want {
			t.Errorf("a daemon that listens on %s is reached at %s, want %s", listen, got, want)
		}
		if got := (&App{o: Options{Listen: []string{listen}, RoutePrefix: "slm/"}}).externalURL(); got != want+"/slm" {
			t.Errorf("a daemon that listens on %s beneath a prefix is reached at %s, want %s/slm", listen, got, want)
		}
	}
}
