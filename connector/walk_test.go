package connector_test

import (
	"encoding/json"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/order"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// relayAttempt is a stranger's message to a foreign recipient and to one in an
// accepted domain.
func relayAttempt() connector.Dialog {
	return connector.Dialog{
		Local: at("10.2.3.4:25"), Remote: ip("203.0.113.9"), Helo: "evil.example\r\n250 ok",
		From: addr("a@example.net"), To: []routing.Address{addr("b@example.org"), addr("c@fabrikam.com")},
	}
}

// TestWalkImplicitTLS: at port 465 and where ImplicitTLS is set the session begins with
// TLS, or it doesn't begin.
func TestWalkImplicitTLS(t *testing.T) {
	cfg := guide(permission.Current)
	cfg.Receive[0].Bindings = append(cfg.Receive[0].Bindings, at("10.2.3.4:465"))
	p := compile(t, cfg)
	for _, row := range []struct {
		local                     string
		implicit, tls, noCert, ok bool
	}{
		{"10.2.3.4:465", false, false, false, false},
		{"10.2.3.4:465", false, true, true, false},
		{"10.2.3.4:465", false, true, false, true},
		{"10.2.3.4:25", true, false, false, false},
		{"10.2.3.4:25", true, true, false, true},
		{"10.2.3.4:25", false, false, true, true},
	} {
		d := relayAttempt()
		d.Local, d.ImplicitTLS, d.TLS, d.NoCertificate, d.Helo = at(row.local), row.implicit, row.tls, row.noCert, "a.example"
		w := p.Walk(d)
		s := w.Stages[0]
		if s.Decision.Allowed() != row.ok || !row.ok && (len(w.Stages) > 1 || s.Decision.Reason != reply.ImplicitTLS || s.Reply != (reply.Reply{})) {
			t.Errorf("%+v:\n%s", row, w)
		}
		if strings.Contains(w.String(), "STARTTLS") {
			t.Errorf("%+v: STARTTLS is said:\n%s", row, w)
		}
	}
}

// TestWalkReasons wants the reason that holds, of several, and the mechanism that has proved a user.
func TestWalkReasons(t *testing.T) {
	cfg := guide(permission.Current)
	cfg.Receive[0].Bindings = append(cfg.Receive[0].Bindings, at("10.2.3.4:465"))
	cfg.Receive[0].AuthMechanism = param.Value(auth.TLS | auth.BasicAuth | auth.OAuth | auth.ClientCertificate)
	p := compile(t, cfg)
	cfg.Receive[0].AuthMechanism = param.Value(auth.BasicAuth)
	clear := compile(t, cfg)
	login := []order.Verb{order.Hello, order.StartTLS, order.Hello, order.Auth}
	for _, row := range []struct {
		policy    *connector.Policy
		local     string
		tls, cert bool
		mechanism string
		commands  []order.Verb
		want      string
	}{
		{p, "10.2.3.4:465", false, true, "", nil, "no   implicit-tls: connections to this port begin with TLS, and the client doesn't use it\n"},
		{p, "10.2.3.4:465", true, false, "", nil, "no   implicit-tls: connections to this port begin with TLS, and the server has no certificate\n"},
		{p, "10.2.3.4:25", true, false, "", nil, "no   tls-offered: the server has no certificate\n"},
		{clear, "10.2.3.4:25", true, true, "", nil, "no   tls-offered: AuthMechanism has no Tls\n"},
		{p, "10.2.3.4:25", true, true, "", login, "yes  identity: AUTH LOGIN proves that the client is app\n"},
		{p, "10.2.3.4:25", true, true, auth.External, login, "yes  identity: AUTH EXTERNAL proves that the client is app\n"},
		{p, "10.2.3.4:25", true, true, auth.OAuthBearer, login, "yes  identity: AUTH OAUTHBEARER proves that the client is app\n"},
	} {
		d := relayAttempt()
		d.Local, d.TLS, d.NoCertificate, d.Helo = at(row.local), row.tls, !row.cert, "a.example"
		d.User, d.Mechanism, d.Further, d.Commands = &auth.Identity{Principal: permission.Authenticated("app")}, row.mechanism, auth.WithoutPassword(), row.commands
		if got := row.policy.Walk(d); !strings.Contains(got.String(), row.want) {
			t.Errorf("%s\nlacks %s", got, row.want)
		}
	}
	s := p.Select(at("10.2.3.4:25"), ip("203.0.113.9"), nil).Open(auth.Channel{TLS: true}, nil)
	var trace connector.Trace
	if s.Tracing(&trace).StartTLS(); !strings.Contains(trace.String(), "no   tls-offered: TLS is up already\n") {
		t.Errorf("%s", trace)
	}
}

func TestWalkText(t *testing.T) {
	d := relayAttempt()
	d.Helo = "evil.example"
	d.Authors = []routing.Address{addr("boss@example.net")}
	d.Header = []string{"Received", "X-MS-Exchange-Organization-SCL", "Subj\x1bect"}
	cfg := guide(permission.Current)
	cfg.Send = append(cfg.Send, connector.Send{Name: "ToMailboxes",
		AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace("fabrikam.com")},
		SmartHosts:    []param.SmartHost{param.MustParseSmartHost("10.2.3.9")}})
	got := compile(t, cfg).Walk(d).String()
	want := `connect 203.0.113.9 to 10.2.3.4:25
    yes  receive-connector: "Default HubA" serves the connection by its range 0.0.0.0-255.255.255.255
    skip receive-connector: "FromSecuredGateway" has no range that contains the client
    skip receive-connector: "FromInternetGateway" has no range that contains the client
    yes  session: the session is NT AUTHORITY\ANONYMOUS LOGON
  < 220 huba.fabrikam.com Interchange ESMTP MAIL Service ready
> EHLO evil.example
    yes  hello-syntax: the argument has no control characters
  < 250 huba.fabrikam.com Hello [203.0.113.9]
> MAIL FROM:<a@example.net>
    yes  submit: NT AUTHORITY\ANONYMOUS LOGON holds ms-Exch-SMTP-Submit; granted to NT AUTHORITY\ANONYMOUS LOGON by AnonymousUsers
    yes  size: 0 of at most 37748736 bytes
    yes  any-sender: NT AUTHORITY\ANONYMOUS LOGON holds ms-Exch-SMTP-Accept-Any-Sender; granted to NT AUTHORITY\ANONYMOUS LOGON by AnonymousUsers
    no   authoritative-domain: example.net is not an authoritative domain
  < 250 2.1.0 Sender OK
> RCPT TO:<b@example.org>
    yes  recipient: the recipient is a mailbox
    yes  submit: NT AUTHORITY\ANONYMOUS LOGON holds ms-Exch-SMTP-Submit; granted to NT AUTHORITY\ANONYMOUS LOGON by AnonymousUsers
    yes  recipient-count: 1 of at most 200 recipients
    no   accepted-domain: example.org is not an accepted domain
    no   any-recipient: NT AUTHORITY\ANONYMOUS LOGON lacks ms-Exch-SMTP-Accept-Any-Recipient
  < 550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain
> RCPT TO:<c@fabrikam.com>
    yes  recipient: the recipient is a mailbox
    yes  submit: NT AUTHORITY\ANONYMOUS LOGON holds ms-Exch-SMTP-Submit; granted to NT AUTHORITY\ANONYMOUS LOGON by AnonymousUsers
    yes  recipient-count: 1 of at most 200 recipients
    yes  accepted-domain: fabrikam.com is an accepted domain
    yes  routing-characters: the local part names a mailbox
  < 250 2.1.5 Recipient OK
route c@fabrikam.com
    yes  recipient: the recipient is a mailbox
    yes  authoritative-domain: fabrikam.com is an authoritative domain
    yes  send-connector: "ToMailboxes" SMTP:fabrikam.com;1 at cost 1 is chosen
    skip send-connector: "ToInternetGateway" SMTP:*;1 at cost 1 matches by *, which does not count for an authoritative domain
    yes  headers-routing: the next hop, NT AUTHORITY\ANONYMOUS LOGON, holds ms-Exch-Send-Headers-Routing
    no   headers-organization: the next hop, NT AUTHORITY\ANONYMOUS LOGON, lacks ms-Exch-Send-Headers-Organization
    no   headers-forest: the next hop, NT AUTHORITY\ANONYMOUS LOGON, lacks ms-Exch-Send-Headers-Forest
    yes  header-field: Received passes
    no   header-field: X-MS-Exchange-Organization-SCL is removed
    yes  header-field: Subj?ect passes
> DATA
    yes  submit: NT AUTHORITY\ANONYMOUS LOGON holds ms-Exch-SMTP-Submit; granted to NT AUTHORITY\ANONYMOUS LOGON by AnonymousUsers
    yes  header-size: 0 of at most 262144 bytes
    yes  size: 0 of at most 37748736 bytes
    yes  hops: 0 of at most 60 Received fields
    yes  local-hops: 0 of at most 12 Received fields of this server
    yes  author: the header names boss@example.net as author
    yes  any-sender: NT AUTHORITY\ANONYMOUS LOGON holds ms-Exch-SMTP-Accept-Any-Sender; granted to NT AUTHORITY\ANONYMOUS LOGON by AnonymousUsers
    no   authoritative-domain: example.net is not an authoritative domain
    yes  headers-routing: NT AUTHORITY\ANONYMOUS LOGON holds ms-Exch-Accept-Headers-Routing; granted to NT AUTHORITY\ANONYMOUS LOGON by AnonymousUsers
    no   headers-organization: NT AUTHORITY\ANONYMOUS LOGON lacks ms-Exch-Accept-Headers-Organization
    no   headers-forest: NT AUTHORITY\ANONYMOUS LOGON lacks ms-Exch-Accept-Headers-Forest
    yes  header-field: Received passes
    no   header-field: X-MS-Exchange-Organization-SCL is removed
    yes  header-field: Subj?ect passes
    no   missing-headers: nothing is added to the header: the client may not relay and has not logged on
  < 250 2.6.0 Queued mail for delivery
refused
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestOutcome: the decisions are those of Walk, without reasons.
func TestOutcome(t *testing.T) {
	p := compile(t, guide(permission.Exchange2007))
	for size := int64(1); size < 1<<30; size *= 8 {
		for _, to := range []string{"kim@contoso.com", "a@elsewhere.example", "b@fabrikam.com"} {
			d := connector.Dialog{
				Local: at("192.168.0.5:25"), Remote: netip.MustParseAddr("203.0.113.9"), Helo: "client.example", Size: size,
				To: []routing.Address{addr(to), addr("postmaster@contoso.com")}, Header: []string{"Received"},
			}
			want, got := p.Walk(d), p.Outcome(d)
			for i := range want.Stages {
				if len(slices.Collect(got.Stages[i].Trace.All())) > 0 {
					t.Errorf("%s has reasons", got.Stages[i].Name)
				}
				want.Stages[i].Trace = connector.Trace{}
			}
			if got.String() != want.String() || !slices.Equal(got.Routes, want.Routes) {
				t.Errorf("%d bytes to %s: got\n%v\nwant\n%v", size, to, got, want)
			}
		}
	}
}

func TestWalkJSON(t *testing.T) {
	d := relayAttempt()
	d.Helo = "evil.example"
	b, err := json.Marshal(compile(t, guide(permission.Exchange2007)).Walk(d))
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Accepted  bool
		Connector string
		Identity  string
		Rights    []string
		Stages    []struct {
			Stage, Verdict, Reason, Right, Reply string
			Steps                                []struct {
				Check, Detail, Right string
				Pass                 bool
				Grants               []string
			}
		}
		Routes []struct{ Outcome string }
	}
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if got.Accepted || got.Connector != "Default HubA" || got.Identity != `NT AUTHORITY\ANONYMOUS LOGON` || len(got.Rights) != 3 {
		t.Errorf("head: %s", b)
	}
	rcpt := got.Stages[3]
	if rcpt.Stage != "rcpt" || rcpt.Verdict != "refuse" || rcpt.Reason != "relay-denied" ||
		rcpt.Right != "ms-Exch-SMTP-Accept-Any-Recipient" || rcpt.Reply != "550 5.7.1 Unable to relay" ||
		rcpt.Steps[1].Grants[0] != `granted to NT AUTHORITY\ANONYMOUS LOGON by AnonymousUsers` {
		t.Errorf("rcpt: %+v", rcpt)
	}
	if len(got.Routes) != 1 || got.Routes[0].Outcome != "Unreachable" {
		t.Errorf("routes: %+v", got.Routes)
	}
}

// TestWalkTamesClient checks that no text of a client ends a line.
func TestWalkTamesClient(t *testing.T) {
	p := compile(t, guide(permission.Current))
	w := p.Walk(relayAttempt())
	if last := w.Stages[len(w.Stages)-1]; last.Decision.Reason != reply.IllegalCharacter || last.Command != "EHLO evil.example??250 ok" {
		t.Errorf("%+v", last)
	}
	d := relayAttempt()
	ann := user("ann@fabrikam.com")
	d.Helo, d.TLS, d.User, d.Mechanism = "a.example", true, &ann, "PLAIN\r\n235 ok"
	w = p.Walk(d)
	if last := w.Stages[len(w.Stages)-1]; last.Decision.Reason != reply.MechanismNotOffered || last.Command != "AUTH the mechanism" {
		t.Errorf("%+v", last)
	}
}

// TestWalkBanner checks that Walk shows the connector's own greeting.
func TestWalkBanner(t *testing.T) {
	cfg := guide(permission.Current)
	cfg.Receive[0].Banner = "220 mail.fabrikam.com ready"
	if got := compile(t, cfg).Walk(relayAttempt()).Stages[0].Reply.String(); got != "220 mail.fabrikam.com ready" {
		t.Error(got)
	}
}

// TestWalkAccepted checks that a dialog is accepted only if at least one recipient gets
// the message.
func TestWalkAccepted(t *testing.T) {
	d := relayAttempt()
	d.Helo, d.Remote = "gw.example", ip("192.168.5.77")
	d.To = d.To[:1]
	p := compile(t, guide(permission.Current))
	if w := p.Walk(d); !w.Accepted() || len(w.Routes) != 1 || w.Routes[0].Outbound.Name() != "ToInternetGateway" {
		t.Errorf("%s", w)
	}
	d.To = nil
	if w := p.Walk(d); w.Accepted() || firstRefusal(w) != reply.NeedRcpt {
		t.Errorf("no recipients: %s", w)
	}
}

// FuzzHello checks that no accepted argument holds a control character but tabs.
func FuzzHello(f *testing.F) {
	f.Add("mail.example.net")      // a name
	f.Add("[IPv6:2001:db8::1]")    // a literal
	f.Add("a\r\nMAIL FROM:<x@y>")  // a second command
	f.Add("Amy's copier (1)")      // a device
	f.Add("b\xfccher.example\x00") // not ASCII, not UTF-8
	s := open(one(f, permission.Current, connector.Receive{}, connector.Transport{}))
	f.Fuzz(func(t *testing.T, name string) {
		if !s.Hello(name).Allowed() {
			return
		}
		for i, c := range []byte(strings.Trim(name, " \t")) {
			if c < ' ' && c != '\t' || c == 0x7f {
				t.Errorf("Hello(%q) is accepted, with a control character at %d", name, i)
			}
		}
	})
}

// TestWalkOnward: the header firewall towards next hops is the business of the server
// that has the Send connector, so nothing is removed on the way to that server.
func TestWalkOnward(t *testing.T) {
	for source, want := range map[string]string{"A": "no   header-field", "B": "yes  header-field"} {
		p, err := connector.Compile(connector.Config{
			Server: "A", Servers: []routing.Server{{Name: "A"}, {Name: "B"}},
			Receive: []connector.Receive{{
				Name: "In", Bindings: []netip.AddrPort{param.MustParseBinding("0.0.0.0:25")}, RemoteIPRanges: []param.Range{param.MustParseRange("10.0.0.0/8")},
				AuthMechanism: param.Value(auth.ExternalAuthoritative), PermissionGroups: param.Value(permission.ExchangeServers),
				Permissions: []permission.Grant{{To: permission.SIDExternallySecured, Allow: permission.SetOf(permission.AcceptHeadersOrganization)}},
			}},
			Send: []connector.Send{{Name: "Out", AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace("*")}, SourceTransportServers: []string{source}}},
		})
		if err != nil {
			t.Fatal(err)
		}
		w := p.Walk(connector.Dialog{
			Local: at("192.0.2.1:25"), Remote: ip("10.0.0.1"), Helo: "hub.example",
			To: []routing.Address{routing.MustParseAddress("friend@example.net")}, Header: []string{"X-MS-Exchange-Organization-SCL"},
		})
		i := slices.IndexFunc(w.Stages, func(s connector.Stage) bool { return s.Name == connector.StageRoute })
		if i < 0 || !strings.Contains(w.Stages[i].Trace.String(), want) {
			t.Errorf("by server %s: got\n%v", source, w)
		}
	}
}
