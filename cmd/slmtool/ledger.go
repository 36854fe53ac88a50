package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"time"

	"github.com/alecthomas/kingpin/v2"

	"github.com/slmd/slmd/internal/app"
	"github.com/slmd/slmd/internal/config"
	"github.com/slmd/slmd/internal/cycle"
	"github.com/slmd/slmd/internal/judge"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
)

// ledgerFlags are what the commands that work on a database share.
type ledgerFlags struct {
	storage    string
	url        string
	configFile string
	as         string
}

func (f *ledgerFlags) register(c *kingpin.CmdClause) {
	c.Flag("storage.path", "The directory of the database.").Default("data/").StringVar(&f.storage)
	c.Flag("slmd.url", "Talks to a running slmd, such as http://localhost:9596, instead of the database.").StringVar(&f.url)
	c.Flag("config.file", "The configuration of slmd; if it is there, its settings apply.").Default("slmd.yml").StringVar(&f.configFile)
}

// registerActor adds who acts.
func (f *ledgerFlags) registerActor(c *kingpin.CmdClause) {
	c.Flag("as", "Who acts; stands in the audit log.").Default(systemUser()).StringVar(&f.as)
}

func systemUser() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return "unknown"
}

func (f *ledgerFlags) file() string { return filepath.Join(f.storage, app.DatabaseFile) }

// read opens the database for reading, also beside a running daemon.
func (f *ledgerFlags) read(ctx context.Context) (*store.Store, error) {
	st, err := store.OpenReadOnly(ctx, f.file(), store.Options{})
	switch {
	case errors.Is(err, os.ErrNotExist) && f.url != "":
		return nil, fmt.Errorf("this is read from the database itself, and there is no %s: name the directory of that slmd with --storage.path", f.file())
	case errors.Is(err, os.ErrNotExist):
		return nil, fmt.Errorf("there is no database %s: name its directory with --storage.path, or apply a catalogue first", f.file())
	}
	return st, err
}

// write opens the database for writing; it fails while a daemon runs.
func (f *ledgerFlags) write(ctx context.Context) (*store.Store, error) {
	if f.url != "" {
		return nil, errors.New("this is written to the database itself: stop slmd and leave --slmd.url out")
	}
	return store.Open(ctx, f.file(), store.Options{})
}

// config reads the configuration. Without a file of the default name its
// defaults apply.
func (f *ledgerFlags) config() (*config.Config, error) {
	cfg, err := config.Load(f.configFile)
	if errors.Is(err, os.ErrNotExist) && f.configFile == "slmd.yml" {
		return config.Parse("slmd.yml", []byte("sources: [{name: main, url: 'http://localhost:9090'}]\n"))
	}
	return cfg, err
}

// book is a database opened to be judged from.
type book struct {
	judge.Book
	store  *store.Store
	config *config.Config
}

// book opens the database for reading with what it takes to judge. Closing its
// store is the caller's.
func (f *ledgerFlags) book(ctx context.Context) (book, error) {
	cfg, err := f.config()
	if err != nil {
		return book{}, err
	}
	st, err := f.read(ctx)
	if err != nil {
		return book{}, err
	}
	b := book{store: st, config: cfg}
	cat, err := st.Catalogue(ctx)
	if err == nil {
		b.Book, err = cycle.Book(ctx, cycle.Reading{Store: st, Catalogue: cat, FinaliseAfter: cfg.Measuring.FinaliseAfter, Now: now()})
	}
	if err != nil {
		return book{}, errors.Join(fmt.Errorf("reading the database: %w", err), st.Close())
	}
	return b, nil
}

// now is the instant at which a command works.
func now() sla.Instant { return sla.At(time.Now()) }

// instant reads a flag that is a time.
func instant(flag, s string) (sla.Instant, error) {
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return sla.At(t), nil
		}
	}
	return 0, fmt.Errorf("--%s=%s is not a time: write it as 2026-11-01T00:00:00Z or 2026-11-01 (UTC)", flag, s)
}

// agreementNamed refuses a name that the catalogue does not have.
func agreementNamed(c *sla.Catalogue, name string) error {
	if name == "" || len(c.Versions(name)) > 0 {
		return nil
	}
	return fmt.Errorf("there is no agreement %q in the catalogue: `slmtool status` lists them", name)
}
