package app

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/slmd/slmd/internal/cycle"
)

// Bar shows how much of what is due is measured: on a terminal in place,
// otherwise a line for each tenth.
type Bar struct {
	out          io.Writer
	total, shown int
	terminal     bool
}

// NewBar gives a bar that writes to out and has shown nothing yet.
func NewBar(out io.Writer) *Bar {
	b := &Bar{out: out, shown: -1}
	if f, ok := out.(*os.File); ok {
		info, err := f.Stat()
		b.terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return b
}

// Show takes how far the measuring is behind now; the most that ever was is the whole.
func (b *Bar) Show(l cycle.Lag) {
	b.total = max(b.total, l.Pending)
	if b.total == 0 {
		return
	}
	percent := 100 - 100*l.Pending/b.total
	switch {
	case b.terminal:
		fmt.Fprintf(b.out, "\r  [%-50s] %3d%%", strings.Repeat("#", percent/2), percent)
	case percent/10 > b.shown:
		b.shown = percent / 10
		fmt.Fprintf(b.out, "  %d%% measured\n", percent)
	}
}

// Done ends the line.
func (b *Bar) Done() {
	if b.terminal && b.total > 0 {
		fmt.Fprintln(b.out)
	}
}
