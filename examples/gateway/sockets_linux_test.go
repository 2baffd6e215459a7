package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/interchange-smtp/interchange/examples/internal/exampletest"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// startProcess starts a gateway and returns what it says.
func startProcess(t *testing.T, cmd *exec.Cmd) *logged {
	t.Helper()
	log := newLogged()
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if cmd.ProcessState == nil {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
	})
	return log
}

// activated is a gateway that gets files as systemd passes sockets.
func activated(files []*os.File, args ...string) *exec.Cmd {
	cmd := gatewayProcess(args...)
	cmd.Path, cmd.Args = "/bin/sh", append([]string{"sh", "-c", `LISTEN_PID=$$ exec "$0" "$@"`}, cmd.Args...)
	cmd.Env = append(cmd.Env, fmt.Sprintf("LISTEN_FDS=%d", len(files)), "LISTEN_FDNAMES="+strings.TrimSuffix(strings.Repeat("mail:", len(files)), ":"))
	cmd.ExtraFiles = files
	return cmd
}

// fileOf returns the socket of a listener or a connection.
func fileOf(t *testing.T, s interface{ File() (*os.File, error) }) *os.File {
	t.Helper()
	f, err := s.File()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// bindingsFile is relayFile with several bindings.
func bindingsFile(t *testing.T, bindings ...string) string {
	t.Helper()
	file := relayFile(t, bindings[0])
	rewriteBindings(t, file, bindings...)
	return file
}

// rewriteBindings replaces the bindings in a file of relayFile.
func rewriteBindings(t *testing.T, file string, bindings ...string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, _ := strings.Cut(string(text), `"Bindings": [`)
	_, after, _ := strings.Cut(rest, `], "RemoteIPRanges"`)
	if err := os.WriteFile(file, []byte(before+`"Bindings": ["`+strings.Join(bindings, `", "`)+`"], "RemoteIPRanges"`+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

// greeted expects a greeting at an address.
func greeted(t *testing.T, address string) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	c := relaytest.NewClient(t, conn)
	c.Expect(220)
	c.Do("QUIT", 221)
}

// TestSocketActivation: the gateway serves a socket of systemd, opens its other bindings itself, and keeps
// both over reloads. While the gateway isn't running, clients wait.
func TestSocketActivation(t *testing.T) {
	l := exampletest.Listen(t)
	given, own := l.Addr().String(), exampletest.Free(t)
	file := bindingsFile(t, given, own)
	early, err := net.Dial("tcp", given)
	if err != nil {
		t.Fatal(err)
	}
	defer early.Close()
	cmd := activated([]*os.File{fileOf(t, l.(*net.TCPListener))}, "serve", "-log-stdout", "none", file)
	log := startProcess(t, cmd)
	log.wait(t, "gateway: ready", 1)
	relaytest.NewClient(t, early).Expect(220)
	greeted(t, own)
	reload := func(want string, n int, bindings ...string) {
		t.Helper()
		rewriteBindings(t, file, bindings...)
		if err := cmd.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		log.wait(t, want, n)
		greeted(t, given)
	}
	reload("msg=reloaded", 1, given)
	reload("msg=reloaded", 2, given, own)
	greeted(t, own)
	reload(`socket \"mail\" of systemd: no Receive connector has the binding `+given, 1, own)
	greeted(t, own)
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v: %s", err, log)
	}
	if _, err := net.Dial("tcp", given); err != nil {
		t.Errorf("the socket was closed: %v", err)
	}
}

// TestSocketActivationBoth: a socket for IPv6 that takes IPv4, too, serves both wildcards, also after one was
// removed and added again.
func TestSocketActivationBoth(t *testing.T) {
	l, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	if l.Addr().String() != "[::]:"+port {
		t.Skip("no IPv6")
	}
	file := bindingsFile(t, "0.0.0.0:"+port, "[::]:"+port)
	cmd := activated([]*os.File{fileOf(t, l.(*net.TCPListener))}, "serve", "-log-stdout", "none", file)
	log := startProcess(t, cmd)
	log.wait(t, "gateway: ready", 1)
	for n, bindings := range [][]string{{"[::]:" + port}, {"[::]:" + port, "0.0.0.0:" + port}} {
		rewriteBindings(t, file, bindings...)
		if err := cmd.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		log.wait(t, "msg=reloaded", n+1)
	}
	greeted(t, "127.0.0.1:"+port)
}

// TestSocketActivationRefused: a socket that the gateway can't use stops the start.
func TestSocketActivationRefused(t *testing.T) {
	tcp := exampletest.Listen(t)
	unix, err := net.Listen("unix", filepath.Join(t.TempDir(), "socket"))
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close()
	udp, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer udp.Close()
	conn, err := net.Dial("tcp", tcp.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for _, tt := range []struct {
		name string
		file *os.File
		want string
	}{
		{"no binding", fileOf(t, tcp.(*net.TCPListener)), "no Receive connector has the binding " + tcp.Addr().String()},
		{"unix", fileOf(t, unix.(*net.UnixListener)), "isn't an address for TCP"},
		{"udp", fileOf(t, udp.(*net.UDPConn)), "it isn't a socket for TCP"},
		{"connection", fileOf(t, conn.(*net.TCPConn)), "set Accept=no"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cmd := activated([]*os.File{tt.file}, "serve", bindingsFile(t, exampletest.Free(t)))
			log := startProcess(t, cmd)
			_ = cmd.Wait()
			if code := cmd.ProcessState.ExitCode(); code != exitInvalid || !strings.Contains(log.String(), `socket "mail" of systemd: `) || !strings.Contains(log.String(), tt.want) {
				t.Errorf("exit %d: %s", code, log)
			}
		})
	}
}
