package main

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/shell"
	"github.com/interchange-smtp/interchange/examples/internal/exampletest"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// logged is a gateway's log, which one goroutine can wait for.
type logged struct {
	mu    sync.Mutex
	text  bytes.Buffer
	wrote chan struct{} // something was written since the last look
}

func newLogged() *logged { return &logged{wrote: make(chan struct{}, 1)} }

// Write implements io.Writer.
func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case l.wrote <- struct{}{}:
	default:
	}
	return l.text.Write(p)
}

// String implements fmt.Stringer.
func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// wait waits until text was logged n times.
func (l *logged) wait(t *testing.T, text string, n int) string {
	t.Helper()
	patience := time.After(30 * time.Second)
	for {
		if said := l.String(); strings.Count(said, text) >= n {
			return said
		}
		select {
		case <-l.wrote:
		case <-patience:
			t.Fatalf("never logged: %q", text)
		}
	}
}

// site has the files of a gateway.
type site struct {
	t       *testing.T
	dir     string
	binding string
	ca      *relaytest.Authority
}

func newSite(t *testing.T) *site {
	t.Helper()
	ca, err := relaytest.NewAuthority("Fabrikam CA")
	if err != nil {
		t.Fatal(err)
	}
	s := &site{t: t, dir: t.TempDir(), binding: exampletest.Free(t), ca: ca}
	s.policy("fabrikam.com", s.binding)
	s.certificate("first.fabrikam.com")
	s.password("first")
	return s
}

func (s *site) file(name string) string { return filepath.Join(s.dir, name) }

