package analysis_test

import (
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// TestWitnessesAreLookedFor: a change is said to be shown by none only where none shows
// it. The first session, recipient or user that comes along may not be the one.
func TestWitnessesAreLookedFor(t *testing.T) {
	logins := func(name, at string, grants ...permission.Grant) connector.Receive {
		return connector.Receive{
			Name: name, Bindings: bindings(at), RemoteIPRanges: ranges("10.0.0.0/8"), AuthMechanism: param.Value(auth.TLS | auth.BasicAuth),
			PermissionGroups: param.Value(permission.Group(0)), Permissions: grants,
		}
	}
	for _, tt := range []struct {
		name        string
		before, now func(*connector.Config)
	}{
		{"a way for one domain of several with the same result", func(c *connector.Config) {
			c.Receive = []connector.Receive{relays()}
			c.Send[0].AddressSpaces = []routing.AddressSpace{routing.MustParseAddressSpace("partner.example.org")}
		}, func(c *connector.Config) {
			c.Receive[0].Permissions = append(c.Receive[0].Permissions, permission.Grant{To: permission.SIDAnonymous, Deny: permission.SetOf(permission.AcceptHeadersRouting)})
		}},
		{"a connector that offers SIZE", func(c *connector.Config) {
			silent, other := relays(), relays()
			silent.SizeEnabled = param.SizeDisabled
			other.Name, other.Bindings = "Submission", bindings("0.0.0.0:587")
			c.Receive = []connector.Receive{silent, other}
			c.Send[0].MaxMessageSize = 100 * param.KB
		}, func(c *connector.Config) { c.Send[0].MaxMessageSize = 50 * param.KB }},
		{"a connector that takes messages of the size", func(c *connector.Config) {
			small, other := relays(), relays()
			small.MaxMessageSize = 64 * param.KB
			other.Name, other.Bindings = "Submission", bindings("0.0.0.0:587")
			c.Receive = []connector.Receive{small, other}
			c.Send[0].MaxMessageSize = 300 * param.KB
		}, func(c *connector.Config) { c.Send[0].MaxMessageSize = 200 * param.KB }},
		{"two groups together", func(c *connector.Config) {
			c.Receive = []connector.Receive{
				logins("R", "0.0.0.0:587", group("staff", permission.Submit), group("servers", permission.Submit)),
				logins("S", "0.0.0.0:2525", group("servers", permission.Submit)),
			}
		}, func(c *connector.Config) {
			c.Receive[0].Permissions = append(c.Receive[0].Permissions, group("printers", permission.AcceptAnyRecipient), group("servers", permission.AcceptAnyRecipient))
			c.Receive[1].Permissions = append(c.Receive[1].Permissions, group("servers", permission.AcceptAnyRecipient))
		}},
	} {
		cfg := office()
		tt.before(&cfg)
		before := compile(t, cfg)
		cfg = before.Config()
		tt.now(&cfg)
		changes := analysis.Compare(before, compile(t, cfg)).Changes
		if len(changes) == 0 {
			t.Errorf("%s: nothing changes", tt.name)
		}
		for _, c := range changes {
			if !c.Shown() {
				t.Errorf("%s: none shows that %s", tt.name, c)
			}
		}
	}
}
