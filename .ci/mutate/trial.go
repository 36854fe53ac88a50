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
	programs     []program // the package's own tests first

	mu        sync.Mutex
	counts    [5]int
	survivors []mutant
	revived   []mutant // listed as making no difference, and noticed all the same
}

// program is the test program of a package. Its tests are asked in one go or
// in two: those that take long only when the quick ones notice nothing.
type program struct {
	path, dir string
	rounds    []round
}

// round is one call of a test program, and how many seconds of processor time
// it may take: what other work there is on the machine plays no part.
type round struct {
	flags   []string
	seconds int
}

const (
	// long is from where on a test is asked only when the quick ones noticed nothing.
	long = 100 * time.Millisecond
	// patience is how many times what the tests take as they are a mutant may take.
	patience = 5
)

// prepare finds the packages, sees that their tests pass as they are and how
// long they take.
func (t *trial) prepare() error {
	paths := []string{t.dir}
	for p := range strings.SplitSeq(t.also, ",") {
		if p != "" && filepath.Clean(p) != filepath.Clean(t.dir) {
			paths = append(paths, p)
		}
	}
	for _, path := range paths {
		dir, err := exec.Command("go", "list", "-f", "{{.Dir}}", path).Output()
		if err != nil {
			return fmt.Errorf("go list %s: %w", path, err)
		}
		p := program{path: path, dir: strings.TrimSpace(string(dir))}
		binary := filepath.Join(t.scratch, "unchanged.test")
		if out, err := build(path, binary, ""); err != nil {
			return fmt.Errorf("the tests of %s do not compile as they are:\n%s", path, out)
		}
		flags, err := flagsOf(path)
		if err != nil {
			return err
		}
		if err := p.measure(binary, flags); err != nil {
			return err
		}
		t.programs = append(t.programs, p)
	}
	return nil
}

func flagsOf(path string) ([]string, error) {
	flags := []string{"-test.short", "-test.failfast"}
	deps, err := exec.Command("go", "list", "-test", "-deps", path).Output()
	if err != nil {
		return nil, fmt.Errorf("go list %s: %w", path, err)
	}
	if bytes.Contains(deps, []byte("pgregory.net/rapid\n")) {
		// A failure is enough: it is neither made small nor written down.
		flags = append(flags, "-rapid.nofailfile", "-rapid.shrinktime=1ms")
	}
	return flags, nil
}

// passed is what a test program says of a test at the top.
var passed = regexp.MustCompile(`(?m)^--- PASS: (\w+) \(([0-9.]+s)\)$`)

// measure runs the tests as they are and parts the long ones from the quick.
func (p *program) measure(binary string, flags []string) error {
	out, spent, err := p.run(binary, round{append([]string{"-test.v"}, flags...), 600})
	if err != nil {
		return fmt.Errorf("the tests of %s do not pass as they are:\n%s", p.path, out)
	}
	var slow []string
	var rest time.Duration
	for _, m := range passed.FindAllStringSubmatch(string(out), -1) {
		if took, err := time.ParseDuration(m[2]); err == nil && took >= long {
			slow = append(slow, m[1])
			rest += took
		}
	}
	within := func(d time.Duration) int { return max(3, int((patience*d).Seconds())+1) }
	if len(slow) == 0 {
		p.rounds = []round{{flags, within(spent)}}
		return nil
	}
	names := "^(" + strings.Join(slow, "|") + ")$"
	p.rounds = []round{
		{append([]string{"-test.skip=" + names}, flags...), within(max(0, spent-rest))},
		{append([]string{"-test.run=" + names}, flags...), within(spent)},
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
	for _, p := range t.programs {
		if _, err := build(p.path, stem+".test", stem+".json"); err != nil {
			return stillborn
		}
		for _, r := range p.rounds {
			_, spent, err := p.run(stem+".test", r)
			switch {
			case err == nil:
			case spent >= time.Duration(r.seconds)*time.Second, errors.Is(err, context.DeadlineExceeded):
				return endless
			default:
				return killed
			}
		}
	}
	if t.known[m.key()] {
		return equivalent
	}
	return survived
}

// build compiles the tests of a package, with an overlay unless that is empty.
func build(path, binary, overlay string) ([]byte, error) {
	args := []string{"test", "-c", "-vet=off", "-ldflags=-s -w", "-o", binary}
	if overlay != "" {
		args = append(args, "-overlay="+overlay)
	}
	return exec.Command("go", append(args, path)...).CombinedOutput()
}

// run calls a test program and says how much processor time it took.
func (p *program) run(binary string, r round) (out []byte, spent time.Duration, err error) {
	// What waits for ever takes no processor time.
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute+10*time.Duration(r.seconds)*time.Second)
	defer cancel()
	// A loop without end may ask for memory without end.
	limits := fmt.Sprintf(`ulimit -v 8000000 -t %d; exec "$@"`, r.seconds)
	cmd := exec.CommandContext(ctx, "bash", append([]string{"-c", limits, "bash", binary}, r.flags...)...)
	cmd.Dir = p.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	out, err = cmd.CombinedOutput()
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	if s := cmd.ProcessState; s != nil {
		spent = s.UserTime() + s.SystemTime()
	}
	return out, spent, err
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
