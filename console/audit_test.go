package console

import (
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
