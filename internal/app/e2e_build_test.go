package app_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// builds are the programs that tests have built; linking one takes seconds.
var builds struct {
	mu   sync.Mutex
	dir  string
	done map[string]string // paths, by name and flags
}

func TestMain(m *testing.M) {
	code := m.Run()
	if builds.dir != "" {
		_ = os.RemoveAll(builds.dir)
	}
	os.Exit(code)
}

// build builds a program of this module, once.
func build(t testing.TB, name string, flags ...string) string {
	t.Helper()
	builds.mu.Lock()
	defer builds.mu.Unlock()
	if builds.dir == "" {
		dir, err := os.MkdirTemp("", "slmd-programs-") //nolint:usetesting // it outlives the test that builds first
		if err != nil {
			t.Fatal(err)
		}
		builds.dir, builds.done = dir, map[string]string{}
	}
	key := name + strings.Join(flags, "")
	if builds.done[key] == "" {
		binary := filepath.Join(builds.dir, key)
		args := append([]string{"build", "-ldflags=-s -w", "-o", binary}, flags...) // linking without debugging takes half as long
		if out, err := exec.Command("go", append(args, "../../cmd/"+name)...).CombinedOutput(); err != nil {
			t.Fatalf("building %s: %v\n%s", name, err, out)
		}
		builds.done[key] = binary
	}
	return builds.done[key]
}
