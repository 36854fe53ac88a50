package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/alecthomas/kingpin/v2"

	"github.com/slmd/slmd/internal/app"
	"github.com/slmd/slmd/internal/config"
)

type alertFlags struct {
	config string
	mailTo string
}

func alertCommand(k *kingpin.Application) {
	var f alertFlags
	a := k.Command("alert", "Tries how slmd tells others.")
	c := a.Command("test", "Sends a marked test alert to every Alertmanager and a test mail, and says what was answered. Exit 1 if any was not taken.")
	c.Flag("config.file", "The configuration.").Default("slmd.yml").StringVar(&f.config)
	c.Flag("mail.to", "Who gets the test mail; otherwise the first of mail.also_to, or mail.from.").StringVar(&f.mailTo)
	c.Action(func(*kingpin.ParseContext) error { return testAlert(context.Background(), f, os.Stdout) })
}

func testAlert(ctx context.Context, f alertFlags, out io.Writer) error {
	cfg, err := config.Load(f.config)
	if err != nil {
		return err
	}
	trials := app.Try(ctx, cfg, f.mailTo, now())
	if len(trials) == 0 {
		return errors.New(f.config + " names neither alerting.alertmanagers nor mail: there is nobody to tell")
	}
	bad := false
	for _, t := range trials {
		if t.Err != nil {
			bad = true
			fmt.Fprintf(out, "%s: not taken: %v\n", t.To, t.Err)
			continue
		}
		fmt.Fprintf(out, "%s: %s\n", t.To, t.Answer)
	}
	if bad {
		return exitError{1}
	}
	return nil
}
