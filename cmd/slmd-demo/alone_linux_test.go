package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// aloneMark says to the test that it runs in a network namespace of its own.
const aloneMark = "SLMD_TEST_ALONE"

// alone runs the test once more in a network namespace that has no way out, and
// gives true when that was done. Where namespaces are not to be had it says so.
func alone(t *testing.T) bool {
	t.Helper()
	if os.Getenv(aloneMark) != "" {
		loopbackOnly(t)
		return false
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout=10m")
	cmd.Env = append(os.Environ(), aloneMark+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	if os.Getuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	out, err := cmd.CombinedOutput()
	var ended *exec.ExitError
	switch {
	case err == nil:
		t.Logf("without any network:\n%s", out)
		return true
	case errors.As(err, &ended):
		t.Errorf("without any network: %v\n%s", err, out)
		return true
	}
	t.Logf("no network namespace can be made here (%v): the pages are looked at with the network there is", err)
	return false
}

// loopbackOnly makes this machine reachable for itself, and looks that nothing else is.
func loopbackOnly(t *testing.T) {
	t.Helper()
	if err := raiseLoopback(); err != nil {
		t.Fatalf("raising the loopback interface: %v", err)
	}
	conn, err := net.DialTimeout("udp", "192.0.2.1:53", time.Second)
	if err == nil {
		_ = conn.Close()
		t.Fatal("there is a route out of the network namespace")
	}
}

func raiseLoopback() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	if err != nil {
		return fmt.Errorf("opening a socket: %w", err)
	}
	defer unix.Close(fd)
	ifr, err := unix.NewIfreq("lo")
	if err != nil {
		return fmt.Errorf("naming the interface: %w", err)
	}
	ifr.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	return unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, ifr)
}
