//go:build failpoint

// Package failpoint kills the process where the environment asks for it, as
// kill -9 does. It is part of programs that are built with the tag failpoint
// for crash tests, and of no other.
package failpoint

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
)

// crashIn counts the passes of the failpoint that SLMD_FAILPOINT=NAME:PASS names.
var crashAt, crashIn = func() (string, *atomic.Int64) {
	name, pass, _ := strings.Cut(os.Getenv("SLMD_FAILPOINT"), ":")
	n := new(atomic.Int64)
	if count, err := strconv.ParseInt(pass, 10, 64); err == nil {
		n.Store(count)
	} else {
		n.Store(1)
	}
	return name, n
}()

// everyPoint is what SLMD_FAILPOINT holds to have each place named when it is
// passed, and nothing killed.
const everyPoint = "?"

// Pass kills the process at the pass of the place that SLMD_FAILPOINT asks for.
func Pass(name string) {
	if crashAt == everyPoint {
		fmt.Fprintln(os.Stderr, "failpoint", name)
	}
	if name == crashAt && crashIn.Add(-1) == 0 {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}
}
