package connector_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

func senders(texts ...string) []param.Sender {
	var all []param.Sender
	for _, text := range texts {
		all = append(all, param.MustParseSender(text))
	}
	return all
}

// devices is a connector for devices, some of which log on.
func devices(r connector.Receive) connector.Receive {
	r.AuthMechanism = mechanisms(auth.TLS | auth.BasicAuth)
	r.PermissionGroups = groups(permission.AnonymousUsers | permission.ExchangeUsers)
	return r
}

// TestSenderRules: which senders pass, and as which sender and author the message goes on.
// A sender that is replaced needs no right; <> is never replaced.
func TestSenderRules(t *testing.T) {
	const scanner = "scanner@contoso.com"
	list := senders("@contoso.com", "copier@fabrikam.com")
	for _, tc := range []struct {
		name    string
		receive connector.Receive
		user    bool   // ann@contoso.com has logged on
		from    string // of MAIL and the header
		want    reply.Reason
		sender  string // of the message as it goes on
		author  string // "": From stays
	}{
		{"without rules", connector.Receive{}, false, "root@printer.local", reply.SenderOK, "root@printer.local", ""},
		{"listed domain", connector.Receive{AllowedSenders: list}, false, "a@contoso.com", reply.SenderOK, "a@contoso.com", ""},
		{"listed address", connector.Receive{AllowedSenders: list}, false, "COPIER@fabrikam.com", reply.SenderOK, "COPIER@fabrikam.com", ""},
		{"not listed", connector.Receive{AllowedSenders: list}, false, "ceo@fabrikam.com", reply.SenderNotAllowed, "", ""},
		{"list and user", connector.Receive{AllowedSenders: senders("x@contoso.com")}, true, "ann@contoso.com", reply.SenderOK, "ann@contoso.com", ""},
		{"list gives users nothing", connector.Receive{AllowedSenders: list}, true, "copier@fabrikam.com", reply.SendAsDenied, "", ""},
		{"all are replaced", connector.Receive{RewriteSender: scanner, RewriteFrom: scanner}, false, "root@printer.local", reply.SenderOK, scanner, scanner},
		{"replaced by itself", connector.Receive{RewriteSender: scanner, RewriteFrom: scanner}, false, scanner, reply.SenderOK, scanner, ""},
		{"listed, so not replaced", connector.Receive{AllowedSenders: list, RewriteSender: scanner, RewriteFrom: scanner}, false, "ann@contoso.com", reply.SenderOK, "ann@contoso.com", ""},
		{"not listed, so replaced", connector.Receive{AllowedSenders: list, RewriteSender: scanner, RewriteFrom: scanner}, false, "root@printer.local", reply.SenderOK, scanner, scanner},
		{"user's own", connector.Receive{RewriteSender: scanner, RewriteFrom: scanner}, true, "ann@contoso.com", reply.SenderOK, "ann@contoso.com", ""},
		{"not the user's", connector.Receive{RewriteSender: scanner, RewriteFrom: scanner}, true, "root@printer.local", reply.SenderOK, scanner, scanner},
		{"only MAIL", connector.Receive{RewriteSender: scanner}, false, "root@printer.local", reply.SenderOK, scanner, ""},
		{"null sender", connector.Receive{AllowedSenders: list, RewriteSender: scanner, RewriteFrom: scanner}, false, "", reply.SenderOK, "", ""},
	} {
		in := one(t, permission.Current, devices(tc.receive), connector.Transport{})
		s := in.Open(auth.Channel{TLS: true}, nil)
		if tc.user {
			s, _ = s.Login(user("ann@contoso.com"))
		}
		var from routing.Address
		var authors []routing.Address
		if tc.from != "" {
			from = addr(tc.from)
			authors = append(authors, from)
		}
		if d := s.Mail(connector.Mail{From: from}); d.Reason != tc.want {
			t.Errorf("%s: MAIL is %v, want %v", tc.name, d.Reason, tc.want)
		}
		if got := s.SenderOf(from).String(); tc.want == reply.SenderOK && got != tc.sender {
			t.Errorf("%s: the sender is %q, want %q", tc.name, got, tc.sender)
		}
		if tc.from == "" {
			continue
		}
		if d := s.Authors(authors, true); d.Reason != tc.want {
			t.Errorf("%s: the author is %v, want %v", tc.name, d.Reason, tc.want)
		}
		if got := s.FromOf(authors, true).String(); got != tc.author {
			t.Errorf("%s: From becomes %q, want %q", tc.name, got, tc.author)
		}
		if tc.author != "" && (!s.ChecksAuthors() || s.FromOf(nil, false).String() != tc.author || s.FromOf(append(authors, addr(scanner)), true).String() != tc.author) {
			t.Errorf("%s: unreadable authors, or one of two, stay", tc.name)
		}
	}
}

