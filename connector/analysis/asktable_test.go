package analysis_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// asked is a policy with printers that log on, scanners that relay from their network, and
// partners.
func asked() connector.Config {
	return connector.Config{
		Accepted:  []routing.AcceptedDomain{{DomainName: "contoso.com", DomainType: routing.Authoritative}},
		Transport: connector.Transport{TLSReceiveDomainSecureList: []string{"bank.org"}},
		Receive: []connector.Receive{{
			Name: "Clients", Bindings: bindings("0.0.0.0:587"), RemoteIPRanges: ranges("10.0.0.0/8"),
			AuthMechanism:    param.Value(auth.TLS | auth.BasicAuth | auth.BasicAuthRequireTLS),
			PermissionGroups: param.Value(permission.ExchangeUsers), MaxMessageSize: 25 * param.MB, RequireTLS: true,
			Permissions: []permission.Grant{
				allow(permission.NameSID("printers"), permission.AcceptAnySender, permission.AcceptAuthoritativeDomainSender),
				{To: permission.NameSID("interns"), Deny: permission.SetOf(permission.AcceptAnyRecipient)},
			},
		}, {
			Name: "Scanners", Bindings: bindings("0.0.0.0:25"), RemoteIPRanges: ranges("10.2.9.0/24"), SizeEnabled: param.SizeDisabled,
			PermissionGroups: param.Value(permission.AnonymousUsers), MaxMessageSize: 50 * param.MB,
			Permissions:    []permission.Grant{allow(permission.SIDAnonymous, permission.AcceptAnyRecipient, permission.AcceptAuthoritativeDomainSender)},
			AllowedSenders: []param.Sender{param.MustParseSender("user@contoso.com"), param.MustParseSender("@fabrikam.com"), param.MustParseSender("@zzz.org")},
		}, {
			Name: "Internet", Bindings: bindings("0.0.0.0:25"), RemoteIPRanges: ranges("0.0.0.0-255.255.255.255"), DomainSecureEnabled: true,
			AuthMechanism: param.Value(auth.TLS), PermissionGroups: param.Value(permission.AnonymousUsers | permission.Partners),
			Permissions: []permission.Grant{{To: permission.SIDAnonymous, Deny: permission.SetOf(permission.AcceptAuthoritativeDomainSender)}},
		}},
		Send: []connector.Send{
			{Name: "Out", AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace("*")}, MaxMessageSize: 30 * param.MB},
			{Name: "Mailboxes", AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace("contoso.com")}, RequireTLS: true, MaxMessageSize: param.UnlimitedSize},
		},
	}
}

