package rangeset_test

import (
	"testing"

	"github.com/interchange-smtp/interchange/connector/internal/rangeset"
	"github.com/interchange-smtp/interchange/connector/param"
)

// TestKeyOf cuts the same addresses in several ways.
func TestKeyOf(t *testing.T) {
	key := func(texts ...string) rangeset.Key {
		var list []param.Range
		for _, s := range texts {
			list = append(list, param.MustParseRange(s))
		}
		return rangeset.KeyOf(list, true)
	}
	want := key("10.0.0.0/24")
	for _, same := range [][]string{{"10.0.0.0-10.0.0.255"}, {"10.0.0.128/25", "10.0.0.0/25"}, {"10.0.0.7", "10.0.0.1/24"}, {"10.0.0.0/24", "::1"}} {
		if key(same...) != want {
			t.Errorf("%q has another key", same)
		}
	}
	for _, other := range [][]string{nil, {"10.0.0.0/25"}, {"::1"}, {"10.0.1.0/24"}} {
		if key(other...) == want {
			t.Errorf("%q has the same key", other)
		}
	}
	if key("::1") != rangeset.Empty {
		t.Error("IPv6 addresses count for IPv4")
	}
}