// TestSenderRulesOfServers: rules for devices don't concern trusted servers and partners.
func TestSenderRulesOfServers(t *testing.T) {
	r := connector.Receive{RewriteSender: "scanner@contoso.com", RewriteFrom: "scanner@contoso.com", AllowedSenders: senders("scanner@contoso.com"),
		AuthMechanism: mechanisms(auth.ExternalAuthoritative), PermissionGroups: groups(permission.ExchangeServers)}
	from := addr("ceo@fabrikam.com")
	external := one(t, permission.Current, r, connector.Transport{}).Open(auth.Channel{}, nil)
	r.AuthMechanism, r.PermissionGroups, r.DomainSecureEnabled = mechanisms(auth.TLS), groups(permission.Partners|permission.AnonymousUsers), true
	partner := one(t, permission.Current, r, connector.Transport{TLSReceiveDomainSecureList: []string{"partner.test"}}).
		Open(auth.Channel{TLS: true, PeerNames: []string{"partner.test"}}, nil)
	if !external.Mail(connector.Mail{From: from}).Allowed() || external.SenderOf(from) != from || external.FromOf([]routing.Address{from}, true).IsValid() {
		t.Error("the senders of an Externally Secured server are restricted or replaced")
	}
	if own := addr("a@partner.test"); !partner.Mail(connector.Mail{From: own}).Allowed() || partner.SenderOf(own) != own || partner.FromOf([]routing.Address{own}, true).IsValid() {
		t.Error("the senders of a partner are restricted or replaced")
	}
	if partner.Mail(connector.Mail{From: from}).Allowed() {
		t.Error("a partner sends as others")
	}
	var zero connector.Session
	if zero.SenderOf(from) != from || zero.FromOf(nil, false).IsValid() || zero.SendRights(from).Allowed() {
		t.Error("the zero Session replaces a sender, or allows one")
	}
}

// TestUnreadableAuthors: where partners prove their domains, an author that can't be read may
// be one of them; but users need not prove any.
func TestUnreadableAuthors(t *testing.T) {
	every := permission.SetOf(permission.Submit, permission.AcceptAnySender, permission.AcceptAuthoritativeDomainSender)
	r := connector.Receive{AuthMechanism: mechanisms(auth.TLS | auth.BasicAuth), DomainSecureEnabled: true, Permissions: []permission.Grant{
		{To: permission.SIDAnonymous, Allow: every}, {To: permission.SIDAuthenticatedUsers, Allow: every},
	}}
	stranger := one(t, permission.Current, r, connector.Transport{TLSReceiveDomainSecureList: []string{"partner.test"}}).Open(auth.Channel{TLS: true}, nil)
	user, d := stranger.Login(auth.Identity{Principal: permission.Authenticated("ann")})
	if !d.Allowed() || !user.Authors(nil, false).Allowed() || user.ChecksAuthors() {
		t.Error("a user who may send as every address is refused")
	}
	if stranger.Authors(nil, false).Allowed() {
		t.Error("a stranger may hide a partner's address")
	}
}

// TestSenderRulesExplained: the steps name the parameters, with their values.
func TestSenderRulesExplained(t *testing.T) {
	p, err := connector.Compile(connector.Config{Server: "hub.contoso.com", Receive: []connector.Receive{devices(connector.Receive{
		Name: "Printers", Bindings: []netip.AddrPort{param.MustParseBinding("0.0.0.0:25")}, RemoteIPRanges: []param.Range{param.MustParseRange("10.0.0.0/28")},
		AllowedSenders: senders("@contoso.com"), RewriteSender: "scanner@contoso.com", RewriteFrom: "scanner@contoso.com",
	})}})
	if err != nil {
		t.Fatal(err)
	}
	w := p.Walk(connector.Dialog{Local: netip.MustParseAddrPort("10.0.0.1:25"), Remote: netip.MustParseAddr("10.0.0.2"), Helo: "printer",
		From: addr("root@printer.local"), Authors: []routing.Address{addr("root@printer.local")}, To: []routing.Address{addr("kim@contoso.com")}})
	text := w.String()
	for _, want := range []string{
		"no   allowed-sender: AllowedSenders doesn't list root@printer.local",
		"yes  rewritten-sender: RewriteSender makes scanner@contoso.com the sender",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the explanation lacks %q:\n%s", want, text)
		}
	}
	i := slices.IndexFunc(w.Stages, func(s connector.Stage) bool { return s.Name == connector.StageMail })
	for step := range w.Stages[i].Trace.All() {
		if step.Check.String() != "rewritten-sender" {
			continue
		}
		basis := step.Basis()
		if len(basis) != 2 || basis[0].String() != `Receive["Printers"].RewriteSender = scanner@contoso.com` || basis[1].String() != `Receive["Printers"].AllowedSenders = @contoso.com` {
			t.Errorf("the step rests on %v", basis)
		}
	}
}
