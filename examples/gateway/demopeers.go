package main

import (
	"context"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/routing"
)

// demoPeers are the servers behind the demonstration: the external SMTP
// gateway, which needs Basic authentication over TLS, and the mailbox server,
// which accepts everything. They are a second relay with its own policy,
// whose Handler prints messages.
type demoPeers struct {
	server *relay.Server
	hub    tls.Certificate // of the demonstrated relay
	roots  *x509.CertPool  // of the gateway's certificate
	out    io.Writer

	mu sync.Mutex // one message at a time on out
}

func newDemoPeers(out io.Writer) (*demoPeers, error) {
	at := func(port uint16) []netip.AddrPort {
		return []netip.AddrPort{netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), port)}
	}
	loopback := []param.Range{param.MustParseRange("127.0.0.0/8")}
	accept := func(sid permission.SID) []permission.Grant {
		return []permission.Grant{{To: sid, Allow: permission.SetOf(permission.AcceptAnyRecipient, permission.AcceptAnySender)}}
	}
	policy, err := connector.Compile(connector.Config{
		Server:  "Peers",
		Servers: []routing.Server{{Name: "Peers", FQDN: "peers.example"}},
		Receive: []connector.Receive{
			{
				Name: demoGateway, Fqdn: demoGateway, Bindings: at(demoGatewayPort), RemoteIPRanges: loopback,
				AuthMechanism:    param.Value(auth.TLS | auth.BasicAuth | auth.BasicAuthRequireTLS),
				PermissionGroups: param.Value(permission.ExchangeUsers),
				Permissions:      accept(permission.SIDAuthenticatedUsers),
			},
			{
				Name: demoMailbox, Fqdn: demoMailbox, Bindings: at(demoMailboxPort), RemoteIPRanges: loopback,
				AuthMechanism:    param.Value(auth.None),
				PermissionGroups: param.Value(permission.AnonymousUsers),
				Permissions:      accept(permission.SIDAnonymous),
			},
		},
	})
	if err != nil {
		return nil, fmt.Errorf("the demonstration's peers: %w", err)
	}
	cert, err := selfSigned(demoGateway)
	if err != nil {
		return nil, err
	}
	hub, err := selfSigned(demoHub)
	if err != nil {
		return nil, err
	}
	p := &demoPeers{hub: hub, roots: x509.NewCertPool(), out: out}
	p.roots.AddCert(cert.Leaf)
	p.server = &relay.Server{
		Policy:       policy,
		Handler:      relay.HandlerFunc(p.print),
		Verifier:     demoVerifier(demoPeerUser, demoPeerPassword),
		Certificates: []tls.Certificate{cert},
	}
	return p, nil
}

// start serves until the server is closed.
func (p *demoPeers) start() error {
	var listeners []net.Listener
	for _, at := range p.server.Policy.Bindings() {
		l, err := net.Listen("tcp", at.String())
		if err != nil {
			return fmt.Errorf("the demonstration's servers: %w", err)
		}
		listeners = append(listeners, l)
	}
	for _, l := range listeners {
		go p.server.Serve(l)
	}
	return nil
}

// detours resolves the names of the policy to this machine.
func (p *demoPeers) detours() []detour {
	return []detour{
		{host: demoGateway, target: "127.0.0.1:"},
		{host: demoMailbox, target: "127.0.0.1:"},
	}
}

// maxShown is how many bytes of a message print prints.
const maxShown = 4096

// print is the relay.HandlerFunc that prints a message.
func (p *demoPeers) print(_ context.Context, env *relay.Envelope, body io.Reader) error {
	start, err := io.ReadAll(io.LimitReader(body, maxShown))
	if err != nil {
		return err
	}
	rest, err := io.Copy(io.Discard, body)
	if err != nil {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\n--- arrived at %s from <%s> for", env.Connector, env.From)
	for _, rcpt := range env.To {
		fmt.Fprintf(&b, " <%s>", rcpt.To)
	}
	b.WriteString("\n" + visible(string(start)))
	if rest > 0 {
		fmt.Fprintf(&b, "... and %d bytes more\n", rest)
	}
	b.WriteString("---\n")
	p.mu.Lock()
	defer p.mu.Unlock()
	_, err = io.WriteString(p.out, b.String())
	return err
}

// visible replaces the characters of a message that could control a terminal.
func visible(s string) string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return '?'
		}
		return r
	}, s)
}

// demoVerifier accepts one user.
func demoVerifier(name, password string) auth.Verifier {
	return auth.VerifierFunc(func(_ context.Context, c auth.Credentials, _ auth.Channel) (auth.Identity, error) {
		same := subtle.ConstantTimeCompare([]byte(c.Password.Reveal()), []byte(password)) == 1
		if !strings.EqualFold(c.Username, name) || !same {
			return auth.Identity{}, auth.ErrBadCredentials
		}
		return auth.Named(name), nil
	})
}
