package sign_test

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"io"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/message"
	"github.com/interchange-smtp/interchange/relay/relaytest"
	"github.com/interchange-smtp/interchange/relay/sign"
	"github.com/interchange-smtp/interchange/routing"
)

// The clients of TestForeignMessages by address.
const stranger, printer, partner = "203.0.113.1", "192.0.2.1", "198.51.100.1"

// receive returns a connector for the clients in a range, with more grants than those of anonymous users.
func receive(name, clients string, more ...permission.Grant) connector.Receive {
	return connector.Receive{
		Name: name, Fqdn: "mail.contoso.com", Bindings: []netip.AddrPort{netip.MustParseAddrPort("10.0.0.1:25")},
		RemoteIPRanges: []param.Range{param.MustParseRange(clients)}, AuthMechanism: param.Value(auth.TLS | auth.BasicAuth),
		PermissionGroups: param.Value(permission.AnonymousUsers | permission.ExchangeUsers | permission.Partners), Permissions: more,
	}
}

// policyOf returns a policy with a Send connector that signs.
func policyOf(t *testing.T, signing param.DkimSigning, receive ...connector.Receive) *connector.Policy {
	t.Helper()
	p, err := connector.Compile(connector.Config{
		Accepted:  []routing.AcceptedDomain{{Name: "F", DomainName: "fabrikam.com", DomainType: routing.InternalRelay}},
		Transport: connector.Transport{TLSReceiveDomainSecureList: []string{"partner.example"}}, Receive: receive,
		Send: []connector.Send{{Name: "out", AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace("*")}, DkimSigning: signing}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// accepted returns the envelope of a message that a server accepts from a client.
func accepted(t *testing.T, p *connector.Policy, from string, logsOn bool) envelope.Envelope {
	t.Helper()
	ca, err := relaytest.NewAuthority("Test")
	if err != nil {
		t.Fatal(err)
	}
	server, err := ca.Issue("mail.contoso.com")
	if err != nil {
		t.Fatal(err)
	}
	client, err := ca.Issue("partner.example")
	if err != nil {
		t.Fatal(err)
	}
	var env envelope.Envelope
	keep := relay.HandlerFunc(func(_ context.Context, e *relay.Envelope, r io.Reader) error {
		env = e.Envelope
		_, err := io.Copy(io.Discard, r)
		return err
	})
	s := relaytest.NewServer(t, p, keep, func(s *relay.Server) {
		s.Certificates, s.ClientCAs = []tls.Certificate{server}, ca.Pool()
		s.Verifier = auth.VerifierFunc(func(_ context.Context, c auth.Credentials, _ auth.Channel) (auth.Identity, error) {
			return auth.Identity{Principal: permission.Authenticated(c.Username), Addresses: []routing.Address{routing.MustParseAddress("kim@contoso.com")}}, nil
		})
	})
	c := s.Dial(from)
	c.Do("EHLO client.example", 250)
	if from == partner {
		c.StartTLS(&tls.Config{RootCAs: ca.Pool(), ServerName: "mail.contoso.com", Certificates: []tls.Certificate{client}})
		c.Do("EHLO client.example", 250)
	}
	if logsOn {
		c.Do("AUTH PLAIN "+base64.StdEncoding.EncodeToString([]byte("\x00kim\x00secret")), 235)
	}
	c.Do("MAIL FROM:<kim@contoso.com>", 250)
	c.Do("RCPT TO:<ann@fabrikam.com>", 250)
	c.Do("DATA", 354)
	c.SendRaw(letter + ".\r\n")
	c.Expect(250)
	return env
}

// TestForeignMessages: a stranger who writes our domain into From gets no signature for it, and mail of known
// clients and of this server does. A reload between acceptance and delivery, after which strangers may relay and
// others may not, changes nothing.
func TestForeignMessages(t *testing.T) {
	relays := permission.Grant{To: permission.SIDAnonymous, Allow: permission.SetOf(permission.AcceptAnyRecipient)}
	anySender := permission.Grant{To: permission.SIDPartners, Allow: permission.SetOf(permission.AcceptAnySender)}
	isKnown := permission.Grant{To: permission.SIDPartners, Allow: permission.SetOf(permission.BypassAntiSpam)}
	secured := func(more ...permission.Grant) connector.Receive {
		r := receive("Partners", partner, append(more, anySender)...)
		r.DomainSecureEnabled, r.AuthMechanism = true, param.Value(auth.TLS)
		return r
	}
	internet := receive("Internet", "0.0.0.0/0")
	before := policyOf(t, param.DkimIfKeyExists, internet, receive("Printers", printer, relays), secured(isKnown))
	ofOthers := policyOf(t, param.DkimIfKeyExists, internet, secured())
	from := func(p *connector.Policy, client string) envelope.Envelope { return accepted(t, p, client, false) }
	unsaid := envelope.Envelope{Connector: "Internet", Remote: netip.MustParseAddrPort(stranger + ":1025")}
	user, report := unsaid, unsaid
	user.User, report.Report = "kim", true
	for _, row := range []struct {
		name   string
		env    envelope.Envelope
		signed bool
	}{
		{"stranger", from(before, stranger), false},
		{"user at the same connector", accepted(t, before, stranger, true), true},
		{"device that may relay", from(before, printer), true},
		{"Partner that isn't taken for a stranger", from(before, partner), true},
		{"Partner without such a right", from(ofOthers, partner), false},
		{"queued by an earlier version", unsaid, false},
		{"of a user, queued by an earlier version", user, true},
		{"delivery report about a stranger's message", report, true},
		{"message of this server", envelope.Envelope{}, true},
	} {
		for _, signing := range []param.DkimSigning{param.DkimIfKeyExists, param.DkimRequired} {
			same := policyOf(t, signing, internet, receive("Printers", printer, relays), secured(isKnown))
			reloaded := policyOf(t, signing, receive("Internet", "0.0.0.0/0", relays), receive("Printers", printer))
			for when, p := range map[string]*connector.Policy{"same policy": same, "after a reload": reloaded} {
				signed, err := isSigned(t, p, row.env)
				refused := new(relay.Error)
				wantErr := !row.signed && signing == param.DkimRequired
				if signed != row.signed || errors.As(err, &refused) != wantErr || wantErr && refused.Reply.Code != 550 {
					t.Errorf("%s, %v, %s: signed is %v, %v", row.name, signing, when, signed, err)
				}
			}
		}
	}
}

// isSigned reports whether a message with an envelope is signed by a policy's Send connector.
func isSigned(t *testing.T, p *connector.Policy, env envelope.Envelope) (bool, error) {
	t.Helper()
	m, err := new(message.Pool).Read(strings.NewReader(letter))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	s := &sign.Signer{Keys: keys{"contoso.com": []sign.Key{key(t, "contoso.com", "s1", time.Time{}, edKey)}}}
	err = s.Sign(t.Context(), p.Route(routing.MustParseAddress("a@example.com"), 0, nil).Outbound, &env, m)
	return m.Header().Has("DKIM-Signature"), err
}
