package guide_test

import (
	"context"
	"crypto/tls"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/shell"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/internal/guide"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/relaytest"
	"github.com/interchange-smtp/interchange/routing"
)

// The addresses of the guide, and those that it leaves open.
const (
	hubAddr      = "10.2.3.4"     // HubA's adapter towards the gateway
	hubOtherAddr = "10.2.3.5"     // another adapter of HubA
	storeAddr    = "10.2.3.9"     // the mailbox server behind HubA
	officeAddr   = "10.2.3.20"    // somebody in the office
	gatewayAddr  = "192.168.5.77" // the external SMTP gateway …
	securedAddr  = "192.168.1.10" // … and its end of the secured network
	partnerAddr  = "203.0.113.25" // a partner's mail server
	strangerAddr = "203.0.113.50" // somebody else
)

const (
	hubName     = "huba.fabrikam.com"
	gatewayName = "smtpgateway1.contoso.com"

	gatewayUser     = "smtpgateway@fabrikam.com" // the gateway's account at HubA
	annUser         = "ann@fabrikam.com"         // somebody in the office
	inboundPassword = "In-bound 2"

	hubUser          = "huba" // HubA's account at the gateway
	outboundPassword = "Out-bound 1"
)

// policy runs the commands of a scenario on a fresh Exchange 2007 server HubA.
// skip names commands that are left out by what they begin with.
func policy(t *testing.T, s guide.Scenario, skip string) *connector.Policy {
	t.Helper()
	files, err := guide.Files(s)
	if err != nil {
		t.Fatal(err)
	}
	if skip != "" {
		for i := range files {
			files[i].Data = without(files[i].Data, skip)
		}
	}
	in, err := shell.Load(t.Context(), shell.Options{
		Profile: permission.Exchange2007,
		Server:  routing.Server{Name: "HubA", FQDN: hubName},
		Credential: func(r shell.Request) (param.Credential, error) {
			if r.Variable != "mycred" {
				t.Errorf("credentials are asked for $%s", r.Variable)
			}
			return param.Credential{UserName: hubUser, Password: outboundPassword}, nil
		},
		Warn: func(at source.Position, text string) { t.Errorf("%s: warning: %s", at, text) },
	}, files...)
	if err != nil {
		t.Fatal(err)
	}
	p, err := connector.Compile(in.Config())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// without leaves out the lines that begin with some text.
func without(script []byte, start string) []byte {
	var kept strings.Builder
	for line := range strings.Lines(string(script)) {
		if !strings.HasPrefix(line, start) {
			kept.WriteString(line)
		}
	}
	return []byte(kept.String())
}

// world is HubA at work between the organisation, the gateway and a partner.
type world struct {
	network                 relaytest.Network
	ca                      *relaytest.Authority
	store, gateway, partner *relaytest.Sink
}

// gatewayConfig is what differs between the tests' gateways.
type gatewayConfig struct {
	login    bool   // HubA must log on
	certName string // of its certificate; empty: the right one
}

// serve serves a policy until the test ends.
func serve(t *testing.T, p *connector.Policy, cfg gatewayConfig) *world {
	t.Helper()
	ca, err := relaytest.NewAuthority("test")
	if err != nil {
		t.Fatal(err)
	}
	w := &world{ca: ca, store: &relaytest.Sink{}, partner: &relaytest.Sink{}, gateway: &relaytest.Sink{}}
	if cfg.certName == "" {
		cfg.certName = gatewayName
	}
	if cfg.login {
		cert := w.issue(t, cfg.certName)
		w.gateway.Certificate = &cert
		w.gateway.Users = map[string]string{hubUser: outboundPassword}
	}
	for address, sink := range map[string]*relaytest.Sink{storeAddr: w.store, gatewayAddr: w.gateway, partnerAddr: w.partner} {
		go sink.Serve(w.listen(t, address))
		t.Cleanup(func() { sink.Close() })
	}
	var names relaytest.Resolver
	names.AddHost(gatewayName, netip.MustParseAddr(gatewayAddr))
	names.AddHost("mx.partner.example", netip.MustParseAddr(partnerAddr))
	names.AddMX("partner.example", 10, "mx.partner.example")

	hub := w.network.Host(netip.MustParseAddr(hubAddr))
	sender := &delivery.Sender{
		Resolver: &names, Dial: hub.Dial, RootCAs: ca.Pool(),
		Local: func(a netip.Addr) bool { return a.String() == hubAddr || a.String() == hubOtherAddr },
	}
	t.Cleanup(func() { sender.Close() })
	server := &relay.Server{
		Policy: p, Handler: sender, Verifier: auth.VerifierFunc(verify), Certificates: []tls.Certificate{w.issue(t, hubName)},
	}
	go server.Serve(w.listen(t, "0.0.0.0"))
	t.Cleanup(func() { server.Close() })
	return w
}

func (w *world) issue(t *testing.T, name string) tls.Certificate {
	t.Helper()
	cert, err := w.ca.Issue(name)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func (w *world) listen(t *testing.T, address string) net.Listener {
	t.Helper()
	l, err := w.network.Listen(address + ":25")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// verify knows the users of HubA.
func verify(_ context.Context, c auth.Credentials, _ auth.Channel) (auth.Identity, error) {
	if string(c.Password) != inboundPassword || c.Username != gatewayUser && c.Username != annUser {
		return auth.Identity{}, auth.ErrBadCredentials
	}
	return auth.Identity{
		Principal: permission.Authenticated(c.Username),
		Addresses: []routing.Address{routing.MustParseAddress(c.Username)},
	}, nil
}

// dial connects to HubA and says EHLO.
func (w *world) dial(t *testing.T, from, to string) *relaytest.Client {
	t.Helper()
	conn, err := w.network.Dial(t.Context(), netip.MustParseAddr(from), netip.MustParseAddrPort(to+":25"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	c := relaytest.NewClient(t, conn)
	c.Expect(220)
	c.Do("EHLO client.example", 250)
	return c
}

// next waits for the n-th message of a sink.
func next(t *testing.T, s *relaytest.Sink, n int) relaytest.Message {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	defer cancel()
	all, err := s.Wait(ctx, n)
	if err != nil {
		t.Fatalf("message %d did not arrive: %v", n, err)
	}
	return all[n-1]
}
