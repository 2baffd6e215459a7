package ldap_test

import (
	"net/netip"
	"testing"

	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/routing"
	"github.com/interchange-smtp/interchange/verifiers/ldap"
	"github.com/interchange-smtp/interchange/verifiers/ldap/ldaptest"
)

var _ relay.Recipients = (*ldap.Verifier)(nil)

// TestExists: the addresses of users and groups exist, in any letter case, and nothing in an address
// is taken for a filter. While the directory is away it is an error.
func TestExists(t *testing.T) {
	d, err := ldaptest.NewDirectory(
		ldaptest.Entry{DN: "cn=ann,dc=contoso,dc=com", Attributes: map[string][]string{"mail": {"ann@contoso.com"}, "proxyAddresses": {"SMTP:ann@contoso.com", "smtp:ann.lee@contoso.com", "X400:x"}}},
		ldaptest.Entry{DN: "cn=all,dc=contoso,dc=com", Attributes: map[string][]string{"proxyAddresses": {"smtp:all@contoso.com"}}})
	if err != nil {
		t.Fatal(err)
	}
	v := verifierOf(d)
	v.ActiveDirectory = true
	defer v.Close()
	for text, want := range map[string]bool{
		"ann@contoso.com": true, "ANN.LEE@contoso.com": true, "all@contoso.com": true,
		"bob@contoso.com": false, "*@contoso.com": false, `"ann@contoso.com)(mail=*"@contoso.com`: false, "x@contoso.com": false,
	} {
		if got, err := v.Exists(t.Context(), netip.Addr{}, routing.MustParseAddress(text)); got != want || err != nil {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	d.Close()
	if exists, err := v.Exists(t.Context(), netip.Addr{}, routing.MustParseAddress("ann@contoso.com")); exists || err == nil {
		t.Errorf("a directory that is away: %v, %v", exists, err)
	}
}
