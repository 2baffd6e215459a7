package connector_test

import (
	"slices"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
)

// TestMessageAuthentication: usage and rights decide whether SPF, DKIM and DMARC are checked,
// and a session explains it.
func TestMessageAuthentication(t *testing.T) {
	reject := param.Value(param.AuthenticationReject)
	for _, tt := range []struct {
		why     string
		receive connector.Receive
		login   bool
		want    param.AuthenticationMode
		steps   string
	}{
		{"usage Internet", connector.Receive{Usage: param.UsageInternet}, false, param.AuthenticationNote,
			"yes  message-authentication: SPF, DKIM and DMARC are checked: the results are noted in Authentication-Results\n"},
		{"usage Internet, off", connector.Receive{Usage: param.UsageInternet, MessageAuthenticationMode: param.Value(param.AuthenticationOff)}, false, param.AuthenticationOff, ""},
		{"usage Custom", connector.Receive{PermissionGroups: groups(anonymous)}, false, param.AuthenticationOff, ""},
		{"reject", connector.Receive{PermissionGroups: groups(anonymous), MessageAuthenticationMode: reject}, false, param.AuthenticationReject,
			"yes  message-authentication: SPF, DKIM and DMARC are checked: the results are noted, mail that a DMARC policy would quarantine is marked, and mail that one would reject is refused\n"},
		{"a user", connector.Receive{PermissionGroups: groups(permission.ExchangeUsers), AuthMechanism: mechanisms(auth.TLS | auth.BasicAuth), MessageAuthenticationMode: reject}, true, param.AuthenticationOff,
			"no   message-authentication: SPF, DKIM and DMARC are not checked: the client holds ms-Exch-Bypass-Anti-Spam\n"},
		{"a grant", connector.Receive{PermissionGroups: groups(anonymous), MessageAuthenticationMode: reject,
			Permissions: []permission.Grant{allow(permission.SIDAnonymous, permission.BypassAntiSpam)}}, false, param.AuthenticationOff,
			"no   message-authentication: SPF, DKIM and DMARC are not checked: the client holds ms-Exch-Bypass-Anti-Spam\n"},
	} {
		s := one(t, permission.Current, tt.receive, connector.Transport{}).Open(auth.Channel{TLS: true}, nil)
		if tt.login {
			s, _ = s.Login(user("ann@contoso.com"))
		}
		var trace connector.Trace
		got := s.Tracing(&trace).MessageAuthentication()
		if got != tt.want || got != s.Inbound().MessageAuthentication(s.Rights()) || trace.String() != tt.steps {
			t.Errorf("%s: %v, %swant %v, %s", tt.why, got, trace, tt.want, tt.steps)
		}
	}
	if (connector.Session{}).MessageAuthentication() != param.AuthenticationOff || (*connector.Inbound)(nil).MessageAuthentication(0) != param.AuthenticationOff {
		t.Error("the zero session checks messages")
	}
}

// TestKeepResults: whose Authentication-Results a client may bring.
func TestKeepResults(t *testing.T) {
	trusting := connector.Receive{PermissionGroups: groups(anonymous), Fqdn: "Mail.contoso.com", TrustedAuthenticationServices: []string{"filter.Contoso.com"}}
	f := one(t, permission.Current, trusting, connector.Transport{}).Open(auth.Channel{}, nil).Headers()
	for name, want := range map[string]bool{"mail.contoso.com": false, "MAIL.CONTOSO.COM": false, "filter.contoso.com": true, "mx.example.net": true, "": true} {
		if got := f.KeepResults(name); got != want {
			t.Errorf("KeepResults(%q) = %v", name, got)
		}
	}
	if got := f.Services(); !slices.Equal(got, []string{"mail.contoso.com"}) {
		t.Errorf("refused are %q", got)
	}
	trusting.Permissions = []permission.Grant{allow(permission.SIDAnonymous, permission.AcceptHeadersOrganization)}
	if f := one(t, permission.Current, trusting, connector.Transport{}).Open(auth.Channel{}, nil).Headers(); !f.KeepResults("mail.contoso.com") || f.Services() != nil {
		t.Error("a server of the organisation may not bring results")
	}
	if (connector.HeaderFilter{}).KeepResults("mx.example.net") || (connector.HeaderFilter{}).Services() != nil {
		t.Error("the zero filter keeps results")
	}
}