// TestAsk: answers, in words, with the session that shows them.
func TestAsk(t *testing.T) {
	p := compile(t, asked())
	for _, row := range []struct {
		question, text, session string
	}{
		{"-local 192.0.2.1:25 -remote 192.0.2.9 always logs-on", "no: a session doesn't log on: it has no user", ""},
		{"-local 192.0.2.1:587 -remote 10.1.0.0/16 -as printers -tls -to contoso.com -size 20MB always accepted", "yes: every such session is accepted", ""},
		{
			"-local 192.0.2.1:587 -remote 10.1.0.0/16 -as printers -tls -size 20MB always accepted",
			"no: a session isn't accepted: RCPT TO:<user@host.elsewhere> is refused: 550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain",
			"10.1.0.1 192.0.2.1:587 tls [Authenticated Users printers interns] <> user@host.elsewhere 0",
		},
		{
			"-local 192.0.2.1:587 -remote 10.1.0.0/16 -as printers -tls -to contoso.com -size 26MB always accepted",
			"no: a session isn't accepted: MAIL FROM:<> is refused: 552 5.3.4 Message size exceeds fixed maximum message size",
			"10.1.0.1 192.0.2.1:587 tls [Authenticated Users printers] <> user@contoso.com 26214401",
		},
		{
			"-local 192.0.2.1:587 -remote 10.1.0.0/16 -as printers -to contoso.com always accepted",
			"no: a session isn't accepted: AUTH LOGIN is refused: 530 5.7.0 Must issue a STARTTLS command first",
			"10.1.0.1 192.0.2.1:587 clear [Authenticated Users printers] <> user@contoso.com 0",
		},
		{"-clear never logs-on", "yes: no such session logs on", ""},
		{"-as interns never relays", "yes: no such session relays", ""},
		{"-as anonymous -remote 11.0.0.0-255.255.255.255 never relays", "yes: no such session relays", ""},
		{"-as anonymous never relays", "no: a session relays", "10.2.9.1 192.0.2.1:25 clear [] <> user@host.elsewhere 0"},
		{"-remote 11.0.0.0-255.255.255.255 -from contoso.com never sends", "yes: no such session may send", ""},
		{"-remote 10.2.9.0/24 -local 192.0.2.1:25 -from user@contoso.com,*.fabrikam.com always sends", "no: a session may not send: MAIL FROM:<user2@host.fabrikam.com> is refused: 550 5.7.1 Anonymous client does not have permissions to send as this sender", ""},
		{"-remote 10.2.9.0/24 -local 192.0.2.1:25 -as anonymous -from user@contoso.com,fabrikam.com always sends", "yes: every such session may send", ""},
		{"-remote 10.2.9.0/24 -local 192.0.2.1:25 -from contoso.com sometimes sends", "yes: a session may send", "10.2.9.1 192.0.2.1:25 clear [] user@contoso.com user@host.elsewhere 0"},
		{"-connector Scanners -as anonymous -from a.org,b.org,zzz.org sometimes sends", "yes: a session may send", "10.2.9.1 192.0.2.1:25 clear [] user2@zzz.org user@host.elsewhere 0"},
		// The size isn't declared, so the route is known to be too small only after the message.
		{"-connector scanners -from <> -to fabrikam.com -size 40MB always accepted", "no: a session isn't accepted: DATA is refused: 552", "10.2.9.1 192.0.2.1:25 clear [] <> user@fabrikam.com 31457281"},
		{"-connector Internet -as certificate -own -from bank.org always sends", "yes: every such session may send", ""},
		{"-as certificate -from bank.org -others sometimes sends", "undecided: the question is about no session", ""},
		{"-connector Internet -as certificate:bank.org sometimes relays", "no: no such session relays", ""},
		{"-as certificate -connector Clients always sends", "no: a session may not send", ""},
		{"-to contoso.com always encrypted", "yes: every such session leaves only with TLS", ""},
		{"-to *.contoso.com -size 1MB sometimes unencrypted", "yes: a session may leave without TLS", ""},
		{"-local 192.0.2.1:25 -remote 10.2.9.0/24 -from <>,fabrikam.com -to contoso.com always accepted", "yes: every such session is accepted", ""}, // AUTH isn't offered
		{"-local 192.0.2.1:25 -remote 10.2.9.0/24 -as printers -to contoso.com always accepted", "no: a session isn't accepted: AUTH LOGIN is refused: 504", ""},
		{"-connector Scanners -clear -own sometimes sends", "undecided: the question is about no session: no client can log on here, or show a certificate that names the senders", ""},
		{"-local 192.0.2.1:465 sometimes served", "undecided: the question is about no session: no Receive connector has a binding", ""},
		{"-local 192.0.2.1:587 -remote 10.0.0.0/8 always served by clients", "yes: every such session is served by clients", ""},
		{"always served by Elsewhere", `undecided: this server has no Receive connector "Elsewhere"`, ""},
		{"-connector Elsewhere always served", `undecided: this server has no Receive connector "Elsewhere"`, ""},
		{"-local [::]:25 always served", "undecided: the question is about no session: no Receive connector has a binding", ""},
		{"-connector Clients -tls never offered AUTH LOGIN", "no: a session is offered AUTH LOGIN", ""},
		{"-connector Clients -clear never offered AUTH", "yes: no such session is offered AUTH", ""},
		{"-connector Scanners always offered PIPELINING", "yes: every such session is offered PIPELINING", ""},
		{"-connector Scanners -with-connector Clients disjoint served", "yes: no session is served under both", ""},
		{"-connector Scanners -with-connector Internet implies served", "yes: every session that is served under the first also is served under the second", ""},
		{"-connector Internet -with-connector Scanners implies served", "no: a session is served under the first and isn't served under the second", ""},
		{"disjoint accepted", "undecided: disjoint compares two policies or two connectors", ""},
	} {
		got := analysis.Ask(p, analysis.MustParseQuestion(row.question))
		text := map[bool]string{true: "yes: ", false: "no: "}[got.Holds] + got.Text
		if got.Undecided != "" {
			text = "undecided: " + got.Undecided
		}
		if !strings.HasPrefix(text, row.text) {
			t.Errorf("%s\n got %s\nwant %s", row.question, text, row.text)
		}
		if row.session != "" && (got.Witness == nil || sessionText(*got.Witness) != row.session) {
			t.Errorf("%s\n got %s\nwant %s", row.question, sessionText(*got.Witness), row.session)
		}
	}
}

