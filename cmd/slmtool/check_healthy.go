package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/alecthomas/kingpin/v2"
)

// healthyCommand lets a container ask for its own health without a shell.
func healthyCommand(check *kingpin.CmdClause) {
	var url string
	c := check.Command("healthy", "Asks a running slmd whether it serves. Exit 1 if it does not.")
	c.Flag("slmd.url", "The address of slmd.").Default("http://localhost:9596").StringVar(&url)
	c.Action(func(*kingpin.ParseContext) error { return checkHealthy(url, os.Stdout) })
}

// healthyWithin is how long slmd may take to answer.
const healthyWithin = 4 * time.Second

func checkHealthy(url string, out io.Writer) error {
	ctx, cancel := context.WithTimeout(context.Background(), healthyWithin)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(url, "/")+"/-/healthy", nil)
	if err != nil {
		return fmt.Errorf("%q is not the address of a server: write one such as http://localhost:9596", url)
	}
	resp, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("asking slmd for its health: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("asking slmd for its health: %s answers %s", url, resp.Status)
	}
	fmt.Fprintf(out, "%s is healthy\n", url)
	return nil
}
