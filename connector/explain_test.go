package connector_test

import (
	"encoding/json"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// randomReceive is a connector with anything that decisions look at.
func randomReceive(r *rand.Rand) connector.Receive {
	coin := func() bool { return r.IntN(3) == 0 }
	all := []auth.Mechanism{auth.TLS, basic, auth.TLS | auth.BasicAuth, auth.TLS | auth.ExternalAuthoritative, auth.TLS | auth.ExchangeServer}
	c := connector.Receive{
		AuthMechanism:    mechanisms(all[r.IntN(len(all))]),
		PermissionGroups: groups(permission.Group(r.IntN(32)) &^ permission.Custom),
		RequireTLS:       coin(), RequireEHLODomain: coin(),
		RejectReservedSecondLevelRecipientDomains: coin(),
		RejectReservedTopLevelRecipientDomains:    coin(),
		RejectSingleLabelRecipientDomains:         coin(),
		EnhancedStatusCodesEnabled:                param.Value(!coin()),
		AddMissingHeadersEnabled:                  param.Value(coin()),
		MessageAuthenticationMode:                 param.Value(param.AuthenticationMode(r.IntN(4))),
		SizeEnabled:                               param.SizeMode(r.IntN(3)),
		MaxMessageSize:                            param.MB, MaxHeaderSize: param.KB,
		MaxHopCount: 3, MaxLocalHopCount: param.Value(r.IntN(3)), MaxRecipientsPerMessage: 2,
	}
	if m, _ := c.AuthMechanism.Get(); m.Has(auth.ExternalAuthoritative) {
		c.PermissionGroups = groups(c.PermissionGroups.Or(0) | permission.ExchangeServers)
	} else {
		c.DomainSecureEnabled = coin()
	}
	if coin() {
		c.AllowedSenders = []param.Sender{param.MustParseSender("ANN@contoso.com"), param.MustParseSender("@relay.example"), param.MustParseSender("@*.tenant.test")}
	}
	for range r.IntN(3) {
		sids := []permission.SID{permission.SIDAnonymous, permission.SIDAuthenticatedUsers, permission.SIDExternallySecured, permission.SIDPartners}
		g := permission.Grant{To: sids[r.IntN(len(sids))], Allow: permission.SetOf(permission.Right(1 + r.IntN(10)))}
		if coin() {
			g.Allow, g.Deny = 0, g.Allow
		}
		c.Permissions = append(c.Permissions, g)
	}
	return c
}

// TestTracedSession checks that traced sessions answer as others do,
// and the last step of a refusal to be one that failed, on random policies.
func TestTracedSession(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	addresses := []routing.Address{{}}
	for _, s := range []string{"ann@contoso.com", "a@contoso.com", "b%c@contoso.com", "a@relay.example", "a@partner.test",
		"a@example.com", "a@localhost", "a@intranet", "a@[192.0.2.1]", "a@fabrikam.com"} {
		addresses = append(addresses, addr(s))
	}
	pick := func() routing.Address { return addresses[r.IntN(len(addresses))] }
	reasons := map[reply.Reason]int{}
	for range 600 {
		transport := connector.Transport{TLSReceiveDomainSecureList: []string{"partner.test"}}
		if r.IntN(2) == 0 {
			transport.MaxReceiveSize, transport.MaxRecipientEnvelopeLimit = 2*param.MB, 1
		}
		in := one(t, connector.Profile(r.IntN(2)), randomReceive(r), transport)
		ch := auth.Channel{TLS: r.IntN(2) == 0}
		if r.IntN(2) == 0 {
			ch.PeerNames = []string{"partner.test"}
		}
		s := in.Open(ch, nil)
		var trace connector.Trace
		if e := in.Open(ch, &trace); e.Rights() != s.Rights() || e.Identity().Name != s.Identity().Name || trace.Len() == 0 {
			t.Fatalf("Open: %v, traced %v:\n%s", s.Identity(), e.Identity(), trace)
		}
		agree := func(name string, d, e connector.Decision, trace connector.Trace) {
			t.Helper()
			reasons[d.Reason]++
			if d != e {
				t.Fatalf("%s: %v, explained %v\n%s", name, d, e, trace)
			}
			if !d.Allowed() && !decisive(trace) {
				t.Fatalf("%s: %v, but no step says so:\n%s", name, d, trace)
			}
		}
		trace = connector.Trace{}
		explained, e := s.Tracing(&trace).Login(user("ann@contoso.com"))
		next, d := s.Login(user("ann@contoso.com"))
		agree("Login", d, e, trace)
		if explained.Rights() != next.Rights() || explained.Tracing(nil).Rights() != next.Rights() {
			t.Fatalf("Login: %v, explained %v", next.Rights(), explained.Rights())
		}
		for _, s := range []connector.Session{s, next, {}} {
			traced := func() connector.Session {
				trace = connector.Trace{}
				return s.Tracing(&trace)
			}
			hello := []string{"", "a.example", "a\x01b"}[r.IntN(3)]
			e = traced().Hello(hello)
			agree("Hello", s.Hello(hello), e, trace)
			e = traced().StartTLS()
			agree("StartTLS", s.StartTLS(), e, trace)
			mechanism := []string{"PLAIN", "LOGIN", "X"}[r.IntN(3)]
			e = traced().Auth(mechanism)
			agree("Auth", s.Auth(mechanism), e, trace)
			if offered := len(s.SASL()) > 0; offered != (s.Auth("LOGIN").Allowed()) {
				t.Fatalf("SASL() = %q, Auth = %v", s.SASL(), s.Auth("LOGIN"))
			}
			mail := connector.Mail{From: pick(), Size: r.Int64N(3 << 20)}
			e = traced().Mail(mail)
			agree("Mail", s.Mail(mail), e, trace)
			authors, readable := []routing.Address{pick(), pick()}, r.IntN(2) == 0
			e = traced().Authors(authors, readable)
			agree("Authors", s.Authors(authors, readable), e, trace)
			each := s.Authors(authors[:1], true).Allowed() && s.Authors(authors[1:], true).Allowed()
			if want := each && (readable || !s.ChecksAuthors()); e.Allowed() != want {
				t.Fatalf("Authors(%v, %v) = %v, one by one %v", authors, readable, e, each)
			}
			rcpt := connector.Rcpt{To: pick(), Accepted: r.IntN(4)}
			e = traced().Rcpt(rcpt)
			agree("Rcpt", s.Rcpt(rcpt), e, trace)
			m := connector.Message{HeaderSize: r.Int64N(2000), Size: r.Int64N(3 << 20), Hops: r.IntN(5), LocalHops: r.IntN(3)}
			e = traced().Message(m)
			agree("Message", s.Message(m), e, trace)
			checkMaxSize(t, s, m.Size)
			completes := traced().CompletesHeader(m.Hops)
			if completes != s.CompletesHeader(m.Hops) || completes == decisive(trace) {
				t.Fatalf("CompletesHeader(%d) = %v, explained %v:\n%s", m.Hops, s.CompletesHeader(m.Hops), completes, trace)
			}
			f := traced().Headers()
			if f != s.Headers() || trace.Len() == 0 {
				t.Fatalf("Headers: %v, explained %v", s.Headers(), f)
			}
		}
	}
	for _, c := range []reply.Reason{
		reply.NotAuthenticated, reply.SendAsDenied, reply.AnonymousSendAsDenied, reply.SecuredSenderDenied, reply.SenderNotAllowed,
		reply.MessageTooLarge, reply.HeaderTooLarge, reply.HopCountExceeded, reply.TooManyRecipients,
		reply.EnvelopeTooLarge, reply.ReservedTopLevelDomain, reply.ReservedSecondLevelDomain, reply.SingleLabelDomain,
		reply.RelayDenied, reply.RoutedRecipient, reply.LoginWithoutSubmit, reply.MechanismNotOffered,
		reply.StartTLSFirst, reply.HelloDomainRequired, reply.IllegalCharacter, reply.BadSequence, reply.Undecided,
	} {
		if reasons[c] == 0 {
			t.Errorf("the random inputs never met %v", c)
		}
	}
}

// decisive reports whether the trace holds a step that failed, or names the
// mechanism that makes AUTH pointless.
func decisive(trace connector.Trace) bool {
	for s := range trace.All() {
		if !s.Pass || s.Check.String() == "externally-secured" {
			return true
		}
	}
	return false
}

// checkMaxSize checks that the limit that EHLO announces is enforced.
func checkMaxSize(t *testing.T, s connector.Session, n int64) {
	t.Helper()
	d := s.Message(connector.Message{Size: n})
	if d.Reason != reply.MessageOK && d.Reason != reply.MessageTooLarge {
		return
	}
	if limit := s.MaxSize(); (limit == 0 || n <= limit) != d.Allowed() {
		t.Fatalf("MaxSize() = %d, size %d: %v", limit, n, d)
	}
}

// TestTraceForms checks that a trace prints, logs and marshals the same steps, with
// the grants that decided.
func TestTraceForms(t *testing.T) {
	in := one(t, permission.Current, connector.Receive{PermissionGroups: groups(anonymous),
		Permissions: []permission.Grant{deny(permission.SIDAnonymous, permission.AcceptAnyRecipient)}}, connector.Transport{})
	var trace connector.Trace
	in.Open(auth.Channel{}, nil).Tracing(&trace).Rcpt(connector.Rcpt{To: addr("a@fabrikam.com")})
	want := `yes  recipient: the recipient is a mailbox
yes  submit: NT AUTHORITY\ANONYMOUS LOGON holds ms-Exch-SMTP-Submit; granted to NT AUTHORITY\ANONYMOUS LOGON by AnonymousUsers
yes  recipient-count: 1 of at most 200 recipients
no   accepted-domain: fabrikam.com is not an accepted domain
no   any-recipient: NT AUTHORITY\ANONYMOUS LOGON lacks ms-Exch-SMTP-Accept-Any-Recipient; denied to NT AUTHORITY\ANONYMOUS LOGON by Add-ADPermission
`
	if got := trace.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	attrs := trace.LogValue().Group()
	if len(attrs) != trace.Len() || attrs[3].Key != "accepted-domain" || attrs[3].Value.String() != "no fabrikam.com is not an accepted domain" {
		t.Errorf("LogValue = %v", attrs)
	}
	b, err := json.Marshal(trace)
	var steps []map[string]any
	if err != nil || json.Unmarshal(b, &steps) != nil || len(steps) != trace.Len() || steps[4]["check"] != "any-recipient" || steps[4]["pass"] != false {
		t.Errorf("MarshalJSON = %s, %v", b, err)
	}
	var _ slog.LogValuer = trace
}

// TestChecksNamed checks that every check has a stable name, and that the name of an
// unknown check says so.
func TestChecksNamed(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range connector.Checks() {
		if name := c.String(); seen[name] || strings.ContainsAny(name, "() ") {
			t.Errorf("check %d is called %q", c, name)
		}
		seen[c.String()] = true
	}
	for _, c := range []connector.Check{0, 255} {
		if !strings.HasPrefix(c.String(), "Check(") {
			t.Errorf("%d is called %q", c, c)
		}
	}
}

// TestExplainSigning: the way out says whether the messages of a client are signed.
func TestExplainSigning(t *testing.T) {
	const known, stranger = "192.0.2.1", "203.0.113.1"
	const no = `no   dkim-signing: the message isn't signed with DKIM: the client hasn't logged on, may not relay, and lacks ms-Exch-Bypass-Anti-Spam`
	const refused = `no   dkim-signing: the delivery is refused with 550 5.7.1, because the message must be signed with DKIM and mail of this client isn't signed: ` +
		`the client hasn't logged on, may not relay, and lacks ms-Exch-Bypass-Anti-Spam`
	for _, row := range []struct {
		signing param.DkimSigning
		client  string
		right   permission.Right
		want    string
	}{
		{param.DkimSigningNone, known, permission.AcceptAnyRecipient, ""},
		{param.DkimIfKeyExists, known, permission.AcceptAnyRecipient, `yes  dkim-signing: the message is signed with DKIM if the domain of its author has a key`},
		{param.DkimRequired, known, permission.BypassAntiSpam, `yes  dkim-signing: the message is signed with DKIM, and waits while the domain of its author has no key`},
		{param.DkimIfKeyExists, known, permission.BypassMessageSizeLimit, no},
		{param.DkimRequired, stranger, permission.AcceptAnyRecipient, refused},
	} {
		receive := func(name, ranges string, more ...permission.Grant) connector.Receive {
			return connector.Receive{
				Name: name, Bindings: []netip.AddrPort{netip.MustParseAddrPort("0.0.0.0:25")}, RemoteIPRanges: []param.Range{param.MustParseRange(ranges)},
				PermissionGroups: param.Value(permission.AnonymousUsers), Permissions: more,
			}
		}
		p, err := connector.Compile(connector.Config{
			Accepted: []routing.AcceptedDomain{{Name: "F", DomainName: "fabrikam.com", DomainType: routing.ExternalRelay}},
			Receive: []connector.Receive{
				receive("Known", known, permission.Grant{To: permission.SIDAnonymous, Allow: permission.SetOf(row.right)}), receive("All", "0.0.0.0/0"),
			},
			Send: []connector.Send{{Name: "out", AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace("*")}, DkimSigning: row.signing}},
		})
		if err != nil {
			t.Fatal(err)
		}
		w := p.Walk(connector.Dialog{
			Local: netip.MustParseAddrPort("192.0.2.9:25"), Remote: netip.MustParseAddr(row.client), To: []routing.Address{routing.MustParseAddress("b@fabrikam.com")},
		})
		if got := w.String(); strings.Contains(got, "dkim-signing") != (row.want != "") || !strings.Contains(got, row.want) {
			t.Errorf("%+v: %s", row, got)
		}
		for _, stage := range w.Stages {
			for step := range stage.Trace.All() {
				if b := step.Basis(); step.Check.String() == "dkim-signing" && (len(b) != 1 || b[0].String() != `Send["out"].DkimSigning = `+row.signing.String()) {
					t.Errorf("%+v: the basis is %v", row, b)
				}
			}
		}
	}
}
