package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// outcome is what became of a mutant.
type outcome int

const (
	killed outcome = iota
	survived
	equivalent // listed as making no difference
	stillborn  // it does not compile
	endless    // its tests did not end in time, which is noticed too
)

// trial runs the mutants of one package.
type trial struct {
	options
	scratch, dir string
	known        map[key]bool
	packages     []tested // the package itself first

	mu        sync.Mutex
	counts    [5]int
	survivors []mutant
	revived   []mutant // listed as making no difference, and noticed all the same
}

// tested is a package whose tests are asked, with the flags that they want.
type tested struct {
	path  string
	flags []string
}

// prepare finds the packages and sees that their tests pass as they are.
func (t *trial) prepare() error {
	paths := []string{t.dir}
	for p := range strings.SplitSeq(t.also, ",") {
		if p != "" && filepath.Clean(p) != filepath.Clean(t.dir) {
			paths = append(paths, p)
		}
	}
	for _, p := range paths {
		x := tested{path: p}
		deps, err := exec.Command("go", "list", "-test", "-deps", p).Output()
		if err != nil {
			return fmt.Errorf("go list %s: %w", p, err)
		}
		if bytes.Contains(deps, []byte("pgregory.net/rapid\n")) {
			// A failure is enough: it is neither made small nor written down.
			x.flags = []string{"-rapid.nofailfile", "-rapid.shrinktime=1ms"}
		}
		t.packages = append(t.packages, x)
		if out, err := t.goTest(x, ""); err != nil {
			return fmt.Errorf("the tests of %s do not pass as they are:\n%s", p, out)
		}
	}
	return nil
}

// test lays the mutant over the working tree and runs the tests.
func (t *trial) test(worker int, m mutant) outcome {
	stem := filepath.Join(t.scratch, fmt.Sprint(worker))
	overlay, _ := json.Marshal(map[string]map[string]string{"Replace": {m.path: stem + ".go"}})
	for path, text := range map[string][]byte{stem + ".go": m.source(), stem + ".json": overlay} {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			panic(err)
		}
	}
	for _, p := range t.packages {
		out, err := t.goTest(p, stem+".json")
		switch {
		case err == nil:
		case bytes.Contains(out, []byte("[build failed]")):
			return stillborn
		case bytes.Contains(out, []byte("panic: test timed out")), errors.Is(err, context.DeadlineExceeded):
			return endless
		default:
			return killed
		}
	}
	if t.known[m.key()] {
		return equivalent
	}
	return survived
}

func (t *trial) goTest(p tested, overlay string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), t.timeout+time.Minute)
	defer cancel()
	args := []string{"test", "-vet=off", "-count=1", "-failfast", "-short", "-ldflags=-s -w", "-timeout=" + t.timeout.String()}
	if overlay != "" {
		args = append(args, "-overlay="+overlay)
	}
	args = append(append(args, p.path), p.flags...)
	// A loop without end may ask for memory without end.
	cmd := exec.CommandContext(ctx, "sh", append([]string{"-c", `ulimit -v 8000000; exec go "$@"`, "go"}, args...)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return out, err
}

func (t *trial) note(m mutant, o outcome) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counts[o]++
	switch {
	case o == survived:
		t.survivors = append(t.survivors, m)
		fmt.Println(m)
	case o == endless:
		fmt.Println("without end:", m)
	case o == killed && t.known[m.key()]:
		t.revived = append(t.revived, m)
	}
}

// report says how it went and gives the share of mutants noticed in percent,
// without those that are listed as making no difference.
func (t *trial) report(all int, took time.Duration) float64 {
	n := t.counts
	noticed := n[killed] + n[endless]
	judged := noticed + n[survived] + n[equivalent]
	percent := func(part, whole int) float64 { return 100 * float64(part) / float64(max(whole, 1)) }
	fmt.Printf("%s: %d of %d mutants noticed (%.1f %%), %d of them without end; %d listed as making no difference, %d survived; %d do not compile; of %d in all; %s\n",
		t.dir, noticed, judged, percent(noticed, judged), n[endless], n[equivalent], n[survived], n[stillborn], all, took.Round(time.Second))
	for _, m := range t.revived {
		fmt.Printf("listed as making no difference, but noticed: %s\n", m)
	}
	return percent(noticed, noticed+n[survived])
}

// row is a row of the table of mutants that make no difference.
var row = regexp.MustCompile("^\\| `([^`]+\\.go)` \\| `(.+?)` \\| (?:`(.+?)`|removed) \\| .+ \\|$")

func readKnown(path string) (map[key]bool, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	known := map[key]bool{}
	plain := func(s string) string { return strings.ReplaceAll(s, `\|`, "|") }
	for _, line := range slices.Collect(strings.Lines(string(text))) {
		if f := row.FindStringSubmatch(strings.TrimSpace(line)); f != nil {
			is := "removed"
			if f[3] != "" {
				is = plain(f[3])
			}
			known[key{f[1], plain(f[2]), is}] = true
		}
	}
	return known, nil
}
