package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/alecthomas/kingpin/v2"

	"github.com/slmd/slmd/internal/app"
	"github.com/slmd/slmd/internal/store"
)

func verifyCommand(db *kingpin.CmdClause) {
	var f ledgerFlags
	var head string
	c := db.Command("verify", "Walks all that is sealed or chained and judges it again; names the places that differ, the first one first.")
	f.register(c)
	c.Flag("head", "A head of the audit log that was published, as NUMBER:HASH; rows cut off below it are found.").StringVar(&head)
	c.Action(func(*kingpin.ParseContext) error { return verifyDB(context.Background(), f, head, os.Stdout) })
}

func verifyDB(ctx context.Context, f ledgerFlags, head string, out io.Writer) error {
	published, err := publishedHead(head)
	if err != nil {
		return err
	}
	cfg, err := f.config()
	if err != nil {
		return err
	}
	st, err := f.read(ctx)
	if err != nil {
		return err
	}
	defer st.Close() //nolint:errcheck // it was only read
	found, err := app.Verify(ctx, app.Verifying{Store: st, FinaliseAfter: cfg.Measuring.FinaliseAfter, Now: now(), Published: published})
	if err != nil {
		return fmt.Errorf("verifying the database: %w", err)
	}
	for _, sentence := range found {
		fmt.Fprintln(out, sentence)
	}
	if len(found) > 0 {
		return exitError{1}
	}
	end, err := st.AuditHead(ctx)
	if err != nil {
		return fmt.Errorf("reading the end of the audit log: %w", err)
	}
	_, err = fmt.Fprintf(out, "verified; the head is %d:%s\n", end.Seq, end.Hash)
	return err
}

func publishedHead(text string) (store.AuditHead, error) {
	if text == "" {
		return store.AuditHead{}, nil
	}
	number, hash, ok := strings.Cut(text, ":")
	seq, err := strconv.ParseInt(number, 10, 64)
	if !ok || err != nil || len(hash) != 64 {
		return store.AuditHead{}, fmt.Errorf("--head=%s is not a head of the audit log: write its number, a colon and its hash, as `slmtool db verify` prints them", text)
	}
	return store.AuditHead{Seq: seq, Hash: hash}, nil
}