func (s *site) write(name string, data []byte) {
	s.t.Helper()
	if err := os.WriteFile(s.file(name), data, 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// policy accepts mail for one domain.
func (s *site) policy(domain string, bindings ...string) {
	s.t.Helper()
	s.write("policy.json", fmt.Appendf(nil, `{"Receive": [{"Name": "Relay", "Bindings": ["%s"], "RemoteIPRanges": ["127.0.0.1"],
		"PermissionGroups": "AnonymousUsers, ExchangeUsers", "TarpitInterval": "00:00:00", "AuthTarpitInterval": "00:00:00", "AuthMechanism": "Tls, BasicAuth, BasicAuthRequireTLS"}],
		"Accepted": [{"Name": "a", "DomainName": %q}],
		"Send": [{"Name": "Out", "AddressSpaces": [%q], "SmartHosts": ["mailbox.fabrikam.com"]}]}`, strings.Join(bindings, `", "`), domain, domain))
}

func (s *site) certificate(name string) {
	s.t.Helper()
	cert, err := s.ca.Issue(name)
	if err != nil {
		s.t.Fatal(err)
	}
	certificate, key := pemOf(s.t, cert)
	s.write("cert", certificate)
	s.write("key", key)
}

// password sets the password of the only user.
func (s *site) password(password string) {
	s.t.Helper()
	os.Remove(s.file("users")) // it doesn't exist the first time
	var out bytes.Buffer
	if code := run([]string{"user", "-file", s.file("users"), "add", "ann@fabrikam.com"}, strings.NewReader(password+"\n"), &out, &out); code != exitOK {
		s.t.Fatal(out.String())
	}
}

func (s *site) flags(more ...string) []string {
	flags := append([]string{"-config", s.file("policy.json"), "-users", s.file("users"), "-cert", s.file("cert"), "-key", s.file("key")}, more...)
	return append(flags, "-connect-to", "mailbox.fabrikam.com:25:"+exampletest.Free(s.t)) // where nothing listens, unless more has another -connect-to
}

// session is a client of the gateway.
func (s *site) session(binding string) *relaytest.Client {
	s.t.Helper()
	conn, err := net.Dial("tcp", binding)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { conn.Close() })
	c := relaytest.NewClient(s.t, conn)
	c.Expect(220)
	c.Do("EHLO client.example", 250)
	return c
}

// sees checks that a session is served with that certificate, accepts that password and
// not the other, and accepts mail for that domain and not for the other.
func (s *site) sees(c *relaytest.Client, certificate, password, notPassword, domain, notDomain string) {
	s.t.Helper()
	c.StartTLS(&tls.Config{RootCAs: s.ca.Pool(), ServerName: certificate})
	c.Do("EHLO client.example", 250)
	c.Do("MAIL FROM:<dora@example.net>", 250)
	c.Do("RCPT TO:<bob@"+domain+">", 451) // the policy accepts it, and its next hop is down
	c.Do("RCPT TO:<bob@"+notDomain+">", 550)
	c.Do("RSET", 250)
	c.Do("AUTH PLAIN "+plain("ann@fabrikam.com", notPassword), 535)
	c.Do("AUTH PLAIN "+plain("ann@fabrikam.com", password), 235)
}

// TestReload: a gateway reads another policy with one more binding, another
// certificate and another users file. A session that was open before sees none of it.
func TestReload(t *testing.T) {
	site := newSite(t)
	s := startServing(t, site.flags()...)
	before := site.session(site.binding)

	more := exampletest.Free(t)
	site.policy("contoso.com", site.binding, more)
	site.certificate("second.fabrikam.com")
	site.password("second")
	s.hangup <- syscall.SIGHUP
	s.stderr.wait(t, "msg=reloaded", 1)

	for _, binding := range []string{site.binding, more} {
		site.sees(site.session(binding), "second.fabrikam.com", "second", "first", "contoso.com", "fabrikam.com")
	}
	site.sees(before, "first.fabrikam.com", "first", "second", "fabrikam.com", "contoso.com")

	site.policy("contoso.com", more)
	s.hangup <- syscall.SIGHUP
	s.stderr.wait(t, "msg=reloaded", 2)
	if conn, err := net.Dial("tcp", site.binding); err == nil {
		conn.Close()
		t.Error("a binding that is gone is still open")
	}
	before.Do("RSET", 250)
	s.end(t)
}

// TestReloadFails breaks the policy, the users file, the key and the authorities together,
// and then names a binding that another program has: each mistake is logged, and the previous
// configuration is served.
func TestReloadFails(t *testing.T) {
	site := newSite(t)
	authority, err := os.ReadFile(site.file("cert"))
	if err != nil {
		t.Fatal(err)
	}
	site.write("authorities", authority)
	s := startServing(t, site.flags("-client-ca", site.file("authorities"))...)
	good, err := os.ReadFile(site.file("policy.json"))
	if err != nil {
		t.Fatal(err)
	}
	site.write("policy.json", []byte(strings.NewReplacer("Tls, BasicAuth", "Tls, Telepathy", "mailbox.fabrikam.com", "not a host").Replace(string(good))))
	site.write("users", []byte("printer\n"))
	site.write("key", []byte("no key"))
	site.write("authorities", []byte("no authority"))
	s.hangup <- syscall.SIGHUP
	said := s.stderr.wait(t, "reload failed", 1)
	for _, want := range []string{"AuthMechanism: ", "Telepathy", "SmartHosts[0]", "/users:1: ", "/key: ", "-client-ca ", "errors=5"} {
		if !strings.Contains(said, want) {
			t.Errorf("%s doesn't say %s", said, want)
		}
	}
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	site.certificate("second.fabrikam.com")
	site.password("second")
	site.write("authorities", authority)
	site.policy("contoso.com", site.binding, busy.Addr().String())
	s.hangup <- syscall.SIGHUP
	if said := s.stderr.wait(t, "reload failed", 2); !strings.Contains(said, busy.Addr().String()) {
		t.Errorf("%s doesn't say which binding is taken", said)
	}
	site.sees(site.session(site.binding), "first.fabrikam.com", "first", "second", "fabrikam.com", "contoso.com")
	s.end(t)
}

// TestTypedOnce: a password that was typed at the start is used again at a reload, and no
// other one is asked for.
func TestTypedOnce(t *testing.T) {
	c := &cli{typed: map[string]param.Credential{"Credentials for $a\n": {UserName: "ann", Password: "secret"}}, unattended: true}
	if found, err := c.promptOnce(shell.Request{Variable: "a"}); found.UserName != "ann" || found.Password != "secret" || err != nil {
		t.Errorf("%v, %v", found, err)
	}
	if _, err := c.promptOnce(shell.Request{Variable: "b"}); err == nil || !strings.Contains(err.Error(), "while the gateway serves") {
		t.Errorf("asked: %v", err)
	}
}

// TestReloadPassword: a reload reads the file of a smart host's password again, and the gateway logs on with it.
// Without the file, the policy from before stays.
func TestReloadPassword(t *testing.T) {
	site, hop := newSite(t), exampletest.Free(t)
	site.write("policy.ps1", fmt.Appendf(nil, `Get-ReceiveConnector | Remove-ReceiveConnector -Confirm:$false
New-ReceiveConnector Relay -Usage Custom -Bindings %s -RemoteIPRanges 127.0.0.1 -PermissionGroups AnonymousUsers
Get-ReceiveConnector Relay | Add-ADPermission -User 'NT AUTHORITY\ANONYMOUS LOGON' -ExtendedRights ms-Exch-SMTP-Accept-Any-Recipient
$hub = Get-Credential hub -PasswordFrom @{File = '%s'}
New-SendConnector Hub -AddressSpaces * -SmartHosts hub.example.org -SmartHostAuthMechanism BasicAuth -AuthenticationCredential $hub`, site.binding, site.file("hub.pw")))
	site.write("hub.pw", []byte("first\n"))
	s := startServing(t, "-config", site.file("policy.ps1"), "-connect-to", "hub.example.org:25:"+hop)
	for i, password := range []string{"first", "second"} {
		site.write("hub.pw", []byte(password+"\n"))
		s.hangup <- syscall.SIGHUP
		s.stderr.wait(t, "msg=reloaded", i+1)
		sink := &relaytest.Sink{Users: map[string]string{"hub": password}, InsecureAuth: true}
		listener, err := net.Listen("tcp", hop)
		if err != nil {
			t.Fatal(err)
		}
		go sink.Serve(listener)
		site.submit("bob@example.org")
		if got := sink.Messages(); len(got) != 1 || got[0].User != "hub" {
			t.Errorf("with the password %s: %d messages", password, len(got))
		}
		sink.Close()
	}
	if err := os.Remove(site.file("hub.pw")); err != nil {
		t.Fatal(err)
	}
	s.hangup <- syscall.SIGHUP
	said := s.stderr.wait(t, "reload failed", 1)
	if !strings.Contains(said, site.file("hub.pw")+": ") || strings.Contains(said, "second") {
		t.Errorf("said %s", said)
	}
	s.end(t)
}
