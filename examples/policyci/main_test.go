package main

import (
	"os"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/examples/internal/exampletest"
)

// TestGate proposes the policy as it is, a wider one and one with a mistake.
func TestGate(t *testing.T) {
	text, err := os.ReadFile("connectors.ps1")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		old, new string
		wider    bool
		want     string // in what is printed, or in the error
	}{
		{"", "", false, ""},
		{"5MB", "4MB", false, ""},
		{"192.168.6.0/28", "192.168.0.0/16", true, "192.168.0.0"},
		{"New-SendConnector", "New-SendConector", false, "proposed.ps1:6"},
	} {
		proposed := exampletest.File(t, "proposed.ps1", strings.ReplaceAll(string(text), c.old, c.new))
		var out strings.Builder
		wider, err := run(t.Context(), &out, "approved.ps1", proposed)
		if err != nil {
			out.WriteString(err.Error())
		}
		if wider != c.wider || (c.want == "") != (out.Len() == 0) || !strings.Contains(out.String(), c.want) {
			t.Errorf("%q for %q: wider %v\n%s", c.new, c.old, wider, out.String())
		}
	}
}
