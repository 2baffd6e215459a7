package policyfiles

import (
	"strings"
	"testing"
)

// TestQuery: commands print, and what they would change is lost.
func TestQuery(t *testing.T) {
	x := newFixture(t, Options{}, "relay.ps1", basePolicy)
	v, err := x.Current(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	text, err := v.Query(t.Context(), "Set-ReceiveConnector Printers -Comment changed; (Get-ReceiveConnector Printers).Comment")
	if err != nil || strings.TrimSpace(text) != "changed" {
		t.Errorf("%q, %v", text, err)
	}
	if text, err = v.Query(t.Context(), "Get-ReceiveConnector Nothing"); err == nil || text != "" || !strings.HasPrefix(err.Error(), Script+":1") {
		t.Errorf("%q, %v", text, err)
	}
	if text, err = v.Query(t.Context(), "(Get-ReceiveConnector Printers).Comment"); err != nil || strings.TrimSpace(text) != "" {
		t.Errorf("%q, %v", text, err)
	}
}
