package relay_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/order"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/relaytest"
	"github.com/interchange-smtp/interchange/routing"
)

// tableRouter is a mailbox that routes, as delivery does, and takes what a route is for.
type tableRouter struct {
	*mailbox
	policy *atomic.Pointer[connector.Policy] // by which a recipient was routed last
}

func newTableRouter() tableRouter {
	return tableRouter{new(mailbox), new(atomic.Pointer[connector.Policy])}
}

func (m tableRouter) Begin(ctx context.Context, env *relay.Envelope) (relay.Transaction, error) {
	tx, err := relay.HandlerFunc(m.Deliver).Begin(ctx, env)
	return routedTransaction{tx, env, m.policy}, err
}

// routedTransaction is a transaction that routes.
type routedTransaction struct {
	relay.Transaction
	env    *relay.Envelope
	policy *atomic.Pointer[connector.Policy]
}

func (tx routedTransaction) Rcpt(_ context.Context, rcpt envelope.Recipient) error {
	route := tx.env.Route(rcpt.To)
	if route.Outcome != routing.Routed {
		return &relay.Error{Reply: route.Decision().Reply()}
	}
	tx.policy.Store(route.Outbound.Policy())
	return nil
}

// Deliver measures the message, of which the client may have declared no size.
func (m tableRouter) Deliver(ctx context.Context, env *relay.Envelope, body io.Reader) error {
	data, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	for _, rcpt := range env.To {
		if r := m.policy.Load().Route(rcpt.To, int64(len(data)), nil); r.Outcome == routing.TooLarge {
			return &relay.Error{Reply: r.Decision().Reply()}
		}
	}
	return m.mailbox.Deliver(ctx, env, bytes.NewReader(data))
}

// oneOf picks.
func oneOf[T any](r *rand.Rand, all ...T) T { return all[r.IntN(len(all))] }

// randomConnector is a Receive connector with anything that decisions look at.
func randomConnector(r *rand.Rand, name string) connector.Receive {
	rare := func() bool { return r.IntN(8) == 0 }
	c := quick(connector.Receive{
		Name:           name,
		Bindings:       []netip.AddrPort{at(oneOf(r, hub, "0.0.0.0:25", "0.0.0.0:25", "0.0.0.0:465"))},
		RemoteIPRanges: ranges(oneOf(r, stranger, gateway, "0.0.0.0/0", "192.168.0.0/16")),
		AuthMechanism: param.Value(oneOf(r, auth.TLS, auth.BasicAuth, auth.TLS|auth.BasicAuth,
			auth.TLS|auth.BasicAuth|auth.BasicAuthRequireTLS, auth.TLS|auth.ExternalAuthoritative)),
		PermissionGroups: param.Value(permission.ExchangeServers | oneOf(r, permission.AnonymousUsers, permission.AnonymousUsers|permission.ExchangeUsers,
			permission.AnonymousUsers|permission.ExchangeUsers, permission.ExchangeUsers, permission.Partners)),
		RequireEHLODomain:                         rare(),
		RejectReservedSecondLevelRecipientDomains: rare(), RejectReservedTopLevelRecipientDomains: rare(), RejectSingleLabelRecipientDomains: rare(),
		EnhancedStatusCodesEnabled: param.Value(!rare()),
		SizeEnabled:                param.SizeMode(r.IntN(3)),
		MaxMessageSize:             64 * param.KB, MaxHeaderSize: param.KB, MaxHopCount: 2, MaxLocalHopCount: param.Value(r.IntN(3)),
		MaxRecipientsPerMessage: oneOf(r, 1, 2, 100),
		MaxProtocolErrors:       param.Value(param.Unlimited), MaxLogonFailures: param.Value(0),
	})
	if m, _ := c.AuthMechanism.Get(); m.Has(auth.TLS) && !m.Has(auth.ExternalAuthoritative) {
		c.RequireTLS, c.DomainSecureEnabled = rare(), rare()
	}
	for range r.IntN(3) {
		g := permission.Grant{To: oneOf(r, permission.SIDAnonymous, permission.SIDAuthenticatedUsers, permission.SIDExternallySecured)}
		right := permission.SetOf(oneOf(r, permission.AcceptAnyRecipient, permission.AcceptAnySender, permission.Submit, permission.BypassMessageSizeLimit))
		if r.IntN(3) == 0 {
			g.Deny = right
		} else {
			g.Allow = right
		}
		c.Permissions = append(c.Permissions, g)
	}
	return c
}