// sessionText describes a session.
func sessionText(d connector.Dialog) string {
	var groups []string
	if d.User != nil {
		for _, sid := range d.User.SIDs {
			groups = append(groups, strings.TrimPrefix(sid.Name(), `NT AUTHORITY\`))
		}
	}
	from := d.From.String()
	if d.From.IsNull() {
		from = "<>"
	}
	return fmt.Sprint(d.Remote, " ", d.Local, " ", map[bool]string{true: "tls", false: "clear"}[d.TLS], " ", groups, " ", from, " ", d.To[0], " ", d.Size)
}

// TestAskBoth compares policies, and connectors of two policies.
func TestAskBoth(t *testing.T) {
	p := compile(t, asked())
	cfg := asked()
	cfg.Receive[1].RemoteIPRanges = ranges("10.2.9.0/25")
	narrower := compile(t, cfg)
	for question, want := range map[string]bool{
		"-local 192.0.2.1:25 implies relays":                                             false,
		"-local 192.0.2.1:587 equivalent accepted":                                       true,
		"-remote 10.2.9.0/25 equivalent relays":                                          true,
		"-remote 10.2.9.128/25 -as anonymous disjoint relays":                            true,
		"-connector Scanners implies served":                                             false,
		"-connector Scanners -with-connector Internet -remote 10.0.0.0/8 implies served": true,
	} {
		if got := analysis.AskBoth(p, narrower, analysis.MustParseQuestion(question)); got.Holds != want || got.Undecided != "" {
			t.Errorf("%s: got %+v", question, got)
		}
	}
	if got := analysis.AskBoth(p, p, analysis.MustParseQuestion("always accepted")); got.Undecided == "" {
		t.Errorf("got %+v", got)
	}
}

// TestAskNotes: a group that no grant names is pointed out.
func TestAskNotes(t *testing.T) {
	p := compile(t, asked())
	got := analysis.Ask(p, analysis.MustParseQuestion("-as prinetrs -tls -connector Clients never relays"))
	if got.Holds || len(got.Notes) != 1 || got.Notes[0] != "no grant names prinetrs, so its members are users like any others" {
		t.Errorf("got %+v", got)
	}
	if got := analysis.Ask(p, analysis.MustParseQuestion("-as printers never relays")); len(got.Notes) != 0 {
		t.Errorf("got %+v", got)
	}
}

// TestAskUnlisted: of two domains that a policy doesn't tell apart, one is named by the
// certificate that is asked about, and the other isn't.
func TestAskUnlisted(t *testing.T) {
	cfg := asked()
	cfg.Transport.TLSReceiveDomainSecureList = []string{"a.org", "b.org"}
	got := analysis.Ask(compile(t, cfg), analysis.MustParseQuestion("-connector Internet -as certificate:a.org -from a.org,b.org -others sometimes sends"))
	if got.Holds || got.Undecided != "" {
		t.Errorf("got %+v", got)
	}
}

// TestAskClearWhereTLSBegins: a connection in the clear to a port where TLS comes first ends at once.
func TestAskClearWhereTLSBegins(t *testing.T) {
	cfg := asked()
	cfg.Receive[2].Bindings = bindings("0.0.0.0:465")
	p := compile(t, cfg)
	for question, want := range map[string]string{
		"-local 192.0.2.1:465 -clear always served":                        "a session isn't served: the connection has to begin with TLS",
		"-local 192.0.2.1:465 -clear sometimes served":                     "no such session is served",
		"-local 192.0.2.1:465 -clear -to contoso.com always accepted":      "a session isn't accepted: the connection has to begin with TLS",
		"-local 192.0.2.1:465 -as anonymous -to contoso.com always relays": "a session doesn't relay",
	} {
		if got := analysis.Ask(p, analysis.MustParseQuestion(question)); got.Text != want && want != "" {
			t.Errorf("%s: got %s", question, got.Text)
		}
	}
}

// TestAskCertificate: a client with a certificate who has logged on is a user.
func TestAskCertificate(t *testing.T) {
	cfg := asked()
	cfg.Receive[0].DomainSecureEnabled = true
	p := compile(t, cfg)
	for question, want := range map[string]bool{
		"-connector Clients -as certificate never relays":                                          true,
		"-connector Clients -as S-1-9-1419165041-1139599005-3936102811-1022490595-10 never relays": true,
		`-connector Clients -as "Authenticated Users" never relays`:                                false,
		"-connector Clients never relays":                                                          false,
	} {
		if got := analysis.Ask(p, analysis.MustParseQuestion(question)); got.Undecided != "" || got.Holds != want {
			t.Errorf("%s: got %+v", question, got)
		}
	}
	if got := analysis.Ask(p, analysis.Question{As: "Anonymous", Claim: analysis.ClaimNever, Property: analysis.PropertyLogsOn}); !got.Holds || len(got.Notes) > 0 {
		t.Errorf("a user was asked about: %+v", got)
	}
}
