package app_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"syscall"
	"testing"
	"time"

	"github.com/slmd/slmd/internal/testkit"
)

// program is one to be run in a directory.
type program struct {
	dir    string
	binary string
	args   []string
	env    []string
	point  string              // the failpoint at which it is killed, and the pass
	within time.Duration       // after which it is killed; zero: never
	code   int                 // with which it ends
	goal   func(*process) bool // at which it is ended in good order; nil: it ends by itself
}

// process is a program that was run.
type process struct {
	*exec.Cmd
	said    *words
	gone    chan struct{}
	address string
}

// begin starts the program; the end of the test ends it.
func begin(t testing.TB, g program) *process {
	t.Helper()
	p := &process{Cmd: exec.Command(g.binary, g.args...), said: &words{}, gone: make(chan struct{})}
	p.Dir, p.Env = g.dir, append(append(os.Environ(), g.env...), "SLMD_FAILPOINT="+g.point)
	p.Stdout, p.Stderr = p.said, p.said
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = p.Wait() // how it ended is in its state
		close(p.gone)
	}()
	return p
}

// run runs the program until it ends, is killed or has reached its goal. One
// that ends with another code than it should fails the test.
func run(t testing.TB, g program) *process {
	t.Helper()
	p := begin(t, g)
	if g.within > 0 {
		timer := time.AfterFunc(g.within, func() { _ = p.Process.Kill() })
		defer timer.Stop()
	}
	defer func() {
		_ = p.Process.Kill() // an error means that it has ended
		<-p.gone
		if t.Failed() {
			t.Logf("%s wrote last:\n%s", g.binary, tail(p.said.String()))
		}
	}()
	testkit.EventuallyWithin(t, 2*time.Minute, g.binary+" has ended or reached its goal", func() bool {
		return p.ended() || g.goal != nil && g.goal(p)
	})
	_ = p.Process.Signal(os.Interrupt)
	<-p.gone
	if !p.killed() && p.ProcessState.ExitCode() != g.code {
		t.Fatalf("%s %q ended with %s:\n%s", g.binary, g.args, p.ProcessState, tail(p.said.String()))
	}
	return p
}

func (p *process) ended() bool {
	select {
	case <-p.gone:
		return true
	default:
		return false
	}
}

// killed reports whether the program has ended by SIGKILL.
func (p *process) killed() bool {
	<-p.gone
	status, ok := p.ProcessState.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL
}

var listening = regexp.MustCompile(`msg=listening address=(\S+)`)

// url gives where the daemon listens; empty before it does.
func (p *process) url() string {
	if p.address == "" {
		if m := listening.FindStringSubmatch(p.said.String()); m != nil {
			p.address = "http://" + m[1]
		}
	}
	return p.address
}

// get gives a page, false when it did not come whole.
func (p *process) get(path string) (string, bool) {
	return p.ask(http.MethodGet, path, nil)
}

// put sends a document as JSON and reports whether it was taken.
func (p *process) put(path string, doc any) bool {
	body, err := json.Marshal(doc)
	if err != nil {
		panic(err)
	}
	_, ok := p.ask(http.MethodPut, path, bytes.NewReader(body))
	return ok
}

func (p *process) ask(method, path string, body io.Reader) (string, bool) {
	code, text := p.request(method, path, body)
	return text, code == http.StatusOK
}

// answer gives the status and the text of an answer; 0 when none came whole.
func (p *process) answer(path string) (int, string) { return p.request(http.MethodGet, path, nil) }

func (p *process) request(method, path string, body io.Reader) (int, string) {
	if p.url() == "" {
		return 0, ""
	}
	req, err := http.NewRequest(method, p.url()+path, body)
	if err != nil {
		panic(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, ""
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, ""
	}
	return resp.StatusCode, string(text)
}
