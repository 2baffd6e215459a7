package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/examples/internal/exampletest"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// relayFile writes a policy that serves one address, and returns the file.
func relayFile(t *testing.T, binding string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "policy.json")
	text := fmt.Sprintf(`{"Receive": [{"Name": "Relay", "Bindings": [%q], "RemoteIPRanges": ["127.0.0.1"],
		"PermissionGroups": "AnonymousUsers", "AuthMechanism": "Tls, BasicAuth, BasicAuthRequireTLS"}],
		"Accepted": [{"Name": "a", "DomainName": "fabrikam.com"}],
		"Send": [{"Name": "Out", "AddressSpaces": ["fabrikam.com"], "SmartHosts": ["mailbox.fabrikam.com"]}]}`, binding)
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// serving is a running gateway.
type serving struct {
	stop   context.CancelFunc
	code   chan int
	hangup chan os.Signal
	daily  chan time.Time
	watch  chan time.Time
	said   string // until it was ready
	ready  string // the line that says so
	stderr *logged
}

// startServing runs serve until it says that it is ready.
func startServing(t *testing.T, args ...string) *serving {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	s := &serving{stop: stop, code: make(chan int, 1), hangup: make(chan os.Signal, 1), daily: make(chan time.Time), watch: make(chan time.Time), stderr: newLogged()}
	out, in := io.Pipe()
	c := newCLI(strings.NewReader(""), in, s.stderr)
	c.fqdn = nil
	c.serving = func(server func(context.Context, events) int, _ time.Duration) int {
		return server(ctx, events{hangup: s.hangup, daily: s.daily, watch: s.watch})
	}
	go func() {
		code := c.run(append([]string{"serve", "-log-stdout", "none"}, args...))
		in.Close()
		s.code <- code
	}()
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "gateway: ready") {
			s.ready = lines.Text()
			go io.Copy(io.Discard, out)
			return s
		}
		s.said += lines.Text() + "\n"
	}
	t.Fatalf("not ready: exit %d: %s", <-s.code, s.stderr)
	return nil
}

// end stops the gateway, which must exit with 0.
func (s *serving) end(t *testing.T) {
	t.Helper()
	s.stop()
	if code := <-s.code; code != exitOK {
		t.Errorf("exit %d: %s", code, s.stderr)
	}
}

// plain is the initial response of AUTH PLAIN.
func plain(user, password string) string {
	return base64.StdEncoding.EncodeToString([]byte("\x00" + user + "\x00" + password))
}

