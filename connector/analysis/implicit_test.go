package analysis_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/permission"
)

// TestImplicitTLS: every client on port 465 uses TLS, so nothing that concerns
// the clear is different there, and what differs has a witness with TLS.
func TestImplicitTLS(t *testing.T) {
	submission := func(mechanism auth.Mechanism, ports ...string) connector.Config {
		c := office()
		c.Receive[1].AuthMechanism = param.Value(mechanism)
		c.Receive[1].Bindings = bindings(ports...)
		return c
	}
	const strict = auth.TLS | auth.BasicAuth | auth.BasicAuthRequireTLS
	required := submission(strict, "0.0.0.0:465")
	required.Receive[1].RequireTLS = true
	anonymous := submission(auth.BasicAuth, "0.0.0.0:465")
	anonymous.Receive[1].PermissionGroups = param.Value(permission.ExchangeUsers | permission.AnonymousUsers)
	for _, row := range []struct {
		name     string
		old, now connector.Config
		want     []string
	}{
		{"RequireTLS", submission(strict, "0.0.0.0:465"), required, nil},
		{"BasicAuthRequireTLS", submission(strict, "0.0.0.0:465"), submission(auth.TLS|auth.BasicAuth, "0.0.0.0:465"), nil},
		{"no STARTTLS", submission(auth.TLS|auth.BasicAuth, "0.0.0.0:465"), submission(auth.BasicAuth, "0.0.0.0:465"), nil},
		{"without Tls", submission(auth.BasicAuth, "0.0.0.0:465"), anonymous, []string{
			`wider: Clients in 10.0.0.0/8 on 0.0.0.0:465 may now send to contoso.com without authentication (connector "Clients").`,
		}},
		{"both ports", submission(strict, "0.0.0.0:465", "0.0.0.0:587"), submission(auth.TLS|auth.BasicAuth, "0.0.0.0:465", "0.0.0.0:587"), []string{
			`wider: Clients in 10.0.0.0/8 on 0.0.0.0:587 are now offered AUTH LOGIN and PLAIN without TLS (connector "Clients").`,
			`wider: Clients in 10.0.0.0/8 on 0.0.0.0:587 may now relay to any domain after logging on without TLS (connector "Clients").`,
			`wider: Clients in 10.0.0.0/8 on 0.0.0.0:587 may now send to contoso.com after logging on without TLS (connector "Clients").`,
		}},
		{"no AUTH", submission(strict, "0.0.0.0:465"), submission(auth.TLS, "0.0.0.0:465"), []string{
			`stricter: Clients in 10.0.0.0/8 on 0.0.0.0:465 are no longer offered AUTH LOGIN and PLAIN (connector "Clients").`,
			`stricter: Clients in 10.0.0.0/8 on 0.0.0.0:465 may no longer relay to any domain after logging on (connector "Clients").`,
			`stricter: Clients in 10.0.0.0/8 on 0.0.0.0:465 may no longer send to contoso.com after logging on (connector "Clients").`,
		}},
	} {
		var got []string
		for _, c := range analysis.Compare(compile(t, row.old), compile(t, row.now)).Changes {
			got = append(got, c.Direction.String()+": "+c.Text)
			if implicit := c.Witness.Local.Port() == 465; implicit && !c.Witness.TLS {
				t.Errorf("%s: the witness at %s has no TLS", row.name, c.Witness.Local)
			}
			if c.Aspect != analysis.AspectAuth && c.Old().Accepted() == c.New().Accepted() {
				t.Errorf("%s: the witness has the same result: %s", row.name, c.Text)
			}
		}
		if !slices.Equal(got, row.want) {
			t.Errorf("%s: got\n%s\nwant\n%s", row.name, strings.Join(got, "\n"), strings.Join(row.want, "\n"))
		}
	}
}

// TestImplicitTLSFindings: passwords aren't in the clear on port 465, and what is
// found there is shown with TLS.
func TestImplicitTLSFindings(t *testing.T) {
	for _, row := range []struct {
		bindings string
		want     []source.Code
		port     uint16 // of the first witness
	}{
		{`"0.0.0.0:465"`, []source.Code{"relay-user"}, 465},
		{`"0.0.0.0:465", "0.0.0.0:587"`, []source.Code{"auth-clear", "relay-user"}, 587},
	} {
		p := compiled(t, with(t, `"0.0.0.0:25"`, row.bindings, "%in", `, "AuthMechanism": "Tls, BasicAuth"`, "AnonymousUsers", "ExchangeUsers"))
		var got []source.Code
		for i, f := range analysis.Check(p, analysis.Options{}) {
			got = append(got, f.Code)
			if d := f.Witness; i == 0 && (d.Local.Port() != row.port || row.port == 465 && !d.TLS) {
				t.Errorf("%s: the witness of %v is %+v", row.bindings, f, d)
			}
		}
		if !slices.Equal(got, row.want) {
			t.Errorf("%s: got %q, want %q", row.bindings, got, row.want)
		}
	}
}
