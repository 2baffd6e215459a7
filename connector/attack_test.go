package connector_test

import (
	"net/netip"
	"reflect"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// TestNoRelayByAddress writes foreign recipients in every way that has fooled
// a relay. Each must be refused by the parser or by the decision, unless it
// really is in an accepted domain, in which case it must print as such.
func TestNoRelayByAddress(t *testing.T) {
	in := one(t, permission.Current, connector.Receive{PermissionGroups: groups(anonymous)}, connector.Transport{})
	s := in.Open(auth.Channel{}, nil)
	foreign := []string{
		"victim@fabrikam.com",
		"victim@FABRIKAM.com",
		"victim%fabrikam.com@contoso.com",
		"fabrikam.com!victim@contoso.com",
		`"victim@fabrikam.com"@contoso.com`,
		`"victim%fabrikam.com"@CONTOSO.com`,
		`"victim\@fabrikam.com"@contoso.com`,
		"victim@fabrikam.com@contoso.com",
		"@contoso.com:victim@fabrikam.com",
		"victim@contoso.com.fabrikam.com",
		"victim@fabrikam.com.contoso.com.",
		"victim@xcontoso.com",
		"victim@sub.contoso.com",
		"victim@contoso.com ",
		"victim@contoso.com\x00.fabrikam.com",
		"victim@conto\u017fo.com",              // folds to contoso.com by Unicode
		"victim@c\u043entoso.com",              // Cyrillic o
		"victim@contoso\u3002com.fabrikam.com", // ideographic full stop
		"victim@[192.0.2.1]",
		"victim@[IPv6:2001:db8::1]",
		"victim@[contoso.com]",
		"victim@192.0.2.1",
		"victim@relay.example@fabrikam.com",
		"victim@xrelay.example",
		"victim@com",
		"victim@.contoso.com",
		"@contoso.com",
		"victim",
		"",
	}
	for _, text := range foreign {
		a, err := routing.ParseAddress(text)
		if err != nil {
			continue
		}
		d := s.Rcpt(connector.Rcpt{To: a})
		if !d.Allowed() {
			continue
		}
		if domain := a.Domain().String(); domain != "contoso.com" || a.HasRouting() {
			t.Errorf("%q passes as %s", text, a)
		}
	}
	for _, ours := range []string{"a@contoso.com", "a@CONTOSO.COM", `"a b"@contoso.com`} {
		if d := s.Rcpt(connector.Rcpt{To: addr(ours)}); !d.Allowed() {
			t.Errorf("%s: %v", ours, d)
		}
	}
	routed := s.Rcpt(connector.Rcpt{To: addr("victim%fabrikam.com@contoso.com")})
	if routed.Reason != reply.RoutedRecipient || routed.Reply().String() != "550 5.7.1 Unable to relay" {
		t.Errorf("percent hack: %v, %s", routed, routed.Reply())
	}
}

// TestRoutedRecipientWithRight lets those who may relay anyway use such
// addresses: they gain nothing by them.
func TestRoutedRecipientWithRight(t *testing.T) {
	in := one(t, permission.Current, connector.Receive{PermissionGroups: groups(anonymous),
		Permissions: []permission.Grant{allow(permission.SIDAnonymous, permission.AcceptAnyRecipient)}}, connector.Transport{})
	if d := in.Open(auth.Channel{}, nil).Rcpt(connector.Rcpt{To: addr("a%fabrikam.com@contoso.com")}); !d.Allowed() {
		t.Error(d)
	}
}

func TestDenyBeatsAllow(t *testing.T) {
	relay := permission.AcceptAnyRecipient
	group := permission.NameSID(`CONTOSO\Contractors`)
	in := one(t, permission.Current, connector.Receive{
		AuthMechanism: mechanisms(basic), PermissionGroups: groups(users | anonymous),
		Permissions: []permission.Grant{
			deny(permission.SIDAnonymous, relay), allow(permission.SIDAnonymous, relay), deny(group, relay),
		},
	}, connector.Transport{})
	to := connector.Rcpt{To: addr("victim@fabrikam.com")}
	if d := in.Open(auth.Channel{}, nil).Rcpt(to); d.Reason != reply.RelayDenied {
		t.Errorf("anonymous: %v", d)
	}
	if d := login(t, in, user("ann@contoso.com")).Rcpt(to); !d.Allowed() {
		t.Errorf("user: %v", d)
	}
	if d := login(t, in, user("bob@contoso.com", group)).Rcpt(to); d.Reason != reply.RelayDenied {
		t.Errorf("user in a denied group: %v", d)
	}
}

// TestAnonymousGrantsNotInherited logs on to a connector that gives relaying
// to anonymous sessions only, as a verifier that lies about it would, too.
func TestAnonymousGrantsNotInherited(t *testing.T) {
	in := one(t, permission.Current, connector.Receive{
		AuthMechanism: mechanisms(basic), PermissionGroups: groups(users | anonymous),
		Permissions: []permission.Grant{
			allow(permission.SIDAnonymous, permission.AcceptAnyRecipient, permission.BypassMessageSizeLimit),
			deny(permission.SIDAuthenticatedUsers, permission.AcceptAnyRecipient),
		},
	}, connector.Transport{})
	for _, id := range []auth.Identity{
		user("ann@contoso.com"),
		user("ann@contoso.com", permission.SIDAnonymous),
		{Principal: permission.Principal{Name: "ann", SIDs: []permission.SID{permission.SIDAnonymous}}},
	} {
		s := login(t, in, id)
		if s.Identity().Is(permission.SIDAnonymous) || s.Rights().Has(permission.BypassMessageSizeLimit) || s.Rights().Has(permission.AcceptAnySender) {
			t.Errorf("%v inherits from anonymous: %v", id, s.Rights())
		}
		if d := s.Rcpt(connector.Rcpt{To: addr("victim@fabrikam.com")}); d.Allowed() {
			t.Errorf("%v relays", id)
		}
		if !s.Identity().Is(permission.SIDAuthenticatedUsers) {
			t.Errorf("%v is no authenticated user", id)
		}
	}
}

func TestLogin(t *testing.T) {
	both := connector.Receive{AuthMechanism: mechanisms(basic), PermissionGroups: groups(users | anonymous)}
	in := one(t, permission.Current, both, connector.Transport{})
	anonymousOnly := one(t, permission.Current,
		connector.Receive{AuthMechanism: mechanisms(basic), PermissionGroups: groups(anonymous)}, connector.Transport{})
	required := both
	required.RequireTLS = true
	tls := auth.Channel{TLS: true}
	ann := user("ann@contoso.com")
	once, _ := in.Open(tls, nil).Login(ann)
	tests := []struct {
		why  string
		s    connector.Session
		id   auth.Identity
		want string
	}{
		{"right", in.Open(tls, nil), ann, "235 2.7.0 Authentication successful"},
		{"zero identity", in.Open(tls, nil), auth.Identity{}, "535 5.7.3 Authentication unsuccessful"},
		{"anonymous by SID", in.Open(tls, nil), auth.Identity{Principal: permission.Principal{SIDs: []permission.SID{permission.SIDAnonymous}}},
			"535 5.7.3 Authentication unsuccessful"},
		{"no Submit for users", anonymousOnly.Open(tls, nil), ann, "535 5.7.3 Authentication unsuccessful"},
		{"twice, as another", once, user("bob@contoso.com"), "503 5.5.1 Bad sequence of commands"},
		{"before required TLS", one(t, permission.Current, required, connector.Transport{}).Open(auth.Channel{}, nil), ann,
			"530 5.7.0 Must issue a STARTTLS command first"},
	}
	for _, tt := range tests {
		next, d := tt.s.Login(tt.id)
		if got := d.Reply().String(); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.why, got, tt.want)
		}
		if !d.Allowed() && !reflect.DeepEqual(next, tt.s) {
			t.Errorf("%s: a refused login changes the session", tt.why)
		}
	}
}

