package testkit

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"
)

// process is a server under test that listens on a loopback address and says
// at /-/ready when it serves.
type process struct {
	t       testing.TB
	binary  string
	address string
	flags   func(address string) []string

	command *exec.Cmd
	gone    chan struct{} // closed when the command has ended
	output  *buffer
}

// startProcess starts the program on a free address and waits until it is
// ready; the end of the test ends it.
func startProcess(t testing.TB, binary string, flags func(address string) []string) *process {
	t.Helper()
	p := &process{t: t, binary: binary, flags: flags, output: &buffer{}}
	t.Cleanup(func() {
		p.end(syscall.SIGKILL)
		if t.Failed() {
			t.Logf("%s wrote last:\n%s", binary, p.output.tail())
		}
	})
	// Somebody else may take the port between the choice and the start.
	for range 3 {
		p.address = FreeAddress(t)
		if p.start() == nil {
			return p
		}
	}
	t.Fatalf("%s does not become ready; it wrote:\n%s", binary, p.output.tail())
	return nil
}

// start runs the program and waits until it is ready.
func (p *process) start() error {
	command := exec.Command(p.binary, p.flags(p.address)...)
	command.Stdout, command.Stderr = p.output, p.output
	if err := command.Start(); err != nil {
		return fmt.Errorf("starting %s: %w", p.binary, err)
	}
	gone := make(chan struct{})
	go func() {
		_ = command.Wait() // how it ended is in its output
		close(gone)
	}()
	p.command, p.gone = command, gone
	if !poll(patience, gone, p.ready) {
		p.end(syscall.SIGKILL)
		return fmt.Errorf("starting %s on %s: it is not ready", p.binary, p.address)
	}
	return nil
}

func (p *process) ready() bool {
	client := http.Client{Timeout: time.Second}
	resp, err := client.Get("http://" + p.address + "/-/ready")
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// end sends the signal and waits until the program has ended; it may be called
// for one that has ended.
func (p *process) end(signal os.Signal) {
	if p.command == nil {
		return
	}
	_ = p.command.Process.Signal(signal) // an error means that it has ended
	<-p.gone
}

// Stop ends the server in good order.
func (p *process) Stop() { p.t.Helper(); p.end(syscall.SIGTERM) }

// Kill ends the server at once with SIGKILL.
func (p *process) Kill() { p.t.Helper(); p.end(syscall.SIGKILL) }

// Restart starts the server again after Stop or Kill, on the same address and
// with the same files.
func (p *process) Restart() {
	p.t.Helper()
	if err := p.start(); err != nil {
		p.t.Fatalf("%v; it wrote:\n%s", err, p.output.tail())
	}
}

// URL gives the address of the server, http://127.0.0.1:PORT.
func (p *process) URL() string { return "http://" + p.address }

// buffer collects what a process writes.
type buffer struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (b *buffer) Write(text []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.all.Write(text)
}

// tail gives the last 4 KiB.
func (b *buffer) tail() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	text := b.all.Bytes()
	return string(text[max(0, len(text)-4096):])
}
