package connector_test

import (
	"net/netip"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// one compiles a single Receive connector beside the accepted domains
// contoso.com (authoritative), relay.example (internal relay) and
// *.relay.example.
func one(t testing.TB, profile connector.Profile, r connector.Receive, transport connector.Transport) *connector.Inbound {
	t.Helper()
	r.Name = "r"
	r.Bindings = []netip.AddrPort{at("0.0.0.0:25")}
	r.RemoteIPRanges = ranges("0.0.0.0/0")
	p := compile(t, connector.Config{
		Profile: profile,
		Receive: []connector.Receive{r},
		Accepted: []routing.AcceptedDomain{
			{DomainName: "contoso.com"},
			{DomainName: "relay.example", DomainType: routing.InternalRelay, MatchSubDomains: true},
		},
		Transport: transport,
	})
	in := p.Select(at("192.0.2.1:25"), ip("198.51.100.1"), nil)
	if in == nil {
		t.Fatal("the connector is not selected")
	}
	return in
}

func groups(g permission.Group) param.Setting[permission.Group] { return param.Value(g) }

func mechanisms(m auth.Mechanism) param.Setting[auth.Mechanism] { return param.Value(m) }

// user is a user of contoso.com who owns the address of the same name.
func user(name string, groups ...permission.SID) auth.Identity {
	return auth.Identity{
		Principal: permission.Authenticated(name, groups...),
		Addresses: []routing.Address{addr(name)},
	}
}

// login opens a session under TLS and logs id on.
func login(t testing.TB, in *connector.Inbound, id auth.Identity) connector.Session {
	t.Helper()
	s, d := in.Open(auth.Channel{TLS: true}, nil).Login(id)
	if !d.Allowed() {
		t.Fatalf("Login(%v): %v", id, d.Reply())
	}
	return s
}

func deny(to permission.SID, rights ...permission.Right) permission.Grant {
	return permission.Grant{To: to, Deny: permission.SetOf(rights...)}
}

func allow(to permission.SID, rights ...permission.Right) permission.Grant {
	return permission.Grant{To: to, Allow: permission.SetOf(rights...)}
}

const (
	basic     = auth.TLS | auth.BasicAuth | auth.BasicAuthRequireTLS
	anonymous = permission.AnonymousUsers
	users     = permission.ExchangeUsers
)

// replyCase is one row: what is asked, and the replyCase in both profiles.
type replyCase struct {
	why          string
	d            func(in *connector.Inbound) connector.Decision
	current, old string // old "": as current
	receive      connector.Receive
	transport    connector.Transport
}

func (r replyCase) check(t *testing.T) {
	t.Helper()
	if r.old == "" {
		r.old = r.current
	}
	for profile, want := range map[connector.Profile]string{permission.Current: r.current, permission.Exchange2007: r.old} {
		d := r.d(one(t, profile, r.receive, r.transport))
		if got := d.Reply().String(); got != want {
			t.Errorf("%s (%v): %s (%v), want %s", r.why, profile, got, d, want)
		}
		if d.Allowed() != (want[0] < '4') {
			t.Errorf("%s (%v): Allowed() = %v with reply %s", r.why, profile, d.Allowed(), want)
		}
	}
}

func mailFrom(from string, size int64) func(*connector.Inbound) connector.Decision {
	return func(in *connector.Inbound) connector.Decision {
		return in.Open(auth.Channel{}, nil).Mail(connector.Mail{From: sender(from), Size: size})
	}
}

func sender(s string) routing.Address {
	if s == "" {
		return routing.Address{}
	}
	return addr(s)
}

func TestMail(t *testing.T) {
	const (
		notAuthenticated = "530 5.7.57 SMTP; Client was not authenticated to send anonymous mail during MAIL FROM"
		anonymousDenied  = "550 5.7.1 Anonymous client does not have permissions to send as this sender"
		ok               = "250 2.1.0 Sender OK"
		tooLarge         = "552 5.3.4 Message size exceeds fixed maximum message size"
	)
	open := connector.Receive{PermissionGroups: groups(anonymous)}
	tls := open
	tls.RequireTLS = true
	noSender := open
	noSender.Permissions = []permission.Grant{deny(permission.SIDAnonymous, permission.AcceptAnySender)}
	noAuthoritative := open
	noAuthoritative.Permissions = []permission.Grant{deny(permission.SIDAnonymous, permission.AcceptAuthoritativeDomainSender)}
	neither := open
	neither.Permissions = []permission.Grant{
		deny(permission.SIDAnonymous, permission.AcceptAnySender, permission.AcceptAuthoritativeDomainSender)}
	small := open
	small.MaxMessageSize = 1 * param.MB
	noSize := small
	noSize.SizeEnabled = param.SizeDisabled
	big := small
	big.Permissions = []permission.Grant{allow(permission.SIDAnonymous, permission.BypassMessageSizeLimit)}
	plain := connector.Receive{EnhancedStatusCodesEnabled: param.Value(false)}

	rows := []replyCase{
		{why: "anonymous", d: mailFrom("a@example.net", 0), current: ok, receive: open},
		{why: "no group", d: mailFrom("a@example.net", 0), current: notAuthenticated, old: "530 5.7.1 Client was not authenticated"},
		{why: "no group, null sender", d: mailFrom("", 0), current: notAuthenticated, old: "530 5.7.1 Client was not authenticated"},
		{why: "RequireTLS", d: mailFrom("a@example.net", 0), current: "530 5.7.0 Must issue a STARTTLS command first", receive: tls},
		{why: "own domain", d: mailFrom("a@contoso.com", 0), current: ok, old: anonymousDenied, receive: open},
		{why: "own domain denied", d: mailFrom("a@contoso.com", 0), current: anonymousDenied, receive: noAuthoritative},
		{why: "relayed domain is not ours", d: mailFrom("a@relay.example", 0), current: ok, receive: noAuthoritative},
		{why: "any sender denied", d: mailFrom("a@example.net", 0), current: anonymousDenied, receive: noSender},
		{why: "any sender denied, our domain", d: mailFrom("a@contoso.com", 0), current: ok, old: anonymousDenied, receive: noSender},
		{why: "any sender denied, a domain we relay for", d: mailFrom("a@relay.example", 0), current: ok, old: anonymousDenied, receive: noSender},
		{why: "any sender denied, below our domain", d: mailFrom("a@x.contoso.com", 0), current: anonymousDenied, receive: noSender},
		{why: "neither right, our domain", d: mailFrom("a@contoso.com", 0), current: anonymousDenied, receive: neither},
		{why: "neither right, a domain we relay for", d: mailFrom("a@relay.example", 0), current: anonymousDenied, receive: neither},
		{why: "null sender is always allowed", d: mailFrom("", 0), current: ok, receive: noSender},
		{why: "size at the limit", d: mailFrom("a@example.net", 1<<20), current: ok, receive: small},
		{why: "size over the limit", d: mailFrom("a@example.net", 1<<20+1), current: tooLarge, receive: small},
		{why: "size with null sender", d: mailFrom("", 1<<20+1), current: tooLarge, receive: small},
		{why: "SIZE not offered", d: mailFrom("a@example.net", 1<<20+1), current: ok, receive: noSize},
		{why: "size bypassed", d: mailFrom("a@example.net", 1<<30), current: ok, receive: big},
		{why: "organisation's size is not bypassed", d: mailFrom("a@example.net", 2<<20+1), current: tooLarge,
			receive: big, transport: connector.Transport{MaxReceiveSize: 2 * param.MB}},
		{why: "no enhanced codes", d: mailFrom("a@example.net", 0), receive: plain,
			current: "530 SMTP; Client was not authenticated to send anonymous mail during MAIL FROM", old: "530 Client was not authenticated"},
	}
	for _, r := range rows {
		r.check(t)
	}
}

func TestMailAfterLogin(t *testing.T) {
	const (
		denied = "550 5.7.60 SMTP; Client does not have permissions to send as this sender"
		old    = "550 5.7.1 Client does not have permissions to send as this sender"
		ok     = "250 2.1.0 Sender OK"
	)
	as := func(from string) func(*connector.Inbound) connector.Decision {
		return func(in *connector.Inbound) connector.Decision {
			return login(t, in, user("ann@contoso.com")).Mail(connector.Mail{From: sender(from)})
		}
	}
	both := connector.Receive{AuthMechanism: mechanisms(basic), PermissionGroups: groups(users | anonymous)}
	trusted := both
	trusted.Permissions = []permission.Grant{
		allow(permission.SIDAuthenticatedUsers, permission.AcceptAnySender, permission.AcceptAuthoritativeDomainSender)}
	outside := both
	outside.Permissions = []permission.Grant{allow(permission.SIDAuthenticatedUsers, permission.AcceptAnySender)}
	us := both
	us.Permissions = []permission.Grant{allow(permission.SIDAuthenticatedUsers, permission.AcceptAuthoritativeDomainSender)}
	rows := []replyCase{
		{why: "own address", d: as("ann@contoso.com"), current: ok, receive: both},
		{why: "own address in capitals", d: as("Ann@CONTOSO.com"), current: ok, receive: both},
		{why: "null sender", d: as(""), current: ok, receive: both},
		{why: "a colleague's address", d: as("bob@contoso.com"), current: denied, old: old, receive: both},
		{why: "a foreign address: anonymous rights are not inherited", d: as("bob@example.net"), current: denied, old: old, receive: both},
		{why: "with the rights", d: as("bob@contoso.com"), current: ok, receive: trusted},
		{why: "with half the rights, foreign", d: as("bob@example.net"), current: ok, receive: outside},
		{why: "with the other half, ours", d: as("bob@contoso.com"), current: ok, receive: us},
		{why: "with the other half, a domain we relay for", d: as("bob@relay.example"), current: ok, receive: us},
		{why: "with the other half, foreign", d: as("bob@example.net"), current: denied, old: old, receive: us},
		{why: "with half the rights, ours", d: as("bob@contoso.com"), current: denied, old: old, receive: outside},
	}
	for _, r := range rows {
		r.check(t)
	}
}

// TestHeaderAuthor checks that the header's From gets the same answers as MAIL, but
// for the null sender, which no header has.
func TestHeaderAuthor(t *testing.T) {
	in := one(t, permission.Current, connector.Receive{
		AuthMechanism: mechanisms(basic), PermissionGroups: groups(users | anonymous),
	}, connector.Transport{})
	ann := login(t, in, user("ann@contoso.com"))
	for _, from := range []string{"ann@contoso.com", "bob@contoso.com", "bob@example.net"} {
		for who, s := range map[string]connector.Session{"ann": ann, "anonymous": in.Open(auth.Channel{}, nil)} {
			got, want := s.Authors([]routing.Address{addr(from)}, true), s.Mail(connector.Mail{From: addr(from)})
			if want.Allowed() {
				want.Right = got.Right // several authors may rest on several rights
			}
			if got != want {
				t.Errorf("%s as %s: Authors = %v, Mail = %v", who, from, got, want)
			}
		}
	}
	if d := ann.Authors([]routing.Address{{}}, true); d.Reason != reply.SendAsDenied {
		t.Errorf("Authors(invalid) = %v", d)
	}
}

func rcptTo(to string, accepted int) func(*connector.Inbound) connector.Decision {
	return func(in *connector.Inbound) connector.Decision {
		return in.Open(auth.Channel{}, nil).Rcpt(connector.Rcpt{To: addr(to), Accepted: accepted})
	}
}

func TestRcpt(t *testing.T) {
	const (
		ok     = "250 2.1.5 Recipient OK"
		denied = "550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain"
		old    = "550 5.7.1 Unable to relay"
		rfc    = "Recipient address reserved by RFC 2606"
	)
	open := connector.Receive{PermissionGroups: groups(anonymous)}
	relay := open
	relay.Permissions = []permission.Grant{allow(permission.SIDAnonymous, permission.AcceptAnyRecipient)}
	strict := relay
	strict.RejectReservedTopLevelRecipientDomains = true
	strict.RejectReservedSecondLevelRecipientDomains = true
	strict.RejectSingleLabelRecipientDomains = true
	few := relay
	few.MaxRecipientsPerMessage = 2

	rows := []replyCase{
		{why: "authoritative domain", d: rcptTo("a@contoso.com", 0), current: ok, receive: open},
		{why: "relay domain", d: rcptTo("a@relay.example", 0), current: ok, receive: open},
		{why: "its subdomain", d: rcptTo("a@x.relay.example", 0), current: ok, receive: open},
		{why: "subdomain of an exact domain", d: rcptTo("a@x.contoso.com", 0), current: denied, old: old, receive: open},
		{why: "foreign domain", d: rcptTo("a@fabrikam.com", 0), current: denied, old: old, receive: open},
		{why: "foreign domain with the grant", d: rcptTo("a@fabrikam.com", 0), current: ok, receive: relay},
		{why: "no Submit", d: rcptTo("a@contoso.com", 0), old: "530 5.7.1 Client was not authenticated",
			current: "530 5.7.57 SMTP; Client was not authenticated to send anonymous mail during MAIL FROM"},
		{why: "last recipient", d: rcptTo("a@contoso.com", 1), current: ok, receive: few},
		{why: "one more", d: rcptTo("a@contoso.com", 2), current: "452 4.5.3 Too many recipients", receive: few},
		{why: "organisation's limit", d: rcptTo("a@contoso.com", 1), current: "550 5.5.3 Too many recipients",
			receive: few, transport: connector.Transport{MaxRecipientEnvelopeLimit: 1}},
		{why: "count comes first", d: rcptTo("a@fabrikam.com", 2), current: "452 4.5.3 Too many recipients", receive: few},
		{why: ".test", d: rcptTo("a@x.test", 0), current: "550 5.1.4 " + rfc, receive: strict},
		{why: "localhost", d: rcptTo("a@localhost", 0), current: "550 5.1.4 " + rfc, receive: strict},
		{why: "example.com", d: rcptTo("a@example.com", 0), current: "550 5.1.5 " + rfc, receive: strict},
		{why: "below example.org", d: rcptTo("a@b.example.org", 0), current: "550 5.1.5 " + rfc, receive: strict},
		{why: "not example.com", d: rcptTo("a@myexample.com", 0), current: ok, receive: strict},
		{why: "single label", d: rcptTo("a@intranet", 0), current: "550 5.1.6 Recipient addresses in single label domains not accepted", receive: strict},
		{why: "reserved ones pass by default", d: rcptTo("a@example.com", 0), current: ok, receive: relay},
	}
	for _, r := range rows {
		r.check(t)
	}
}

func TestEnd(t *testing.T) {
	message := func(m connector.Message) func(*connector.Inbound) connector.Decision {
		return func(in *connector.Inbound) connector.Decision { return in.Open(auth.Channel{}, nil).Message(m) }
	}
	const (
		ok   = "250 2.6.0 Queued mail for delivery"
		hops = "554 5.4.6 Hop count exceeded - possible mail loop"
	)
	limits := connector.Receive{
		PermissionGroups: groups(anonymous),
		MaxHeaderSize:    1 * param.KB, MaxMessageSize: 1 * param.MB,
		MaxHopCount: 10, MaxLocalHopCount: param.Value(2),
	}
	uncounted := limits
	uncounted.MaxLocalHopCount = param.Value(0)
	rows := []replyCase{
		{why: "all at the limit", d: message(connector.Message{HeaderSize: 1 << 10, Size: 1 << 20, Hops: 10, LocalHops: 2}), current: ok, receive: limits},
		{why: "header", d: message(connector.Message{HeaderSize: 1<<10 + 1, Size: 1<<20 + 1}),
			current: "552 5.3.4 Message header size exceeds fixed maximum size", receive: limits},
		{why: "size", d: message(connector.Message{Size: 1<<20 + 1, Hops: 11}),
			current: "552 5.3.4 Message size exceeds fixed maximum message size", receive: limits},
		{why: "hops", d: message(connector.Message{Hops: 11}), current: hops, receive: limits},
		{why: "local hops", d: message(connector.Message{Hops: 3, LocalHops: 3}), current: hops, receive: limits},
		{why: "local hops uncounted", d: message(connector.Message{Hops: 9, LocalHops: 9}), current: ok, receive: uncounted},
	}
	for _, r := range rows {
		r.check(t)
	}
}

func TestHelloTLSAuth(t *testing.T) {
	hello := func(name string) func(*connector.Inbound) connector.Decision {
		return func(in *connector.Inbound) connector.Decision { return in.Open(auth.Channel{}, nil).Hello(name) }
	}
	try := func(mechanism string, tls bool) func(*connector.Inbound) connector.Decision {
		return func(in *connector.Inbound) connector.Decision {
			return in.Open(auth.Channel{TLS: tls}, nil).Auth(mechanism)
		}
	}
	startTLS := func(tls bool) func(*connector.Inbound) connector.Decision {
		return func(in *connector.Inbound) connector.Decision { return in.Open(auth.Channel{TLS: tls}, nil).StartTLS() }
	}
	const (
		ok         = "250 Hello"
		notOffered = "504 5.7.4 Unrecognized authentication type"
	)
	named := connector.Receive{RequireEHLODomain: true}
	secure := connector.Receive{AuthMechanism: mechanisms(basic), PermissionGroups: groups(users)}
	clear := connector.Receive{AuthMechanism: mechanisms(auth.TLS | auth.BasicAuth), PermissionGroups: groups(users)}
	required := clear
	required.RequireTLS = true
	external := connector.Receive{AuthMechanism: mechanisms(auth.ExternalAuthoritative), PermissionGroups: groups(permission.ExchangeServers)}
	rows := []replyCase{
		{why: "name", d: hello("mail.example.net"), current: ok},
		{why: "name with underscore", d: hello("my_pc"), current: ok},
		{why: "literal", d: hello("[192.0.2.1]"), current: ok},
		{why: "IPv6 literal", d: hello("[IPv6:2001:db8::1]"), current: ok},
		{why: "no name", d: hello(""), current: ok},
		{why: "no name where one is required", d: hello(""), current: "501 5.0.0 HELO/EHLO requires domain address", receive: named},
		{why: "literal where a name is required", d: hello("[192.0.2.1]"), current: ok, receive: named},
		{why: "what devices call themselves", d: hello("Amy's copier (1)"), current: ok},
		{why: "line end", d: hello("a\r\nMAIL"), current: "500 5.5.2 Syntax error, illegal character in command"},
		{why: "not ASCII", d: hello("b\u00fccher.example"), current: ok},

		{why: "STARTTLS", d: startTLS(false), current: "220 2.0.0 SMTP server ready"},
		{why: "STARTTLS twice", d: startTLS(true), current: "500 5.3.3 Unrecognized command"},
		{why: "STARTTLS not offered", d: startTLS(false), current: "500 5.3.3 Unrecognized command", receive: external},

		{why: "LOGIN under TLS", d: try("LOGIN", true), current: "334", receive: secure},
		{why: "plain, in small letters", d: try("plain", true), current: "334", receive: secure},
		{why: "LOGIN before TLS", d: try("LOGIN", false), current: notOffered, receive: secure},
		{why: "LOGIN in the clear where that is allowed", d: try("LOGIN", false), current: "334", receive: clear},
		{why: "LOGIN before TLS where TLS is required", d: try("LOGIN", false), current: "530 5.7.0 Must issue a STARTTLS command first", receive: required},
		{why: "another mechanism", d: try("CRAM-MD5", true), current: notOffered, receive: secure},
		{why: "no mechanism on the connector", d: try("LOGIN", true), current: notOffered},
		{why: "Externally Secured", d: try("LOGIN", true), current: notOffered, receive: external},
	}
	for _, r := range rows {
		r.check(t)
	}
	if d := hello("")(one(t, permission.Current, named, connector.Transport{})); d.Verdict != connector.Close {
		t.Errorf("a missing domain does not close the connection: %v", d)
	}
}
