package console

import (
	"fmt"
	"strings"
	"testing"
)

// TestAudit: the page for auditors has the policy's name, who may relay, the findings, the rights and the map.
func TestAudit(t *testing.T) {
	b := newTester(t, office)
	page := b.eventually("/audit")
	v, err := b.console.files.Current(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b.expect(page, 200, v.Loaded.Fingerprint(), "policy.ps1", "by anna", "Clients in 10.2.9.0/24 on 10.2.3.4:25 may relay to any domain as any sender without authentication",
		"Warnings", "Accept-Any-Recipient", "Printers", "relaying without a logon", "relay.contoso.com")
	if !strings.Contains(page.body, `src="/map.svg"`) {
		t.Error("no map")
	}
}

// TestAuditRelaying: every kind of finding about relaying is among who may relay, however many other findings there are.
func TestAuditRelaying(t *testing.T) {
	var policy strings.Builder
	policy.WriteString(office + "New-AcceptedDomain Com -DomainName *.com -DomainType InternalRelay\n")
	for i := range maxAudited { // a warning each, before the note about the printers
		fmt.Fprintf(&policy, "New-SendConnector Unused%d -AddressSpaces 'unused.example.net;5' -SmartHosts relay.contoso.com\n", i)
	}
	page := newTester(t, policy.String()).eventually("/audit").body
	_, page, _ = strings.Cut(page, "<h2>Who may relay</h2>")
	relaying, _, _ := strings.Cut(page, "<h2>Map</h2>")
	for _, want := range []string{"all domains below com are accepted", "10.2.9.0/24"} {
		if !strings.Contains(relaying, want) {
			t.Errorf("%q is missing:\n%s", want, relaying)
		}
	}
}
