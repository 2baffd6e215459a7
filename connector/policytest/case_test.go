package policytest_test

import (
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/jsonconfig"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/policytest"
	"github.com/interchange-smtp/interchange/connector/reply"
)

// office is a policy with a scanner that may relay, users that may, and others.
const office = `{
  "Accepted": [{"Name": "Fabrikam", "DomainName": "fabrikam.com"}],
  "Receive": [
    {"Name": "Scanner", "Bindings": ["10.2.3.4:25"], "RemoteIPRanges": ["10.2.9.7"], "PermissionGroups": "AnonymousUsers",
     "Permissions": [{"User": "NT AUTHORITY\\ANONYMOUS LOGON", "ExtendedRights": ["ms-Exch-SMTP-Accept-Any-Recipient"]}]},
    {"Name": "Default", "Bindings": ["10.2.3.4:25", "[2001:db8::4]:25"], "RemoteIPRanges": ["0.0.0.0-255.255.255.255", "::/0"],
     "AuthMechanism": "Tls, BasicAuth, BasicAuthRequireTLS", "PermissionGroups": "AnonymousUsers, ExchangeUsers"}
  ],
  "Send": [
    {"Name": "ToInternet", "AddressSpaces": ["*"], "SmartHosts": ["192.0.2.1"], "MaxMessageSize": "1MB"},
    {"Name": "ToMailboxes", "AddressSpaces": ["fabrikam.com"], "SmartHosts": ["10.2.3.9"]}
  ]
}`

func compile(t testing.TB, text string) *connector.Policy {
	t.Helper()
	p, err := jsonconfig.Compile("policy.json", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestRun(t *testing.T) {
	policytest.Run(t, compile(t, office), []policytest.Case{
		{Name: "the scanner relays", Remote: "10.2.9.7", From: "scan@fabrikam.com", To: []string{"friend@example.net"},
			Want: policytest.Accepted(), Connector: "Scanner", Route: "ToInternet"},
		{Name: "others don't", Remote: "10.2.9.8", To: []string{"friend@example.net"},
			Want: policytest.Refused(reply.RelayDenied), Connector: "Default"},
		{Name: "the world reaches mailboxes", Remote: "2001:db8::99", From: "a@example.net", To: []string{"bob@fabrikam.com"},
			Want: policytest.Accepted(), Route: "ToMailboxes"},
		{Name: "users relay", Remote: "10.2.9.8", TLS: true, User: "ann@fabrikam.com", From: "ann@fabrikam.com", To: []string{"friend@example.net"},
			Want: policytest.Accepted()},
		{Name: "but not without TLS", Remote: "10.2.9.8", User: "ann@fabrikam.com", To: []string{"friend@example.net"},
			Want: policytest.Refused(reply.MechanismNotOffered)},
		{Name: "nor as others", Remote: "10.2.9.8", TLS: true, User: "ann", Addresses: []string{"ann@fabrikam.com"}, From: "bob@fabrikam.com",
			To: []string{"friend@example.net"}, Want: policytest.Refused(reply.SendAsDenied)},
		{Name: "unless their domain is theirs", Remote: "10.2.9.8", TLS: true, User: "ann", Domains: []string{"fabrikam.com"}, From: "bob@fabrikam.com",
			To: []string{"friend@example.net"}, Want: policytest.Accepted()},
		{Name: "but not as another domain", Remote: "10.2.9.8", TLS: true, User: "ann", Domains: []string{"contoso.com", "*.fabrikam.com"}, From: "bob@fabrikam.com",
			To: []string{"friend@example.net"}, Want: policytest.Refused(reply.SendAsDenied)},
		{Name: "nor large messages", Remote: "10.2.9.7", Size: 2 * param.MB, To: []string{"friend@example.net"},
			Want: policytest.Refused(reply.RouteTooSmall)},
		{Name: "which the connector lets in", Remote: "10.2.9.7", Size: 2 * param.MB, To: []string{"friend@example.net"},
			Want: policytest.LetIn()},
		{Name: "no client is served elsewhere", Local: "10.2.3.5:25", Remote: "10.2.9.7", To: []string{"bob@fabrikam.com"},
			Want: policytest.Refused(reply.NoConnector)},
	})
}

// A row that is not met says what is, with the explanation; a row that makes
// no sense says why.
func TestCheck(t *testing.T) {
	p := compile(t, office)
	tests := []struct {
		c    policytest.Case
		want []string
	}{
		{policytest.Case{Remote: "10.2.9.8", To: []string{"friend@example.net"}, Want: policytest.Accepted()},
			[]string{"it is refused, relay-denied, want accepted", "no   any-recipient", "550 5.7.54"}},
		{policytest.Case{Remote: "10.2.9.8", To: []string{"friend@example.net"}, Want: policytest.LetIn()}, []string{"want let in"}},
		{policytest.Case{Remote: "10.2.9.7", To: []string{"friend@example.net"}, Want: policytest.Refused(reply.RelayDenied)},
			[]string{"it is accepted, want refused, relay-denied"}},
		{policytest.Case{Remote: "10.2.9.8", To: []string{"friend@example.net"}, Want: policytest.Refused(reply.SendAsDenied)},
			[]string{"refused, relay-denied, want refused, send-as-denied"}},
		{policytest.Case{Remote: "10.2.9.7", To: []string{"friend@example.net"}, Want: policytest.Accepted(), Connector: "Default", Route: "ToMailboxes"},
			[]string{`Receive connector "Scanner" takes it, want "Default"`, `by Send connector "ToInternet", want "ToMailboxes"`}},
		{policytest.Case{Remote: "10.2.9.8", To: []string{"friend@example.net"}, Want: policytest.Refused(reply.RelayDenied), Route: "ToInternet"},
			[]string{"nothing leaves"}},
		{policytest.Case{}, []string{"Want: is missing", "Remote: ", "To: give a recipient"}},
		{policytest.Case{Local: "x", Remote: "10.2.9.8", From: "x", To: []string{"y"}, User: "u", Groups: []string{""}, Addresses: []string{"z"}, Domains: []string{"*"}, Want: policytest.Accepted()},
			[]string{"Local: ", "From: ", "To[0]: ", "User: ", `"z"`, "sender domain"}},
	}
	for _, tt := range tests {
		err := tt.c.Check(p)
		if err == nil {
			t.Errorf("%+v is met, want %q", tt.c, tt.want)
			continue
		}
		for _, want := range tt.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%q is not in: %v", want, err)
			}
		}
	}
}

// What a row wants can't be forgotten.
func TestZeroOutcome(t *testing.T) {
	for _, remote := range []string{"10.2.9.7", "10.2.9.8"} {
		c := policytest.Case{Remote: remote, To: []string{"friend@example.net"}}
		if c.Check(compile(t, office)) == nil {
			t.Errorf("%s: a row without outcome passes", remote)
		}
	}
}
