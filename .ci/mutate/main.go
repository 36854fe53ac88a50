// Command mutate tests the tests of a package: it changes one operator,
// constant, condition or statement at a time and runs the tests against each
// such mutant. A mutant that no test notices is a survivor: either a test is
// missing, or the change makes no difference, which is then listed with its
// reason in docs/reliability.md.
//
//	go run ./.ci/mutate --sample=60 --seed=1 ./internal/calendar ./internal/judge
//
// The working tree is never touched: mutants are laid over it (go help build, -overlay).
package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

func main() {
	var o options
	flag.IntVar(&o.sample, "sample", 0, "mutants of each package, picked at random; 0: all")
	flag.Uint64Var(&o.seed, "seed", 1, "which of them are picked")
	flag.IntVar(&o.parallel, "parallel", 2, "mutants at a time")
	flag.StringVar(&o.also, "also", "./internal/contract", "packages, with commas, whose tests are asked too when the package's own notice nothing")
	flag.StringVar(&o.known, "known", "docs/reliability.md", "the file with the table of mutants that make no difference")
	flag.StringVar(&o.only, "only", "", "only mutants whose file:line or text contains this")
	flag.IntVar(&o.atLeast, "at-least", 0, "exit 1 when fewer percent of the mutants are noticed")
	flag.BoolVar(&o.list, "list", false, "lists the mutants and runs nothing")
	flag.Parse()
	if err := run(o, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(1)
	}
}

type options struct {
	sample, parallel, atLeast int
	seed                      uint64
	also, known, only         string
	list                      bool
}

func run(o options, packages []string) error {
	known, err := readKnown(o.known)
	if err != nil {
		return err
	}
	scratch, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	for _, dir := range packages {
		all, err := mutantsOf(dir)
		if err != nil {
			return err
		}
		picked := pick(o, all)
		if o.list {
			for _, m := range picked {
				fmt.Println(m)
			}
			continue
		}
		t := trial{options: o, scratch: scratch, dir: dir, known: known}
		if err := t.prepare(); err != nil {
			return err
		}
		began := time.Now()
		t.runAll(picked)
		if 2*t.counts[stillborn] > len(picked) {
			return fmt.Errorf("%d of %d mutants of %s do not compile: were its files being changed?", t.counts[stillborn], len(picked), dir)
		}
		if share := t.report(len(all), time.Since(began)); share < float64(o.atLeast) {
			return fmt.Errorf("of %s fewer than %d %% of the mutants were noticed", dir, o.atLeast)
		}
	}
	return nil
}

// pick takes the sample, in the order of the source.
func pick(o options, all []mutant) []mutant {
	all = slices.DeleteFunc(slices.Clone(all), func(m mutant) bool { return !strings.Contains(m.String(), o.only) })
	if o.sample > 0 && o.sample < len(all) {
		rand.New(rand.NewPCG(o.seed, 0)).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		all = all[:o.sample]
	}
	slices.SortFunc(all, func(a, b mutant) int {
		if a.path != b.path {
			return strings.Compare(a.path, b.path)
		}
		return a.from - b.from
	})
	return all
}

// mutantsOf gives all mutants of the files of a package that are not tests.
func mutantsOf(dir string) ([]mutant, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	var all []mutant
	for _, p := range paths {
		if strings.HasSuffix(p, "_test.go") {
			continue
		}
		abs, err := filepath.Abs(p)
		if err != nil {
			return nil, err
		}
		text, err := os.ReadFile(abs)
		if err != nil {
			return nil, err
		}
		list, err := mutate(abs, text)
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s has no Go files to change", dir)
	}
	return all, nil
}

// runAll tests the mutants, some at a time.
func (t *trial) runAll(list []mutant) {
	var wg sync.WaitGroup
	next := make(chan mutant)
	for i := range max(1, t.parallel) {
		wg.Go(func() {
			for m := range next {
				t.note(m, t.test(i, m))
			}
		})
	}
	for _, m := range list {
		next <- m
	}
	close(next)
	wg.Wait()
}
