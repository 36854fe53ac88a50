package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/alecthomas/kingpin/v2"
)

func chainCommand(check *kingpin.CmdClause) {
	var f ledgerFlags
	c := check.Command("chain", "Checks that nobody edited the audit log or what it vouches for, and names its end.")
	f.register(c)
	c.Action(func(*kingpin.ParseContext) error { return checkChain(context.Background(), f, os.Stdout) })
}

// checkChain prints the number and hash of the last row: who keeps them can
// tell later whether the log was cut or written anew.
func checkChain(ctx context.Context, f ledgerFlags, out io.Writer) error {
	if err := checkDB(ctx, f, out); err != nil {
		return err
	}
	st, err := f.read(ctx)
	if err != nil {
		return err
	}
	defer st.Close() //nolint:errcheck // it was only read
	head, err := st.AuditHead(ctx)
	if err != nil {
		return err
	}
	if head.Seq == 0 {
		_, err = fmt.Fprintln(out, "the audit log is empty")
		return err
	}
	_, err = fmt.Fprintf(out, "the audit log is whole: %d rows, the last one is %s\n", head.Seq, head.Hash)
	return err
}
