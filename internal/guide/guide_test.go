package guide_test

import (
	"os"
	"testing"

	"github.com/interchange-smtp/interchange/internal/guide"
)

// scenarios are all of them.
var scenarios = []guide.Scenario{guide.Basic, guide.Secured, guide.Relay, guide.RelayConsole}

// TestExtract compares the commands kept here with the guide's text, byte for
// byte, where that is at hand.
func TestExtract(t *testing.T) {
	name := os.Getenv(guide.Variable)
	if name == "" {
		t.Skip("set " + guide.Variable + " to the file of the guide")
	}
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(guide.Variable, "")
	found := guide.Extract(string(text))
	for _, s := range scenarios {
		kept, err := guide.Script(s)
		if err != nil {
			t.Fatal(err)
		}
		if found[s] == "" || found[s] != string(kept) {
			t.Errorf("%s: the guide has\n%q\nkept is\n%q", s, found[s], kept)
		}
	}
	if len(found) != len(scenarios) {
		t.Errorf("the guide has %d procedures with commands, want %d", len(found), len(scenarios))
	}
}
