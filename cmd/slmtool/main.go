// Command slmtool checks, tests, applies and asks after service level agreements.
package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/alecthomas/kingpin/v2"
	"github.com/prometheus/common/version"
)

// commands register themselves and what they do.
var commands = []func(*kingpin.Application){
	checkCommand,
	testCommand,
	diffCommand,
	applyCommand,
	exportCommand,
	planCommand,
	measureCommand,
	remeasureCommand,
	statusCommand,
	breachesCommand,
	outagesCommand,
	simulateCommand,
	reportCommand,
	entriesCommand,
	exclusionCommand,
	entryCommand,
	dbCommand,
	alertCommand,
}

func main() { os.Exit(run(os.Args[1:])) }

// run gives the exit code: 0 ok, 1 failure, 2 differences, 3 lint findings, 4 --fail-on matched.
func run(args []string) int {
	app := kingpin.New("slmtool", "Checks, tests and applies service level agreements.")
	app.HelpFlag.Short('h')
	app.Version(version.Print("slmtool")).UsageWriter(os.Stdout)
	for _, register := range commands {
		register(app)
	}
	_, err := app.Parse(args)
	var exit exitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return exit.code
	}
	fmt.Fprintln(os.Stderr, "slmtool:", err)
	return 1
}

// exitError ends the program with a code after everything has been said.
type exitError struct{ code int }

func (e exitError) Error() string { return fmt.Sprintf("exit code %d", e.code) }