// TestLoginCopies changes an identity after Login took it.
func TestLoginCopies(t *testing.T) {
	in := one(t, permission.Current, connector.Receive{AuthMechanism: mechanisms(basic), PermissionGroups: groups(users)}, connector.Transport{})
	id := user("ann@contoso.com")
	s := login(t, in, id)
	id.Addresses[0] = addr("ceo@contoso.com")
	id.SIDs[0] = permission.SIDHubServers
	if d := s.Mail(connector.Mail{From: addr("ceo@contoso.com")}); d.Allowed() || s.Identity().Is(permission.SIDHubServers) {
		t.Error("the session changed with the caller's slices")
	}
}

// TestLoginOnExternallySecured checks that AUTH is not offered there and that
// a login leaves the session its rights.
func TestLoginOnExternallySecured(t *testing.T) {
	in := one(t, permission.Current, connector.Receive{
		AuthMechanism: mechanisms(auth.TLS | auth.ExternalAuthoritative), PermissionGroups: groups(permission.ExchangeServers | users),
	}, connector.Transport{})
	s := in.Open(auth.Channel{TLS: true}, nil)
	if s.SASL() != nil || !s.Authenticated() || !s.Identity().Is(permission.SIDExternallySecured) {
		t.Errorf("session of %v offers %v", s.Identity(), s.SASL())
	}
	if next, d := s.Login(user("ann@contoso.com")); !reflect.DeepEqual(next, s) || d.Reason != reply.MechanismNotOffered {
		t.Errorf("Login: %v", d)
	}
}