// randomPolicy compiles, at last. A plain one does without certificate.
func randomPolicy(r *rand.Rand, plain bool) *connector.Policy {
	for {
		cfg := connector.Config{
			Profile:  connector.Profile(r.IntN(2)),
			Servers:  []routing.Server{{Name: "HubA", FQDN: hubName}},
			Accepted: []routing.AcceptedDomain{{DomainName: "fabrikam.com"}, {DomainName: "relay.test", DomainType: routing.ExternalRelay}},
			Send: []connector.Send{
				{Name: "Internet", AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace(oneOf(r, "*", "contoso.com"))}, MaxMessageSize: 64 * param.KB},
				{Name: "Inside", AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace("fabrikam.com")}, Enabled: param.Value(r.IntN(4) > 0),
					SmartHosts: []param.SmartHost{param.MustParseSmartHost("10.2.3.9")}},
			},
			Transport: connector.Transport{
				TLSReceiveDomainSecureList: []string{"partner.example.net"},
				MaxRecipientEnvelopeLimit:  oneOf(r, param.Limit(0), param.Limit(1)),
				MaxReceiveSize:             oneOf(r, param.Size(0), 70*param.KB),
			},
		}
		for i := range 1 + r.IntN(3) {
			c := randomConnector(r, "R"+strconv.Itoa(i))
			if cfg.Profile == permission.Current { // Exchange 2007 lacks the parameter
				c.SmtpUtf8Enabled = param.Value(r.IntN(4) > 0)
			}
			if plain {
				c.RequireTLS, c.DomainSecureEnabled = false, false
			}
			cfg.Receive = append(cfg.Receive, c)
		}
		if p, err := connector.Compile(cfg); err == nil {
			return p
		}
	}
}

// randomDialog is what a client might do.
func randomDialog(r *rand.Rand) connector.Dialog {
	d := connector.Dialog{
		Local: at(oneOf(r, hub, hub, "10.2.3.5:25", "10.2.3.4:465")), Remote: netip.MustParseAddr(oneOf(r, stranger, gateway, secured)),
		Helo: oneOf(r, "client.contoso.com", "client.contoso.com", "client.contoso.com", "a|b", "", "a..b", "-", "[1.2.3", "Büro \"3\"", "a\tb", " \t", "a\x01b", "\x7f", strings.Repeat("x", 300)), TLS: r.IntN(2) == 0, Mechanism: "PLAIN",
		Size: oneOf(r, int64(0), 4000, 66_000, 75_000), Hops: r.IntN(4), HeaderSize: oneOf(r, int64(700), 700, 1500),
	}
	d.LocalHops = min(d.Hops, r.IntN(3))
	if d.TLS && r.IntN(2) == 0 {
		d.PeerNames = []string{"partner.example.net"}
	}
	if r.IntN(3) == 0 {
		d.User = &auth.Identity{Principal: permission.Authenticated(userName), Addresses: []routing.Address{routing.MustParseAddress(userName)}}
	}
	senders := []string{userName, inside, elsewhere, "x@partner.example.net"}
	if r.IntN(5) > 0 {
		d.From = routing.MustParseAddress(oneOf(r, append(senders, "jürgen@contoso.com")...))
	}
	for range 1 + r.IntN(3) {
		d.To = append(d.To, routing.MustParseAddress(oneOf(r, inside, elsewhere, "a@relay.test", "a@example.org", "a@intranet", "a%b@fabrikam.com", "jürgen@fabrikam.com")))
	}
	if r.IntN(3) == 0 {
		d.Commands = randomOrder(r, &d)
	}
	for range r.IntN(3) {
		d.Authors = append(d.Authors, routing.MustParseAddress(oneOf(r, senders...)))
	}
	return d
}

