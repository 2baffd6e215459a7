package main

import (
	"net"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestSystemd: the service manager learns when the gateway is ready, reloads and stops, and that it
// works.
func TestSystemd(t *testing.T) {
	dir := t.TempDir()
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: filepath.Join(dir, "notify"), Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	t.Setenv("NOTIFY_SOCKET", filepath.Join(dir, "notify"))
	t.Setenv("WATCHDOG_USEC", "20000")
	expect := func(want string) {
		t.Helper()
		var seen []string
		_ = socket.SetReadDeadline(time.Now().Add(30 * time.Second))
		for buf := make([]byte, 4096); ; {
			n, err := socket.Read(buf)
			if err != nil {
				t.Fatalf("%v; no message %q among %q", err, want, seen)
			}
			if text := string(buf[:n]); regexp.MustCompile(want).MatchString(text) {
				return
			} else if text != "WATCHDOG=1" {
				seen = append(seen, text)
			}
		}
	}
	site := newSite(t)
	s := startServing(t, site.flags("-data", filepath.Join(dir, "data"))...)
	expect(`^READY=1\nSTATUS=serving policy [a-z2-7]{24}, 1 binding, 0 messages waiting$`)
	expect("^WATCHDOG=1$")
	s.hangup <- syscall.SIGHUP
	expect(`^RELOADING=1\nMONOTONIC_USEC=[0-9]+\n?$`)
	expect("^READY=1\n")
	s.end(t)
	expect(`^STOPPING=1\nEXTEND_TIMEOUT_USEC=45000000$`)
	if strings.Contains(s.stderr.String(), "systemd") {
		t.Error(s.stderr)
	}
}
