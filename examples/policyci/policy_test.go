package main

import (
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/load"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/policytest"
	"github.com/interchange-smtp/interchange/connector/reply"
)

// read reads the policy in a file.
func read(t *testing.T, file string) *connector.Policy {
	t.Helper()
	loaded, err := load.Files(t.Context(), load.Options{}, file)
	if err != nil {
		t.Fatal(err)
	}
	return loaded.Policy
}

// TestMail says what mail must pass and what mail must not.
func TestMail(t *testing.T) {
	policytest.Run(t, read(t, "connectors.ps1"), []policytest.Case{
		{Name: "a scanner to the organisation", Local: "10.2.3.4:25", Remote: "192.168.6.9", From: "scanner@fabrikam.com",
			To: []string{"ann@fabrikam.com"}, Want: policytest.Accepted(), Route: "ToMailboxes"},
		{Name: "a scanner to others", Local: "10.2.3.4:25", Remote: "192.168.6.9", From: "scanner@fabrikam.com",
			To: []string{"friend@example.net"}, Want: policytest.Accepted(), Route: "ToInternet"},
		{Name: "a stranger to others", Local: "10.2.3.4:25", Remote: "198.51.100.7", From: "amy@contoso.com",
			To: []string{"friend@example.net"}, Want: policytest.Refused(reply.RelayDenied)},
	})
}

// TestRelays lists the clients that may relay; no other may, whatever it sends.
func TestRelays(t *testing.T) {
	policytest.NoRelaysExcept(t, read(t, "connectors.ps1"), policytest.AllowedRelays{
		From:     []param.Range{param.MustParseRange("192.168.5.77"), param.MustParseRange("192.168.6.0/28")},
		LoggedIn: true,
	})
}

// TestFindings compares the findings with those that were reviewed.
func TestFindings(t *testing.T) {
	policytest.GoldenFindings(t, read(t, "connectors.ps1"), analysis.Options{}, "findings.txt")
}

// TestNotWider fails if the policy allows anything that the approved one doesn't.
func TestNotWider(t *testing.T) {
	policytest.NotWider(t, read(t, "connectors.ps1"), read(t, "approved.ps1"))
}