// randomOrder returns commands of which some are out of order.
func randomOrder(r *rand.Rand, d *connector.Dialog) []order.Verb {
	all := []order.Verb{order.Hello, order.Hello, order.Mail, order.Mail, order.Rcpt, order.Rcpt, order.Data, order.Reset, order.StartTLS}
	if d.User != nil {
		all = append(all, order.Auth, order.Auth)
	}
	if r.IntN(4) == 0 {
		r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		return all
	}
	commands := []order.Verb{order.Hello}
	if d.TLS && !d.BeginsWithTLS() {
		commands = append(commands, order.StartTLS, order.Hello)
	}
	if d.User != nil && r.IntN(2) == 0 {
		commands = append(commands, order.Auth)
	}
	for range r.IntN(8) {
		v := oneOf(r, all...)
		commands = append(commands, v)
		switch { // what makes sense next is more likely
		case v == order.Mail && r.IntN(2) == 0:
			commands = append(commands, order.Rcpt)
		case v == order.StartTLS && r.IntN(4) > 0:
			commands = append(commands, order.Hello)
		}
	}
	return append(commands, order.Data)
}

// TestWalkIsTheRelay holds random dialogs with the relay, and wants every reply
// to be what Walk says it is.
func TestWalkIsTheRelay(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 14))
	partner, err := authority().Issue("partner.example.net")
	if err != nil {
		t.Fatal(err)
	}
	met := map[reply.Reason]int{}
	for i, rounds := range []int{100, 100, 400} {
		plain, noUsers := i == 0, i == 1
		w := serve(t, policy(t, defaultHub()), func(s *relay.Server) {
			s.Handler = newTableRouter()
			s.Explain = func(name string) bool { return name != "R0" } // which only adds to replies
			if plain {
				s.Certificates = nil
			}
			if noUsers {
				s.Verifier = nil
			}
		})
		for range rounds {
			p := randomPolicy(r, plain)
			err := w.server.SetPolicy(p)
			if err != nil && !(plain && errors.Is(err, relay.ErrNoCertificate)) {
				t.Fatal(err)
			}
			for range 4 {
				talk := talker{world: w, dialog: randomDialog(r), partner: partner}
				talk.dialog.NoCertificate, talk.dialog.NoVerifier = plain, noUsers
				talk.walk = p.Walk(talk.dialog)
				if err == nil {
					talk.hold()
				} else if talk.dialog.Local.Port() == 465 && talk.walk.Stages[0].Decision.Allowed() {
					t.Fatalf("Walk begins a session at port 465, and the relay refuses the policy: %v\n%s", err, talk.walk)
				}
				for _, s := range talk.walk.Stages {
					met[s.Decision.Reason]++
				}
			}
		}
	}
	for _, c := range []reply.Reason{
		reply.IllegalCharacter, reply.SendHelloFirst, reply.BadSequence, reply.NeedMail, reply.NeedRcpt, reply.ResetOK,
		reply.NoConnector, reply.ImplicitTLS, reply.HelloDomainRequired, reply.UnrecognizedCommand, reply.StartTLSFirst,
		reply.MechanismNotOffered, reply.LoginWithoutSubmit, reply.LoginOK, reply.NotAuthenticated, reply.AnonymousSendAsDenied,
		reply.SendAsDenied, reply.SecuredSenderDenied, reply.MessageTooLarge, reply.HeaderTooLarge, reply.HopCountExceeded,
		reply.TooManyRecipients, reply.EnvelopeTooLarge, reply.ReservedTopLevelDomain, reply.ReservedSecondLevelDomain,
		reply.SingleLabelDomain, reply.AddressNeedsUTF8, reply.RelayDenied, reply.RoutedRecipient, reply.Unroutable, reply.RouteTooSmall, reply.MessageOK,
	} {
		if met[c] == 0 {
			t.Errorf("the dialogs never met %v", c)
		}
	}
}

// authority returns the authority of all worlds.
func authority() *relaytest.Authority {
	ca, _ := certificates()
	return ca
}

// talker holds a dialog and compares it with what Walk says.
type talker struct {
	*world
	dialog  connector.Dialog
	partner tls.Certificate
	walk    connector.Walkthrough
	client  *relaytest.Client
}

