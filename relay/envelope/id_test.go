package envelope_test

import (
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/relay/envelope"
)

func TestNewID(t *testing.T) {
	a, b := envelope.NewID(), envelope.NewID()
	if len(a) != 16 || strings.Trim(a, "ABCDEFGHJKLMNPQRSTUVWXYZ23456789") != "" || a == b {
		t.Errorf("the identifiers are %q and %q", a, b)
	}
}

// Network IDs have Exchange's form, and nothing else passes for one.
func TestNetworkID(t *testing.T) {
	a, b := envelope.NewNetworkID(), envelope.NewNetworkID()
	if !envelope.ValidNetworkID(a) || a == b || a[14] != '4' || !strings.ContainsRune("89ab", rune(a[19])) {
		t.Errorf("the identifiers are %q and %q", a, b)
	}
	for _, s := range []string{"", a[1:], a + "0", strings.ReplaceAll(a, "-", "0"), a[:35] + "g", a[:35] + "\n", "-" + a[1:]} {
		if envelope.ValidNetworkID(s) {
			t.Errorf("%q is taken for one", s)
		}
	}
}
