package connector_test

import (
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/permission"
)

func TestHeaderFilterZero(t *testing.T) {
	var zero connector.HeaderFilter
	tests := []struct {
		name string
		keep bool
	}{
		{"Subject", true},
		{"Received", false},
		{"RECEIVED", false},
		{"received ", false},
		{"Received\t", false},
		{"Received-SPF", true},
		{"Resent-From", false},
		{"resent-message-id", false},
		{"Resent", true},
		{"X-MS-Exchange-Organization-SCL", false},
		{"x-ms-exchange-ORGANIZATION-scl ", false},
		{"X-MS-Exchange-Organization-", false},
		{"X-MS-Exchange-Organization", true},
		{"X-MS-Exchange-Forest-RulesExecuted", false},
		{"X-MS-Exchange-CrossPremises-AuthAs", false},
		{"X-MS-Exchange-Transport-Something", true},
		{"X-MS-E\u017fchange-Organization-SCL", true}, // folds to s by Unicode, which mail does not
		{"", true},
	}
	for _, tt := range tests {
		if got := zero.Keep(tt.name); got != tt.keep {
			t.Errorf("Keep(%q) = %v, want %v", tt.name, got, tt.keep)
		}
	}
}

func TestHeaderFilterByRight(t *testing.T) {
	const (
		received = "Received"
		org      = "X-MS-Exchange-Organization-AuthAs"
		forest   = "X-MS-Exchange-Forest-A"
		cross    = "X-MS-Exchange-CrossPremises-A"
	)
	servers := groups(permission.ExchangeServers)
	tests := []struct {
		why     string
		profile connector.Profile
		receive connector.Receive
		keeps   string
	}{
		{"no group", permission.Current, connector.Receive{}, ""},
		{"anonymous", permission.Current, connector.Receive{PermissionGroups: groups(anonymous)}, received},
		{"Externally Secured", permission.Current,
			connector.Receive{AuthMechanism: mechanisms(auth.ExternalAuthoritative), PermissionGroups: servers}, received},
		{"Externally Secured, 2007", permission.Exchange2007,
			connector.Receive{AuthMechanism: mechanisms(auth.ExternalAuthoritative), PermissionGroups: servers}, received + org + forest},
		{"explicit grants", permission.Current, connector.Receive{PermissionGroups: groups(anonymous),
			Permissions: []permission.Grant{allow(permission.SIDAnonymous, permission.AcceptHeadersOrganization),
				deny(permission.SIDAnonymous, permission.AcceptHeadersRouting)}}, org},
	}
	for _, tt := range tests {
		f := one(t, tt.profile, tt.receive, connector.Transport{}).Open(auth.Channel{}, nil).Headers()
		for _, name := range []string{received, org, forest, cross} {
			if got := f.Keep(name); got != strings.Contains(tt.keeps, name) {
				t.Errorf("%s: Keep(%s) = %v", tt.why, name, got)
			}
		}
	}
}

// FuzzHeaderFilterKeep compares with the rule in its plainest form.
func FuzzHeaderFilterKeep(f *testing.F) {
	f.Add("Received")                       // a whole name
	f.Add("rEsent-to \t")                   // a prefix, white space after it
	f.Add("X-MS-Exchange-organization-SCL") // letter case
	f.Add("Received\x00")                   // control characters end no name
	f.Fuzz(func(t *testing.T, name string) {
		want := true
		low := strings.Map(func(c rune) rune {
			if 'A' <= c && c <= 'Z' {
				c += 'a' - 'A'
			}
			return c
		}, strings.TrimRightFunc(name, func(c rune) bool { return c <= ' ' }))
		for _, prefix := range []string{"resent-", "x-ms-exchange-organization-", "x-ms-exchange-forest-", "x-ms-exchange-crosspremises-"} {
			want = want && !strings.HasPrefix(low, prefix)
		}
		want = want && low != "received"
		if got := (connector.HeaderFilter{}).Keep(name); got != want {
			t.Errorf("Keep(%q) = %v, want %v", name, got, want)
		}
	})
}
