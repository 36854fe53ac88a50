package house

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"testing"
)

// listed is a package as go list gives it.
type listed struct {
	ImportPath, Dir                          string
	Imports, TestImports, XTestImports, Deps []string
	GoFiles, TestGoFiles, XTestGoFiles       []string
}

// room gives the package's path within the module.
func (p listed) room() string { return strings.TrimPrefix(p.ImportPath, module) }

// once asks go list a single time for all tests.
var once = sync.OnceValues(func() ([]listed, error) {
	command := exec.Command("go", "list", "-e", "-json", "./...")
	command.Dir = "../.."
	var complaints strings.Builder
	command.Stderr = &complaints
	out, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, complaints.String())
	}
	var all []listed
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
})

// packages gives every package of the module.
func packages(t *testing.T) []listed {
	t.Helper()
	all, err := once()
	if err != nil {
		t.Fatalf("listing the packages: %v", err)
	}
	if len(all) < 5 {
		t.Fatalf("go list names %d packages, which cannot be all", len(all))
	}
	return all
}
