//go:build linux

package e2e

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/gosmtp"
	"github.com/interchange-smtp/interchange/relay/relaytest"
	"github.com/interchange-smtp/interchange/routing"
)

// loopbackApp is the address from which a client may relay, loopbackStranger one without
// rights.
const (
	loopbackApp      = "127.0.0.2"
	loopbackStranger = "127.0.0.3"
	loopbackUser     = "kim@fabrikam.com"
)

// inbox is an smtp.Backend that keeps messages.
type inbox struct{ messages chan string }

func (b inbox) NewSession(*smtp.Conn) (smtp.Session, error) { return b, nil }

func (inbox) Reset()                               {}
func (inbox) Logout() error                        { return nil }
func (inbox) Mail(string, *smtp.MailOptions) error { return nil }
func (inbox) Rcpt(string, *smtp.RcptOptions) error { return nil }

func (b inbox) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	if err == nil {
		b.messages <- string(text)
	}
	return err
}

// loopbackPolicy is the policy of a server at an address of the loopback interface.
func loopbackPolicy(t *testing.T, at net.Addr) *connector.Policy {
	t.Helper()
	in := connector.Receive{
		Name: "Clients", Bindings: []netip.AddrPort{netip.MustParseAddrPort(at.String())},
		RemoteIPRanges:   []param.Range{param.MustParseRange("127.0.0.0/8")},
		AuthMechanism:    param.Value(auth.TLS | auth.BasicAuth | auth.BasicAuthRequireTLS),
		PermissionGroups: param.Value(permission.AnonymousUsers | permission.ExchangeUsers),
		TarpitInterval:   param.Value(time.Duration(0)), AuthTarpitInterval: param.Value(time.Duration(0)),
		MaxMessageSize: 64 * param.KB,
	}
	app := in
	app.Name, app.RemoteIPRanges = "Application", []param.Range{param.MustParseRange(loopbackApp)}
	app.Permissions = []permission.Grant{{To: permission.SIDAnonymous, Allow: permission.SetOf(permission.AcceptAnyRecipient)}}
	policy, err := connector.Compile(connector.Config{Server: "hub.fabrikam.com", Receive: []connector.Receive{in, app},
		Accepted: []routing.AcceptedDomain{{DomainName: "fabrikam.com"}}})
	if err != nil {
		t.Fatal(err)
	}
	return policy
}

// loopbackUsers knows one user.
var loopbackUsers = auth.VerifierFunc(func(_ context.Context, c auth.Credentials, _ auth.Channel) (auth.Identity, error) {
	if c.Username != loopbackUser || c.Password.Reveal() != gatewayPassword {
		return auth.Identity{}, auth.ErrBadCredentials
	}
	return auth.Identity{Principal: permission.Authenticated(c.Username), Addresses: []routing.Address{routing.MustParseAddress(c.Username)}}, nil
})

// runPeer runs a peer program on this machine.
func runPeer(t *testing.T, input, name string, args ...string) dialog {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stdin = strings.NewReader(input)
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%s: %v: %s", name, err, out)
	}
	return dialog{cmd.ProcessState.ExitCode(), string(out)}
}

// TestPeersOfGoSMTP has swaks and curl send mail to one backend twice: to a go-smtp server
// that keeps the policy by a Backend, and to relay.Server.
func TestPeersOfGoSMTP(t *testing.T) {
	onBothServers(t, loopbackUsers, nil, func(t *testing.T, _, server string, messages chan string) { sendFromPeers(t, server, messages) })
}

