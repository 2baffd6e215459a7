//go:build linux

package e2e

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// serving is a gateway serve that runs.
type serving struct {
	said []string // up to the line "ready"
	cmd  *exec.Cmd
	log  bytes.Buffer
	rest chan struct{} // closed at the end of its output
}

// startServe runs gateway serve on h with args until the test ends, when it
// must stop without an error. It returns the output up to the line "ready".
func startServe(t *testing.T, h *host, roots, binary string, args ...string) []string {
	t.Helper()
	return startServing(t, "", h, roots, binary, args...).said
}

// startServing is startServe in a working directory, "" for the test's.
func startServing(t *testing.T, dir string, h *host, roots, binary string, args ...string) *serving {
	t.Helper()
	s := &serving{cmd: h.command(context.Background(), binary, append([]string{"serve", "-log-stdout", "none"}, args...)...), rest: make(chan struct{})}
	s.cmd.Dir = dir
	s.cmd.Env = append(os.Environ(), "SSL_CERT_FILE="+roots,
		"INTERCHANGE_CREDENTIAL_mycred="+gatewayUser+":"+gatewayPassword) // for the guide's $mycred
	s.cmd.Stderr = &s.log
	stdout, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stdout)
	ready := func() bool { return strings.HasPrefix(lines.Text(), "gateway: ready") } // without bindings it says so
	for lines.Scan() && !ready() {
		s.said = append(s.said, lines.Text())
	}
	go func() {
		defer close(s.rest)
		io.Copy(io.Discard, stdout)
	}()
	t.Cleanup(func() {
		if s.cmd.ProcessState == nil {
			if err := s.end(syscall.SIGTERM); err != nil {
				t.Errorf("gateway serve: %v", err)
			}
		}
		if t.Failed() {
			t.Logf("the gateway said:\n%s", s.log.Bytes())
		}
	})
	if lines.Err() != nil || !ready() {
		t.Fatal("the gateway isn't ready")
	}
	return s
}

// end sends a signal and waits for the end of the process.
func (s *serving) end(signal os.Signal) error {
	s.cmd.Process.Signal(signal)
	<-s.rest
	return s.cmd.Wait()
}
