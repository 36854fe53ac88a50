package app

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// stopBound is how long a clean stop may take after SIGTERM.
const stopBound = 10 * time.Second

// Run runs a daemon until it is told to stop: SIGHUP reloads, SIGTERM and
// SIGINT stop within ten seconds, a second one at once.
func Run(o Options) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGHUP, syscall.SIGTERM, syscall.SIGINT)
	defer signal.Stop(signals)
	a, err := New(ctx, o)
	if err != nil {
		return err
	}
	a.Start()
	for s := range signals {
		if s != syscall.SIGHUP {
			break
		}
		_ = a.Reload(ctx) // it has said in the log what is wrong
	}
	stopping, end := context.WithTimeout(ctx, stopBound)
	defer end()
	go func() {
		<-signals
		os.Exit(1)
	}()
	a.log.Info("stopping")
	return a.Stop(stopping)
}
