package diagram_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/diagram"
	"github.com/interchange-smtp/interchange/permission"
)

// TestLogins: every group that may do something else has its line, also where it
// takes two of them, and users that a line isn't about are excepted.
func TestLogins(t *testing.T) {
	grant := func(name string, rights ...permission.Right) permission.Grant {
		return permission.Grant{To: permission.NameSID(name), Allow: permission.SetOf(rights...)}
	}
	deny := func(name string, right permission.Right) permission.Grant {
		return permission.Grant{To: permission.NameSID(name), Deny: permission.SetOf(right)}
	}
	const submit, relay = permission.Submit, permission.AcceptAnyRecipient
	everybody := permission.Grant{To: permission.SIDAuthenticatedUsers, Allow: permission.SetOf(submit)}
	for _, tt := range []struct {
		groups permission.Group
		grants []permission.Grant
		want   []string
	}{
		{0, []permission.Grant{everybody, grant("printers", relay), grant("scanners", relay)}, []string{"users: submit", "printers: relay", "scanners: relay"}},
		{permission.ExchangeUsers, []permission.Grant{deny("interns", relay)}, []string{"users but interns: relay", "interns: submit"}},
		{permission.ExchangeUsers, []permission.Grant{deny("guests", submit)}, []string{"users but guests: relay"}},
		{0, []permission.Grant{grant("staff", submit), grant("printers", relay)}, []string{"staff: submit", "printers also in staff: relay"}},
	} {
		cfg := connector.Config{Receive: []connector.Receive{receive("Apps", "10.0.0.0/8", auth.TLS|auth.BasicAuth, tt.groups, tt.grants...)}}
		drawn := string(diagram.New(compile(t, cfg), diagram.Options{}).Mermaid())
		for _, want := range tt.want {
			if !slices.ContainsFunc(strings.FieldsFunc(drawn, func(r rune) bool { return strings.ContainsRune("<>\n\"", r) }), func(s string) bool { return s == want }) {
				t.Errorf("%v: there is no %q in\n%s", tt.grants, want, drawn)
			}
		}
	}
}

// TestPartners: there are partners only where domains are listed that certificates can
// prove.
func TestPartners(t *testing.T) {
	for _, tt := range []struct {
		mechanism auth.Mechanism
		listed    []string
		want      bool
	}{
		{auth.TLS, []string{"Bank.example"}, true},
		{auth.TLS, nil, false},
	} {
		cfg := connector.Config{Receive: []connector.Receive{receive("In", "10.0.0.0/8", tt.mechanism, permission.Partners|permission.ExchangeServers)}}
		cfg.Receive[0].DomainSecureEnabled = true
		cfg.Transport.TLSReceiveDomainSecureList = tt.listed
		drawn := string(diagram.New(compile(t, cfg), diagram.Options{}).Mermaid())
		if got := strings.Contains(drawn, "partners: submit"); got != tt.want {
			t.Errorf("%v with %q: partners are drawn: %v in\n%s", tt.mechanism, tt.listed, got, drawn)
		}
	}
}