// onBothServers serves loopbackPolicy, whose connectors change may change, with a go-smtp server that
// keeps the policy by a Backend, and with relay.Server. It calls use with the name and the address
// of each, and with what arrives.
func onBothServers(t *testing.T, v auth.Verifier, change func(*connector.Receive), use func(t *testing.T, name, server string, messages chan string)) {
	t.Helper()
	if os.Getenv("INTERCHANGE_E2E") != "1" {
		t.Skip("needs swaks, curl, msmtp and gsasl; set INTERCHANGE_E2E=1 to run it")
	}
	authority, err := relaytest.NewAuthority("tests")
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := authority.Issue("hub.fabrikam.com")
	if err != nil {
		t.Fatal(err)
	}
	for name, serve := range map[string]func(net.Listener, *connector.Policy, smtp.Backend) io.Closer{
		"go-smtp": func(l net.Listener, p *connector.Policy, next smtp.Backend) io.Closer {
			backend := &gosmtp.Backend{Policy: p, Next: next, Verifier: v}
			server := backend.NewServer()
			server.Domain, server.TLSConfig = "hub.fabrikam.com", &tls.Config{Certificates: []tls.Certificate{certificate}}
			go server.Serve(backend.Listener(l))
			return server
		},
		"relay.Server": func(l net.Listener, p *connector.Policy, next smtp.Backend) io.Closer {
			server := &relay.Server{Policy: p, Handler: &gosmtp.Handler{Backend: next}, Verifier: v, Certificates: []tls.Certificate{certificate}}
			go server.Serve(l)
			return server
		},
	} {
		t.Run(name, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			config := loopbackPolicy(t, l.Addr()).Config()
			for i := range config.Receive {
				if change != nil {
					change(&config.Receive[i])
				}
			}
			policy, err := connector.Compile(config)
			if err != nil {
				t.Fatal(err)
			}
			box := inbox{make(chan string, 10)}
			defer serve(l, policy, box).Close()
			use(t, name, l.Addr().String(), box.messages)
		})
	}
}

// sendFromPeers has swaks and curl send what the policy allows and what it refuses.
func sendFromPeers(t *testing.T, server string, messages chan string) {
	swaks := func(from, to string, more ...string) dialog {
		t.Helper()
		return runPeer(t, "", "swaks", append([]string{"--server", server, "--local-interface", from, "--ehlo", "client.example", "--from", loopbackUser, "--to", to}, more...)...)
	}
	taken := func(d dialog, with string) {
		t.Helper()
		d.accepted(t)
		if text := <-messages; !strings.Contains(text, with) {
			t.Errorf("no %q in:\n%s", with, text)
		}
	}
	logon := func(password string) []string {
		return []string{"--tls", "--auth", "LOGIN", "--auth-user", loopbackUser, "--auth-password", password}
	}
	swaks(loopbackStranger, "b@fabrikam.com", append(logon(gatewayPassword), "--from", "amy@fabrikam.com")...).refused(t, "550 5.7.60")
	taken(swaks(loopbackStranger, "b@fabrikam.com", "--from", "a@example.net"), "with ESMTP\r\n")
	swaks(loopbackStranger, "b@example.org", "--from", "a@example.net").refused(t, "550 5.7.54")
	taken(swaks(loopbackApp, "b@example.org", "--from", "a@example.net"), "([127.0.0.2])")
	swaks(loopbackStranger, "b@example.org", logon("guess")...).refused(t, "535 5.7.3")
	taken(swaks(loopbackStranger, "b@example.org", logon(gatewayPassword)...), "with ESMTPSA")
	swaks(loopbackApp, "b@example.org", "--from", "a@example.net", "--data", messageFile(t, append([]string{"Subject: x", ""}, slices.Repeat([]string{"0123456789"}, 7000)...)...)).refused(t, "552 5.3.4")

	curl := func(from string, text string, more ...string) dialog {
		t.Helper()
		return runPeer(t, text, "curl", append([]string{"--silent", "--show-error", "--interface", from, "--upload-file", "-", "smtp://" + server + "/client.example"}, more...)...)
	}
	message := fmt.Sprintf("From: <%s>\r\nSubject: from curl\r\n\r\n.dots\r\n", loopbackUser)
	to := func(rcpt string) []string { return []string{"--mail-from", loopbackUser, "--mail-rcpt", rcpt} }
	user := append(to("b@example.org"), "--ssl-reqd", "--insecure", "--user", loopbackUser+":"+gatewayPassword)
	taken(curl(loopbackStranger, message, user...), "from curl\r\n\r\n.dots\r\n")
	taken(curl(loopbackApp, message, "--mail-from", "a@example.net", "--mail-rcpt", "b@example.org"), "from curl")
	for want, more := range map[string][]string{"550": to("b@example.org"), "denied": append(to("b@example.org"), "--ssl-reqd", "--insecure", "--user", loopbackUser+":guess")} {
		if d := curl(loopbackStranger, message, more...); d.exit == 0 || !strings.Contains(d.text, want) {
			t.Errorf("curl: %d, no %q in %q", d.exit, want, d.text)
		}
	}
	if len(messages) > 0 {
		t.Errorf("another message arrived: %s", <-messages)
	}
}
