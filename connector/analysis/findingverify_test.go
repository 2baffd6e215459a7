package analysis_test

import (
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
)

// TestUnverified: which connectors should check SPF, DKIM and DMARC, and which should not.
func TestUnverified(t *testing.T) {
	mode := func(m param.AuthenticationMode) func(*connector.Receive) {
		return func(r *connector.Receive) { r.MessageAuthenticationMode = param.Value(m) }
	}
	for _, tt := range []struct {
		name   string
		change func(*connector.Receive)
		want   string
	}{
		{"off", func(*connector.Receive) {}, "unverified"},
		{"usage Internet", func(r *connector.Receive) { r.Usage = param.UsageInternet }, ""},
		{"note", mode(param.AuthenticationNote), ""},
		{"named clients", func(r *connector.Receive) { r.RemoteIPRanges = ranges("192.0.2.0/24") }, ""},
		{"inside", func(r *connector.Receive) { r.RemoteIPRanges = ranges("10.0.0.0/8") }, ""},
		{"users only", func(r *connector.Receive) { r.PermissionGroups = param.Value(permission.ExchangeUsers) }, ""},
		{"a grant", func(r *connector.Receive) {
			r.Permissions = []permission.Grant{allow(permission.SIDAnonymous, permission.BypassAntiSpam)}
		}, ""},
		{"behind a filter", func(r *connector.Receive) {
			r.TrustedAuthenticationServices = []string{"filter.contoso.com"}
			mode(param.AuthenticationReject)(r)
		}, "verified-behind-filter"},
		{"behind a filter, off", func(r *connector.Receive) {
			r.TrustedAuthenticationServices, r.RemoteIPRanges = []string{"filter.contoso.com"}, ranges("192.0.2.8")
		}, ""},
	} {
		cfg := with(t)
		tt.change(&cfg.Receive[0])
		p := compiled(t, cfg)
		opts := options("huba.fabrikam.com")
		opts.Authenticates = true
		var found []string
		for _, f := range analysis.Check(p, opts) {
			if f.Code != analysis.CodeUnverified && f.Code != analysis.CodeVerifiedBehindFilter {
				continue
			}
			found = append(found, string(f.Code))
			if f.Code != analysis.CodeUnverified {
				continue
			}
			if w := p.Walk(f.Witness); f.Witness.Remote.IsPrivate() || !w.Stages[len(w.Stages)-1].Decision.Allowed() {
				t.Errorf("%s: the witness is\n%v", tt.name, w)
			}
			repaired := p.Config()
			if !f.Repair(&repaired) || repaired.Receive[0].MessageAuthenticationMode.Or(0) != param.AuthenticationNote {
				t.Errorf("%s: the repair makes %v", tt.name, repaired.Receive[0])
			}
		}
		if got := strings.Join(found, " "); got != tt.want {
			t.Errorf("%s: found %q, want %q", tt.name, got, tt.want)
		}
		for _, f := range analysis.Check(p, options("huba.fabrikam.com")) {
			if f.Code == analysis.CodeUnverified {
				t.Errorf("%s: reported for a server that can't check it", tt.name)
			}
		}
	}
}