// TestPartner attacks domain security: it takes TLS, the mechanism, the
// setting, and the very name.
func TestPartner(t *testing.T) {
	secured := connector.Receive{
		AuthMechanism: mechanisms(auth.TLS), PermissionGroups: groups(permission.Partners | anonymous), DomainSecureEnabled: true,
	}
	unset := secured
	unset.DomainSecureEnabled = false
	lists := connector.Transport{TLSReceiveDomainSecureList: []string{"partner.example", "other.example"}}
	tests := []struct {
		why     string
		receive connector.Receive
		ch      auth.Channel
		from    string
		partner bool
		ok      bool
	}{
		{"proven", secured, auth.Channel{TLS: true, PeerNames: []string{"x.example", "Partner.Example."}}, "a@partner.example", true, true},
		{"proven, as another secured domain", secured, auth.Channel{TLS: true, PeerNames: []string{"partner.example"}}, "a@other.example", true, false},
		{"proven, as an unsecured domain", secured, auth.Channel{TLS: true, PeerNames: []string{"partner.example"}}, "a@example.net", true, false},
		{"no TLS", secured, auth.Channel{PeerNames: []string{"partner.example"}}, "a@partner.example", false, false},
		{"no certificate", secured, auth.Channel{TLS: true}, "a@partner.example", false, false},
		{"no certificate, unsecured domain", secured, auth.Channel{TLS: true}, "a@example.net", false, true},
		{"wildcard certificate", secured, auth.Channel{TLS: true, PeerNames: []string{"*.example", "*"}}, "a@partner.example", false, false},
		{"host below the domain", secured, auth.Channel{TLS: true, PeerNames: []string{"mail.partner.example"}}, "a@partner.example", false, false},
		{"name with the domain as its start", secured, auth.Channel{TLS: true, PeerNames: []string{"partner.example.net"}}, "a@partner.example", false, false},
		{"not enabled", unset, auth.Channel{TLS: true, PeerNames: []string{"partner.example"}}, "a@partner.example", false, true},
	}
	for _, tt := range tests {
		s := one(t, permission.Current, tt.receive, lists).Open(tt.ch, nil)
		if got := s.Identity().Is(permission.SIDPartners); got != tt.partner {
			t.Errorf("%s: the session is %v", tt.why, s.Identity())
		}
		if d := s.Mail(connector.Mail{From: addr(tt.from)}); d.Allowed() != tt.ok {
			t.Errorf("%s: MAIL from %s: %v", tt.why, tt.from, d)
		}
	}
}

// TestMappedAddressIsNoWayIn comes as IPv4-mapped IPv6 to a connector that
// only one IPv4 address may use.
func TestMappedAddressIsNoWayIn(t *testing.T) {
	p := compile(t, guide(permission.Current))
	trusted := p.Select(at("10.2.3.4:25"), ip("192.168.5.77"), nil)
	for _, remote := range []string{"192.168.5.78", "::ffff:192.168.5.78", "::192.168.5.77", "64:ff9b::192.168.5.77", "::ffff:0:192.168.5.77"} {
		if p.Select(at("10.2.3.4:25"), ip(remote), nil) == trusted {
			t.Errorf("%s is taken for 192.168.5.77", remote)
		}
	}
	if p.Select(netip.MustParseAddrPort("[::ffff:10.2.3.4]:25"), ip("::ffff:192.168.5.77"), nil) != trusted {
		t.Error("the mapped form of the right addresses is not recognised")
	}
}
