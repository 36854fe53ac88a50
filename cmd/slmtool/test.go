package main

import (
	"fmt"
	"io"
	"os"
	"regexp"

	"github.com/alecthomas/kingpin/v2"

	"github.com/slmd/slmd/internal/contract"
)

type testFlags struct {
	files []string
	run   string
	junit string
}

func testCommand(app *kingpin.Application) {
	var f testFlags
	c := app.Command("test", "Runs contract tests: unit tests for agreements. Exit 1 if one fails.")
	c.Flag("run", "Runs only the tests whose name matches the regular expression.").PlaceHolder("REGEXP").StringVar(&f.run)
	c.Flag("junit", "Writes a JUnit report to the file.").PlaceHolder("FILE").StringVar(&f.junit)
	c.Arg("file", "Test files.").Required().StringsVar(&f.files)
	c.Action(func(*kingpin.ParseContext) error { return runTests(f, os.Stdout) })
}

// runTests runs every file, also after one that fails, and says at the end how many did.
func runTests(f testFlags, out io.Writer) error {
	var o contract.Options
	if f.run != "" {
		re, err := regexp.Compile(f.run)
		if err != nil {
			return fmt.Errorf("--run is not a regular expression: %w", err)
		}
		o.Run = re
	}
	var results []contract.Results
	ran, failed := 0, 0
	for _, file := range f.files {
		r := contract.Run(file, o)
		results = append(results, r)
		ran, failed = ran+len(r.Tests), failed+r.Failed()
		printResults(out, r)
	}
	if f.junit != "" {
		if err := writeJUnit(f.junit, results); err != nil {
			return err
		}
	}
	switch {
	case failed > 0:
		fmt.Fprintf(out, "FAILED: %d of %d tests\n", failed, max(ran, failed))
		return exitError{1}
	case ran == 0:
		return fmt.Errorf("no test was run: no name matches --run=%s", f.run)
	}
	fmt.Fprintf(out, "SUCCESS: %d tests\n", ran)
	return nil
}

func printResults(out io.Writer, r contract.Results) {
	if r.Err != nil {
		fmt.Fprintln(out, r.Err)
		return
	}
	for _, t := range r.Tests {
		if len(t.Failures) == 0 {
			continue
		}
		fmt.Fprintf(out, "%s: FAIL: %s\n", t.At, t.Name)
		for _, line := range t.Failures {
			fmt.Fprintf(out, "    %s\n", line)
		}
	}
	fmt.Fprintf(out, "%s: %d tests, %d failed\n", r.File, len(r.Tests), r.Failed())
}

func writeJUnit(path string, results []contract.Results) error {
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("writing the JUnit report: %w", err)
	}
	if err := contract.WriteJUnit(f, results); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
