package policytest_test

import (
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector/jsonconfig"
	"github.com/interchange-smtp/interchange/connector/policytest"
)

// devices is a policy with printers that log on.
const devices = `{
  "Accepted": [{"Name": "Contoso", "DomainName": "contoso.com", "MatchSubDomains": true}],
  "Receive": [{
    "Name": "Devices", "Bindings": ["10.1.0.1:587"], "RemoteIPRanges": ["10.0.0.0/8"], "AuthMechanism": "Tls, BasicAuth, BasicAuthRequireTLS",
    "PermissionGroups": "ExchangeUsers", "MaxMessageSize": "25MB",
    "Permissions": [{"User": "printers", "ExtendedRights": ["ms-Exch-SMTP-Accept-Any-Sender", "ms-Exch-SMTP-Accept-Authoritative-Domain-Sender"]}]
  }, {
    "Name": "Internet", "Bindings": ["10.1.0.1:25"], "RemoteIPRanges": ["0.0.0.0-255.255.255.255"], "PermissionGroups": "AnonymousUsers", "AuthMechanism": "Tls",
    "Permissions": [{"User": "NT AUTHORITY\\ANONYMOUS LOGON", "ExtendedRights": ["ms-Exch-SMTP-Accept-Authoritative-Domain-Sender"], "Deny": true}]
  }],
  "Send": [{"Name": "Mailboxes", "AddressSpaces": ["*.contoso.com"], "SmartHosts": ["mailbox.contoso.com"], "MaxMessageSize": "unlimited"}]
}`

// TestProves: three sentences about all sessions of a policy.
func TestProves(t *testing.T) {
	p, err := jsonconfig.Compile("devices.json", []byte(devices))
	if err != nil {
		t.Fatal(err)
	}
	// Every printer in 10.1.0.0/16 may always send to *.contoso.com, up to 20 MB. No client
	// outside 10.0.0.0/8 may send as contoso.com. No client logs on without TLS.
	policytest.Proves(t, p, "-local 10.1.0.1:587 -remote 10.1.0.0/16 -as printers -tls -to *.contoso.com -size 20MB always accepted")
	policytest.Proves(t, p, "-remote !10.0.0.0/8 -from contoso.com never sends")
	policytest.Proves(t, p, "-clear never logs-on")
}

// TestProvesFails: what isn't true fails with a session, and so does what proves nothing.
func TestProvesFails(t *testing.T) {
	p, err := jsonconfig.Compile("devices.json", []byte(devices))
	if err != nil {
		t.Fatal(err)
	}
	for question, want := range map[string]string{
		"-local 10.1.0.1:587 -remote 10.1.0.0/16 -as printers -tls -to *.com always accepted": "RCPT TO:<user@example.com> is refused: 451 4.4.4 Unable to route",
		"-as anonymous never let-in":                       "a session is let in:\n",
		"-as prinetrs -clear never logs-on":                "no grant names prinetrs",
		"-local 10.1.0.9:26 -as certificate never logs-on": "the question is about no session",
		"never happy": "is not a property",
		"-connector Devices -with-connector Internet disjoint served": "",
		"-connector Devices -with-connector Internet implies served":  "a session is served under the first",
	} {
		rec := &recorder{TB: t}
		policytest.Proves(rec, p, question)
		if text := strings.Join(rec.failures, "\n"); (want == "") != (text == "") || !strings.Contains(text, want) {
			t.Errorf("%s: got %q, want %q", question, text, want)
		}
	}
}