// pemOf writes a certificate and its key as files have them.
func pemOf(t *testing.T, cert tls.Certificate) (certificate, key []byte) {
	t.Helper()
	for _, der := range cert.Certificate {
		certificate = append(certificate, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	}
	der, err := x509.MarshalPKCS8PrivateKey(cert.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	return certificate, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

// TestServeExplain: the decisions of a named connector are in the log, with the ids of
// its replies.
func TestServeExplain(t *testing.T) {
	binding := exampletest.Free(t)
	s := startServing(t, "-config", relayFile(t, binding), "-explain", "relay", "-connect-to", "mailbox.fabrikam.com:25:"+exampletest.Free(t))
	conn, err := net.Dial("tcp", binding)
	if err != nil {
		t.Fatal(err)
	}
	c := relaytest.NewClient(t, conn)
	c.Expect(220)
	c.Do("EHLO client.example", 250)
	c.Do("MAIL FROM:<ann@example.net>", 250)
	text := c.Do("RCPT TO:<bob@fabrikam.com>", 451) // there is no such next hop
	c.Do("QUIT", 221)
	c.Close()
	_, id, _ := strings.Cut(strings.TrimSuffix(text, "]"), " [")
	s.end(t)
	if id == "" || !strings.Contains(s.stderr.String(), "decision="+id) {
		t.Errorf("the reply is %q, the log\n%s", text, s.stderr)
	}
}

// TestServe relays a message by -connect-to and ends at a signal.
func TestServe(t *testing.T) {
	sink := new(relaytest.Sink)
	hop, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go sink.Serve(hop)
	defer sink.Close()
	binding := exampletest.Free(t)

	s := startServing(t, "-config", relayFile(t, binding), "-connect-to", "mailbox.fabrikam.com:25:"+hop.Addr().String())
	for _, want := range []string{`"Relay" at [` + binding + "]", "AUTH is not offered", "STARTTLS is not offered"} {
		if !strings.Contains(s.said, want) {
			t.Errorf("%q doesn't mention %q", s.said, want)
		}
	}
	conn, err := net.Dial("tcp", binding)
	if err != nil {
		t.Fatal(err)
	}
	c := relaytest.NewClient(t, conn)
	c.Expect(220)
	c.Do("EHLO client.example", 250)
	c.Do("MAIL FROM:<ann@example.net>", 250)
	c.Do("RCPT TO:<bob@fabrikam.com>", 250)
	c.Do("DATA", 354)
	c.Send("Subject: hello", "", "Hello.", ".")
	c.Expect(250)
	c.Do("QUIT", 221)
	c.Close()
	if got := sink.Messages(); len(got) != 1 || !strings.HasSuffix(string(got[0].Data), "Subject: hello\r\n\r\nHello.\r\n") {
		t.Errorf("the next hop has %+v", got)
	}
	s.end(t)
}

// TestServeBusy: a binding that another program has stops the start, with a message that
// names the binding and its connector.
func TestServeBusy(t *testing.T) {
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	var stdout, stderr bytes.Buffer
	binding := busy.Addr().String()
	code := run([]string{"serve", "-config", relayFile(t, binding)}, strings.NewReader(""), &stdout, &stderr)
	if code != exitNo || stdout.Len() > 0 {
		t.Errorf("exit %d, printed %q", code, &stdout)
	}
	for _, want := range []string{binding, `"Relay"`, "address already in use"} {
		if !strings.Contains(stderr.String(), want) {
			t.Errorf("%q doesn't mention %s", &stderr, want)
		}
	}
}

// TestDemonstrationPeers: the demonstration's servers can be made, and don't print what
// controls a terminal.
func TestDemonstrationPeers(t *testing.T) {
	if _, err := newDemoPeers(io.Discard); err != nil {
		t.Error(err)
	}
	if got := visible("a\r\nb\x1b[2J\tc\u009bd\x7f"); got != "a\nb?[2J\tc?d?" {
		t.Errorf("visible: %q", got)
	}
}

// TestReplayOwnLogs: replay finds the sessions in the files and in the output of serve, and no
// malformed lines: what serve says about itself is elsewhere.
func TestReplayOwnLogs(t *testing.T) {
	site := newSite(t)
	policy, err := os.ReadFile(site.file("policy.json"))
	if err != nil {
		t.Fatal(err)
	}
	site.write("policy.json", bytes.Replace(policy, []byte(`"Name": "Relay"`), []byte(`"Name": "Relay", "ProtocolLoggingLevel": "Verbose"`), 1))
	for _, tt := range []struct {
		flags []string
		files string // "": standard output
	}{
		{nil, ""},
		{[]string{"-json"}, ""},
		{[]string{"-data", site.file("a"), "-log-stdout", "receive"}, ""},
		{[]string{"-data", site.file("b")}, site.file("b/logs")},
		{[]string{"-logs", site.file("c")}, site.file("c")},
	} {
		gateway := gatewayProcess(append([]string{"serve", site.file("policy.json")}, tt.flags...)...)
		var printed bytes.Buffer
		gateway.Stdout = &printed
		stderr, err := gateway.StderrPipe()
		if err := errors.Join(err, gateway.Start()); err != nil {
			t.Fatal(err)
		}
		defer gateway.Process.Kill()
		conn, err := net.Dial("tcp", site.binding)
		for end := time.Now().Add(time.Minute); err != nil && time.Now().Before(end); conn, err = net.Dial("tcp", site.binding) {
			time.Sleep(20 * time.Millisecond)
		}
		if err != nil {
			t.Fatal(err)
		}
		c := relaytest.NewClient(t, conn)
		c.Expect(220)
		c.Do("QUIT", 221)
		c.Close()
		if err := gateway.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		said, _ := io.ReadAll(stderr)
		if err := gateway.Wait(); err != nil {
			t.Errorf("%q: %v", tt.flags, err)
		}
		site.write("log", printed.Bytes())
		logs := []string{site.file("log")}
		if tt.files != "" {
			logs, _ = filepath.Glob(filepath.Join(tt.files, "ProtocolLog", "SmtpReceive", "RECV*-1.LOG"))
		} else if !strings.HasPrefix(printed.String(), "#Software: Interchange\r\n") || !strings.Contains(string(said), "ready") {
			t.Errorf("%q: printed\n%s\nand logged\n%s", tt.flags, &printed, said)
		}
		var out bytes.Buffer
		code := run(append([]string{"replay", "-config", site.file("policy.json")}, logs...), nil, &out, &out)
		if code != exitOK || strings.Contains(out.String(), "malformed") || !strings.Contains(out.String(), "1 session: 1 the same, 0 different\n") {
			t.Errorf("%q: exit %d\n%s", tt.flags, code, &out)
		}
	}
}