func (c *talker) hold() {
	conn := c.dial(c.dialog.Remote.String(), c.dialog.Local.String())
	defer conn.Close()
	c.client = relaytest.NewClient(c.t, conn)
	for i, s := range c.walk.Stages {
		switch s.Name {
		case connector.StageConnect:
			if s.Decision.Reason == reply.ImplicitTLS {
				c.unreadable()
				return
			}
			if !s.Decision.Allowed() {
				c.client.Closed()
				return
			}
			if c.dialog.BeginsWithTLS() {
				c.client.Handshake(c.tls())
			}
			c.expect(s, s.Reply.String()+" at ") // the date, which policy doesn't know
		case connector.StageStartTLS:
			c.client.Send("STARTTLS")
			c.expect(s, s.Reply.String())
			if s.Decision.Allowed() {
				c.client.Handshake(c.tls())
			}
		case connector.StageAuth:
			c.client.Send("AUTH PLAIN " + plain(userName, password))
			c.expect(s, s.Reply.String())
		case connector.StageMail:
			line := s.Command
			if c.dialog.Size > 0 && c.walk.Session.Inbound().Settings().SizeEnabled != param.SizeDisabled {
				line += fmt.Sprintf(" SIZE=%d", c.dialog.Size)
			}
			c.client.Send(line)
			c.expect(s, s.Reply.String())
		case connector.StageData:
			c.data(s)
		case connector.StageHello:
			c.client.Send("EHLO " + c.dialog.Helo)
			c.expect(s, s.Reply.String())
		case connector.StageRoute: // its reply is that to RCPT
		case connector.StageRcpt:
			c.client.Send(s.Command)
			if s.Reply == (reply.Reply{}) {
				s = c.walk.Stages[i+1]
			}
			c.expect(s, s.Reply.String())
		default:
			c.client.Send(s.Command)
			c.expect(s, s.Reply.String())
		}
	}
}

// unreadable begins in the clear on a connection that begins with TLS: no reply comes.
func (c *talker) unreadable() {
	c.client.Send("EHLO " + c.dialog.Helo)
	got, _ := io.ReadAll(c.client.Conn) // a TLS alert
	if len(got) > 0 && got[0] >= ' ' {
		c.t.Fatalf("the relay says %q, Walk nothing, to %+v\n%s", got, c.dialog, c.walk)
	}
}

func (c *talker) tls() *tls.Config {
	config := &tls.Config{RootCAs: c.ca.Pool(), ServerName: hubName}
	if len(c.dialog.PeerNames) > 0 {
		config.Certificates = []tls.Certificate{c.partner}
	}
	return config
}

// expect reads a reply, which must begin with want.
func (c *talker) expect(s connector.Stage, want string) {
	c.t.Helper()
	code, text := c.client.Reply()
	if got := fmt.Sprintf("%d %s", code, text); !strings.HasPrefix(got, want) {
		c.t.Fatalf("%s %s: the relay says %q, Walk %q, to %+v\n%s", s.Name, s.Command, got, want, c.dialog, c.walk)
	}
}

// data sends the message that the dialog describes.
func (c *talker) data(s connector.Stage) {
	c.client.Send("DATA")
	if reason := s.Decision.Reason; reason == reply.NeedRcpt || reason == reply.NeedMail || reason == reply.SendHelloFirst {
		c.expect(s, s.Reply.String())
		return
	}
	c.client.Expect(354)
	var b strings.Builder
	for i := range c.dialog.Hops {
		by := "mx.contoso.com"
		if i < c.dialog.LocalHops {
			by = hubName
		}
		fmt.Fprintf(&b, "Received: from a.example by %s; Mon, 1 Jan 2007 00:00:00 +0000\r\n", by)
	}
	for i, a := range c.dialog.Authors {
		fmt.Fprintf(&b, "%s: <%s>\r\n", [...]string{"From", "Sender"}[i], a)
	}
	b.WriteString("X-Padding: ")
	pad(&b, int(c.dialog.HeaderSize)-4, "\r\n ")
	b.WriteString("\r\n\r\n")
	pad(&b, int(c.dialog.Size)-2, "\r\n")
	c.client.SendRaw(b.String() + "\r\n.\r\n")
	if s.Decision.Allowed() {
		c.expect(s, s.Reply.String()[:len("250")])
		return
	}
	c.expect(s, s.Reply.String())
}

// pad fills b up to n bytes.
func pad(b *strings.Builder, n int, fold string) {
	for b.Len() < n {
		if line := min(n-b.Len(), 70); line > 10 {
			b.WriteString(strings.Repeat("x", line-len(fold)) + fold)
		}
		b.WriteString("x")
	}
}
