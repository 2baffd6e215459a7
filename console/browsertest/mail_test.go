//go:build linux

package browsertest

import (
	"bufio"
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/interchange-smtp/interchange/internal/guide"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// The fresh Exchange 2007 server of the guide, and a user in the office.
const (
	hubName   = "huba.fabrikam.com"
	annUser   = "ann@fabrikam.com"
	annWord   = "Tea at five"
	stranger  = "203.0.113.50"
	otherSide = "carl@partner.example"
	nextHop   = "127.0.0.1:2525" // where the external gateway takes mail
)

// site is HubA, run by gateway serve on policy files, and the external SMTP gateway, in a network namespace
// with the guide's addresses.
type site struct {
	namespace string
	gateway   *relaytest.Sink // the next hop
}

// build builds the gateway, which exists until the test ends.
func build(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "gateway")
	run(t, "", "go", "-C", source, "build", "-o", binary, "../../examples/gateway")
	return binary
}

// newSite starts both. The gateway at the other side wants HubA's password if login is set.
func newSite(t *testing.T, login bool, program func() string, flags ...string) *site {
	t.Helper()
	if !required {
		t.Skip("needs root, iproute2 and swaks; set INTERCHANGE_E2E=1 to run it")
	}
	s := &site{namespace: fmt.Sprintf("interchange-console-%d", os.Getpid()), gateway: &relaytest.Sink{}}
	run(t, "", "ip", "netns", "add", s.namespace)
	t.Cleanup(func() { run(t, "", "ip", "netns", "del", s.namespace) })
	run(t, "", "ip", "-n", s.namespace, "link", "set", "lo", "up")
	for _, address := range []string{hubAddress, gatewayAt, securedAt, stranger} {
		run(t, "", "ip", "-n", s.namespace, "addr", "add", address+"/32", "dev", "lo")
	}
	dir := t.TempDir()
	ca, err := relaytest.NewAuthority("Test Authority")
	if err != nil {
		t.Fatal(err)
	}
	roots, cert, key := writeCertificates(t, ca, dir)
	if login {
		certificate, err := ca.Issue(smartHost)
		if err != nil {
			t.Fatal(err)
		}
		s.gateway.Certificate, s.gateway.Users = &certificate, map[string]string{gatewayUser: gatewayWord}
	}
	go s.gateway.Serve(s.listen(t, nextHop))
	t.Cleanup(func() { s.gateway.Close() })

	binary, users := program(), filepath.Join(dir, "users")
	run(t, annWord+"\n", binary, "user", "-file", users, "add", annUser)
	s.serve(t, roots, append([]string{binary, "serve", "-log-stdout", "none", "-users", users, "-cert", cert, "-key", key,
		"-connect-to", smartHost + ":25:" + nextHop}, flags...)...)
	return s
}

// run runs a command to its end.
func run(t *testing.T, input string, command ...string) {
	t.Helper()
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stdin = strings.NewReader(input)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", strings.Join(command, " "), err, out)
	}
}

// writeCertificates writes the certificate of the authority, and that of HubA with its key.
func writeCertificates(t *testing.T, ca *relaytest.Authority, dir string) (roots, cert, key string) {
	t.Helper()
	leaf, err := ca.Issue(hubName)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(leaf.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, kind string, der []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	return write("roots.pem", "CERTIFICATE", ca.Certificate().Raw), write("hub.pem", "CERTIFICATE", leaf.Certificate[0]), write("hub.key", "PRIVATE KEY", private)
}

// listen listens in the namespace.
func (s *site) listen(t *testing.T, address string) net.Listener {
	t.Helper()
	var l net.Listener
	failed := make(chan error)
	go func() {
		runtime.LockOSThread() // for good: the thread ends with the goroutine, because it stays in the namespace
		ns, err := os.Open("/run/netns/" + s.namespace)
		if err == nil {
			defer ns.Close()
			err = unix.Setns(int(ns.Fd()), unix.CLONE_NEWNET)
		}
		if err == nil {
			l, err = net.Listen("tcp4", address)
		}
		failed <- err
	}()
	if err := <-failed; err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// serve runs gateway serve until the test ends, and returns when it is ready.
func (s *site) serve(t *testing.T, roots string, command ...string) {
	t.Helper()
	cmd := exec.Command("ip", append([]string{"netns", "exec", s.namespace}, command...)...)
	cmd.Env = append(os.Environ(), "SSL_CERT_FILE="+roots)
	var said strings.Builder
	cmd.Stderr = &said
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		if err := cmd.Wait(); err != nil {
			t.Errorf("gateway serve: %v\n%s", err, said.String())
		}
	})
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		if lines.Text() == "gateway: ready" {
			return
		}
	}
	cmd.Process.Signal(syscall.SIGTERM)
	t.Fatal("the gateway isn't ready")
}

// swaks sends a message from an address to HubA, and says whether it was accepted, and what swaks says.
func (s *site) swaks(t *testing.T, from string, args ...string) (bool, string) {
	t.Helper()
	out, err := exec.Command("ip", append([]string{"netns", "exec", s.namespace, "swaks", "--ehlo", "client.example",
		"--server", hubAddress, "--local-interface", from, "--to", otherSide}, args...)...).CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return err == nil, string(out)
}

// relays fails the test unless HubA takes a message from an address for another organisation and gives it to the
// gateway.
func (s *site) relays(t *testing.T, from string, args ...string) {
	t.Helper()
	before := len(s.gateway.Messages())
	if ok, said := s.swaks(t, from, args...); !ok {
		t.Fatalf("HubA refuses the message from %s:\n%s", from, said)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	all, err := s.gateway.Wait(ctx, before+1)
	if err != nil {
		t.Fatalf("nothing arrives at the gateway: %v", err)
	}
	if to := all[before].To; !slices.Equal(to, []string{otherSide}) {
		t.Errorf("the gateway's message is for %q", to)
	}
}

// refuses fails the test if HubA takes a message from an address for another organisation.
func (s *site) refuses(t *testing.T, from string, args ...string) {
	t.Helper()
	if ok, said := s.swaks(t, from, args...); ok {
		t.Errorf("HubA takes a message from %s:\n%s", from, said)
	}
}

// mailFlows sends mail through the gateway program that runs on the files of a policy, as a scenario of the guide has it: the
// gateway and the office may send to the Internet, others may not.
func mailFlows(t *testing.T, scenario guide.Scenario, program func() string, flags ...string) {
	t.Helper()
	// Refusals don't keep the test waiting.
	quick := filepath.Join(t.TempDir(), "quick.ps1")
	if err := os.WriteFile(quick, []byte("Get-ReceiveConnector | Set-ReceiveConnector -TarpitInterval 00:00:00\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := newSite(t, scenario == guide.Basic, program, append(flags, "-config", quick)...)
	allowed := map[guide.Scenario]string{guide.Secured: securedAt, guide.Relay: gatewayAt}[scenario]
	for _, from := range []string{securedAt, gatewayAt, stranger} {
		if from == allowed {
			s.relays(t, from, "--from", "dora@example.net")
		} else {
			s.refuses(t, from, "--from", "dora@example.net")
		}
	}
	s.relays(t, stranger, "--from", annUser, "--tls", "--auth", "LOGIN", "--auth-user", annUser, "--auth-password", annWord)
}
