package app_test

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/slmd/slmd/internal/app"
)

func TestADaemonThatServesStopsInGoodOrderAndMayBeToldTwice(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "slmd.yml")
	if err := os.WriteFile(file, []byte("sources: [{name: main, url: \"http://127.0.0.1:1\"}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := app.New(t.Context(), app.Options{ConfigFile: file, StoragePath: dir, Listen: []string{"127.0.0.1:0"}})
	if err != nil {
		t.Fatal(err)
	}
	a.Start()
	resp, err := http.Get(a.URL() + "/-/healthy")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()

	stopped := make(chan error, 1)
	go func() { stopped <- a.Stop(context.Background()) }()
	select {
	case err := <-stopped:
		if err != nil {
			t.Errorf("stopping: %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the daemon has not stopped within ten seconds")
	}
	if err := a.Stop(context.Background()); err != nil {
		t.Errorf("stopping again: %v", err)
	}
	if resp, err := http.Get(a.URL() + "/-/healthy"); err == nil {
		resp.Body.Close()
		t.Error("a stopped daemon answers")
	}
}
