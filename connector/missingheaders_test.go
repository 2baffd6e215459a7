package connector_test

import (
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
)

// Messages are completed for clients that submit them, and only by the first
// relay. A domain secured partner is another relay, whatever it may do.
func TestCompletesHeader(t *testing.T) {
	relays := []permission.Grant{allow(permission.SIDAnonymous, permission.AcceptAnyRecipient)}
	basic := mechanisms(auth.TLS | auth.BasicAuth)
	for _, tt := range []struct {
		why     string
		receive connector.Receive
		login   bool
		want    string
	}{
		{"anonymous", connector.Receive{PermissionGroups: groups(anonymous)}, false,
			"no   missing-headers: nothing is added to the header: the client may not relay and has not logged on\n"},
		{"anonymous relay", connector.Receive{PermissionGroups: groups(anonymous), Permissions: relays}, false,
			"yes  missing-headers: Message-ID, Date and From are added where they are missing: the client may relay\n"},
		{"turned off", connector.Receive{PermissionGroups: groups(anonymous), Permissions: relays,
			AddMissingHeadersEnabled: param.Value(false)}, false,
			"no   missing-headers: nothing is added to the header: AddMissingHeadersEnabled is False\n"},
		{"before the login", connector.Receive{PermissionGroups: groups(anonymous | permission.ExchangeUsers), AuthMechanism: basic}, false,
			"no   missing-headers: nothing is added to the header: the client may not relay and has not logged on\n"},
		{"a user", connector.Receive{PermissionGroups: groups(permission.ExchangeUsers), AuthMechanism: basic}, true,
			"yes  missing-headers: Message-ID, Date and From are added where they are missing: the client has logged on\n"},
		{"externally secured", connector.Receive{PermissionGroups: groups(permission.ExchangeServers), AuthMechanism: mechanisms(auth.ExternalAuthoritative)}, false,
			"yes  missing-headers: Message-ID, Date and From are added where they are missing: the client is externally secured\n"},
	} {
		s := one(t, permission.Current, tt.receive, connector.Transport{}).Open(auth.Channel{TLS: true}, nil)
		if tt.login {
			s, _ = s.Login(user("ann@contoso.com"))
		}
		var trace connector.Trace
		if s.Tracing(&trace).CompletesHeader(0); trace.String() != tt.want {
			t.Errorf("%s: got %swant %s", tt.why, trace, tt.want)
		}
		if s.CompletesHeader(1) {
			t.Errorf("%s: a message that another relay had is completed", tt.why)
		}
	}
}
