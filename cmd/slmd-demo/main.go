// Command slmd-demo runs slmd on a Prometheus inside the process with the
// made-up history of a sample company, and goes on live.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/alecthomas/kingpin/v2"
)

// flags are what the command line says.
type flags struct {
	now          string
	seed         uint64
	once         bool
	out          string
	listen       string
	alertmanager []string
}

func main() {
	var f flags
	k := kingpin.New("slmd-demo", "Runs slmd on an in-process Prometheus with the made-up history of a sample company, and goes on live until it is stopped.")
	k.HelpFlag.Short('h')
	k.Flag("now", "The present of the demo, RFC 3339; by default the time of day.").StringVar(&f.now)
	k.Flag("seed", "Another seed makes up another history.").Default("1").Uint64Var(&f.seed)
	k.Flag("once", "Does everything once, writes the results into --out and ends. The same seed and now give the same bytes.").BoolVar(&f.once)
	k.Flag("out", "The directory for --once.").Default("out").StringVar(&f.out)
	k.Flag("web.listen-address", "Where slmd listens.").Default("127.0.0.1:9596").StringVar(&f.listen)
	k.Flag("alertmanager.url", "An Alertmanager to tell; may be given several times.").StringsVar(&f.alertmanager)
	kingpin.MustParse(k.Parse(os.Args[1:]))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, f); err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "slmd-demo: error:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, f flags) error {
	now := time.Now()
	if f.now != "" {
		t, err := time.Parse(time.RFC3339, f.now)
		if err != nil {
			return fmt.Errorf("--now=%s is not a time: write it as 2026-11-22T12:00:00Z", f.now)
		}
		now = t
	}
	now = now.UTC().Truncate(time.Minute)
	if f.once {
		return once(ctx, f, now)
	}
	return live(ctx, f, now)
}
