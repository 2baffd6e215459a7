package enumeration_test

import (
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/shell/internal/enumeration"
	"github.com/interchange-smtp/interchange/permission"
)

func TestText(t *testing.T) {
	for _, tt := range []struct {
		parameter string
		n         int64
		want      string // "": not known
	}{
		{"PermissionGroups", 0, "None"}, {"permissiongroups", 1, "AnonymousUsers"}, {"PermissionGroups", 13, "AnonymousUsers, ExchangeServers, ExchangeLegacyServers"},
		{"PermissionGroups", 64, ""}, {"PermissionGroups", -1, ""},
		{"AuthMechanism", 7, "Tls, Integrated, BasicAuth"}, {"AuthMechanism", 32, "ExternalAuthoritative"},
		{"TransportRole", 16384, "FrontendTransport"}, {"TransportRole", 1, ""}, {"SizeEnabled", 1, "Enabled"}, {"MaxHopCount", 1, ""}, {"MessageRateSource", 1, ""},
	} {
		if got, ok := enumeration.Text(tt.parameter, tt.n); got != tt.want || ok != (tt.want != "") {
			t.Errorf("%s %d is %q, %v; want %q", tt.parameter, tt.n, got, ok, tt.want)
		}
	}
	for n := range int64(64) { // the names are those that the parsers know
		text, _ := enumeration.Text("PermissionGroups", n)
		if g, err := permission.ParseGroup(text); err != nil || int64(g) != n {
			t.Errorf("%d: %q is %v, %v", n, text, g, err)
		}
		text, _ = enumeration.Text("AuthMechanism", n)
		if m, err := auth.ParseMechanism(text); err != nil || int64(m) != n {
			t.Errorf("%d: %q is %v, %v", n, text, m, err)
		}
	}
}
