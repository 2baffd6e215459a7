package analysis_test

import (
	"slices"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
)

// TestRequireTLSOffers: RequireTLS takes AUTH away in the clear. That is part of the
// change of RequireTLS, and a change of its own where no client may send.
func TestRequireTLSOffers(t *testing.T) {
	for _, tt := range []struct {
		groups permission.Group
		want   []string
	}{
		{permission.ExchangeUsers, []string{
			`stricter: Clients in 10.0.0.0/8 on 0.0.0.0:587 must now use TLS (connector "Clients").`,
		}},
		{0, []string{
			`stricter: Clients in 10.0.0.0/8 on 0.0.0.0:587 are no longer offered AUTH LOGIN and PLAIN without TLS (connector "Clients").`,
		}},
	} {
		cfg := office()
		r := &cfg.Receive[1]
		r.Bindings, r.AuthMechanism, r.PermissionGroups = bindings("0.0.0.0:587"), param.Value(auth.TLS|auth.BasicAuth), param.Value(tt.groups)
		before := compile(t, cfg)
		r.RequireTLS = true
		var got []string
		for _, c := range analysis.Compare(before, compile(t, cfg)).Changes {
			got = append(got, c.Direction.String()+": "+c.Text)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%v: %q, want %q", tt.groups, got, tt.want)
		}
	}
}
