package replay_test

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/replay"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/relaytest"
	"github.com/interchange-smtp/interchange/routing"
)

// policy is one with all that a session can meet.
func policy(t testing.TB, profile connector.Profile) *connector.Policy {
	t.Helper()
	fast := func(r connector.Receive) connector.Receive {
		r.TarpitInterval, r.AuthTarpitInterval = param.Value(time.Duration(0)), param.Value(time.Duration(0))
		r.MaxProtocolErrors = param.Value(param.Unlimited)
		r.ProtocolLoggingLevel = param.LoggingVerbose
		r.Bindings = []netip.AddrPort{netip.MustParseAddrPort("10.2.3.4:25")}
		return r
	}
	p, err := connector.Compile(connector.Config{
		Profile:  profile,
		Server:   "HubA",
		Servers:  []routing.Server{{Name: "HubA", FQDN: "huba.fabrikam.com"}},
		Accepted: []routing.AcceptedDomain{{DomainName: "fabrikam.com"}, {DomainName: "partner.example", DomainType: routing.ExternalRelay}},
		Receive: []connector.Receive{
			fast(connector.Receive{
				Name:                                   "Default HubA",
				RemoteIPRanges:                         []param.Range{param.MustParseRange("0.0.0.0-255.255.255.255")},
				AuthMechanism:                          param.Value(auth.TLS | auth.BasicAuth | auth.BasicAuthRequireTLS),
				PermissionGroups:                       param.Value(permission.AnonymousUsers | permission.ExchangeUsers),
				MaxRecipientsPerMessage:                2,
				MaxMessageSize:                         64 * param.KB,
				RejectReservedTopLevelRecipientDomains: true,
			}),
			fast(connector.Receive{
				Name: "Relay", RemoteIPRanges: []param.Range{param.MustParseRange("192.168.5.0/24")},
				AuthMechanism:    param.Value(auth.TLS),
				PermissionGroups: param.Value(permission.AnonymousUsers),
				Permissions: []permission.Grant{{
					To: permission.SIDAnonymous, Allow: permission.SetOf(permission.AcceptAnyRecipient),
				}},
				EnhancedStatusCodesEnabled: param.Value(false),
			}),
			fast(connector.Receive{
				Name: "Secured", RemoteIPRanges: []param.Range{param.MustParseRange("192.168.5.77")},
				AuthMechanism:    param.Value(auth.TLS | auth.ExternalAuthoritative),
				PermissionGroups: param.Value(permission.ExchangeServers), RequireTLS: true,
			}),
			fast(connector.Receive{
				Name: "Submission", RemoteIPRanges: []param.Range{param.MustParseRange("10.0.0.0/8")},
				AuthMechanism:     param.Value(auth.TLS | auth.BasicAuth),
				PermissionGroups:  param.Value(permission.ExchangeUsers),
				RequireEHLODomain: true,
			}),
			fast(connector.Receive{
				Name: "Partners", RemoteIPRanges: []param.Range{param.MustParseRange("198.51.100.0/24")},
				AuthMechanism:       param.Value(auth.TLS),
				PermissionGroups:    param.Value(permission.Partners),
				DomainSecureEnabled: true,
			}),
		},
		Transport: connector.Transport{TLSReceiveDomainSecureList: []string{"contoso.com"}},
		Send: []connector.Send{
			{Name: "ToMailboxes", AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace("fabrikam.com")}, SmartHosts: []param.SmartHost{param.MustParseSmartHost("10.2.3.9")}},
			{Name: "ToOrg", AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace("*.org")}, MaxMessageSize: 64 * param.KB},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// verifier knows one user.
type verifier struct{}

func (verifier) Verify(_ context.Context, c auth.Credentials, _ auth.Channel) (auth.Identity, error) {
	if c.Username != "printer@fabrikam.com" || c.Password != "secret" {
		return auth.Identity{}, auth.ErrBadCredentials
	}
	return auth.Identity{
		Principal: permission.Authenticated(c.Username),
		Addresses: []routing.Address{routing.MustParseAddress(c.Username)},
	}, nil
}

// router takes what the policy routes, as a Handler that sends mail on does.
type router struct{ env *relay.Envelope }

func (router) Begin(_ context.Context, env *relay.Envelope) (relay.Transaction, error) {
	return router{env}, nil
}

func (tx router) Rcpt(_ context.Context, rcpt envelope.Recipient) error {
	if reason := tx.env.Route(rcpt.To).Reason(); reason != reply.RecipientOK {
		return &relay.Error{Reply: tx.env.Inbound.Decide(reason).Reply()}
	}
	return nil
}

func (router) Deliver(_ context.Context, body io.Reader) (relay.Receipt, error) {
	_, err := io.Copy(io.Discard, body)
	return relay.Receipt{}, err
}

func (router) Close() {}

// converse holds a random session, mostly sensible, now and then not.
func converse(t *testing.T, n *relaytest.Network, ca *relaytest.Authority, rng *rand.Rand) {
	pick := func(of ...string) string { return of[rng.IntN(len(of))] }
	remote := pick("198.51.100.7", "198.51.100.7", "192.168.5.77", "192.168.5.9", "192.168.5.10", "10.1.1.1", "203.0.113.9")
	conn, err := n.Dial(t.Context(), netip.MustParseAddr(remote), netip.MustParseAddrPort("10.2.3.4:25"))
	if err != nil {
		t.Fatal(err)
	}
	c := relaytest.NewClient(t, conn)
	defer c.Close()
	say := func(format string, args ...any) int {
		c.Send(fmt.Sprintf(format, args...))
		code, _ := c.Reply()
		return code
	}
	c.Expect(220)
	hello := pick("scanner", "client.example", "[192.0.2.1]", "", "b<a>d")
	if say("EHLO %s", hello) == 501 {
		if hello == "" && strings.HasPrefix(remote, "10.") {
			return // the connection is closed
		}
		say("EHLO client")
	}
	if rng.IntN(2) == 0 && say("STARTTLS") == 220 {
		config := &tls.Config{InsecureSkipVerify: true}
		if name := pick("", "contoso.com", "contoso.com", "elsewhere.example"); name != "" {
			certificate, err := ca.Issue(name)
			if err != nil {
				t.Fatal(err)
			}
			config.Certificates = []tls.Certificate{certificate}
		}
		c.Handshake(config)
		say("EHLO client")
	}
	switch rng.IntN(6) {
	case 0, 1:
		say("AUTH PLAIN %s", base64.StdEncoding.EncodeToString([]byte("\x00printer@fabrikam.com\x00"+pick("secret", "guess"))))
	case 2:
		if say("AUTH LOGIN") == 334 {
			say("%s", base64.StdEncoding.EncodeToString([]byte("printer@fabrikam.com")))
			say("%s", base64.StdEncoding.EncodeToString([]byte("secret")))
		}
	case 3:
		say("AUTH GSSAPI")
	}
	for range 1 + rng.IntN(3) {
		transact(c, rng, pick, say)
	}
	say("QUIT")
	c.Closed()
}

// transact holds one transaction.
func transact(c *relaytest.Client, rng *rand.Rand, pick func(...string) string, say func(string, ...any) int) {
	from := pick("", "info@contoso.com", "printer@fabrikam.com", "ann@fabrikam.com", "ann@example.net", "x@", `"a b"@example.net`)
	size := pick("", "", " SIZE=1000", " SIZE=99999", " SIZE=0")
	say("%s<%s>%s", pick("MAIL FROM:", "mail from: "), from, size)
	for range rng.IntN(5) {
		say("RCPT TO:<%s>", pick("bob@fabrikam.com", "carl@example.org", "dan@example.net", "eve@partner.example",
			"x%y@fabrikam.com", "me@localhost", "postmaster", "nobody", "<>", "a@b@c"))
	}
	switch rng.IntN(5) {
	case 0:
		say("RSET")
	case 1:
		c.SendRaw("BDAT 6\r\nA: b\r\n") // the chunk may be refused
		c.Reply()
		c.SendRaw("BDAT 5 LAST\r\n\r\nx\r\n")
		c.Reply()
	case 2:
		say("EHLO again")
	default:
		if say("DATA") == 354 {
			c.SendRaw("Subject: x\r\n\r\n" + strings.Repeat("x\r\n", rng.IntN(100)) + ".\r\n")
			c.Reply()
		}
	}
}

// TestAgreement wants the model to agree with the relay: what a random session
// met on the wire, replay says again.
func TestAgreement(t *testing.T) {
	authority, err := relaytest.NewAuthority("CA")
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := authority.Issue("huba.fabrikam.com")
	if err != nil {
		t.Fatal(err)
	}
	for _, profile := range []connector.Profile{permission.Current, permission.Exchange2007} {
		t.Run(profile.String(), func(t *testing.T) {
			p, log, n := policy(t, profile), new(relaytest.Log), new(relaytest.Network)
			server := &relay.Server{Policy: p, Handler: router{}, Verifier: verifier{}, Certificates: []tls.Certificate{certificate}, ClientCAs: authority.Pool(), ProtocolLog: relaytest.ProtocolLog(log, "Receive")}
			l, err := n.Listen("10.2.3.4:25")
			if err != nil {
				t.Fatal(err)
			}
			served := make(chan error, 1)
			go func() { served <- server.Serve(l) }()
			rng := rand.New(rand.NewPCG(5, uint64(profile)))
			const sessions = 400
			for range sessions {
				converse(t, n, authority, rng)
			}
			if err := server.Shutdown(t.Context()); err != nil {
				t.Fatal(err)
			}
			<-served

			r := replay.New(p, replay.Options{})
			if err := r.Read("protocol.log", strings.NewReader(log.String())); err != nil {
				t.Fatal(err)
			}
			got := r.Report()
			if !got.Same() || got.Malformed > 0 || got.Sessions != sessions || got.Connector != (replay.Agreement{Known: sessions, Alike: sessions}) || got.Rights.Known != got.Rights.Alike {
				t.Errorf("%v", got)
			}
			// Partners may send as their own domain and as no other: without the
			// certificate's names in the log the model would not agree.
			if !strings.Contains(got.String(), `"Partners"`) || got.Receive[4].Messages == 0 {
				t.Errorf("no Partner has sent anything: %v", got)
			}
			for _, o := range got.OutsideReplies {
				switch o.Reply {
				case "535 5.7.3", "535", // a wrong password
					"503 5.5.1", "503 5.5.2", "503": // MAIL where none may be
				default:
					t.Errorf("%d times %s is no refusal of the policy's", o.Count, o.Reply)
				}
			}
			if got.Messages == 0 || got.Recipients == 0 || got.Commands < 10*sessions/2 {
				t.Errorf("nothing was judged: %v", got)
			}
		})
	}
}
