package analysis_test

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// TestRemedies wants what the client itself can do about a refusal, the least first,
// and nothing where only the policy can.
func TestRemedies(t *testing.T) {
	submission := func(c *connector.Config) {
		c.Receive[0].PermissionGroups = param.Value(permission.ExchangeUsers)
	}
	user := func(d *connector.Dialog) {
		d.TLS, d.User = true, &auth.Identity{Principal: permission.Authenticated("app")}
	}
	printers := permission.NameSID(`FABRIKAM\Printers`)
	for _, tt := range []struct {
		name   string
		policy func(*connector.Config)
		dialog func(*connector.Dialog)
		want   []string
	}{
		{"it may do it all", nil, func(d *connector.Dialog) { d.To = recipients("ann@fabrikam.com") }, nil},
		{"a connector for users", submission, nil, []string{"login the client logs on as a user who may send as scanner@fabrikam.com, after STARTTLS"}},
		{"passwords without TLS", func(c *connector.Config) {
			submission(c)
			c.Receive[0].AuthMechanism = param.Value(auth.BasicAuth)
		}, nil, []string{"login the client logs on as a user who may send as scanner@fabrikam.com"}},
		{"the null sender", submission, func(d *connector.Dialog) { d.From = routing.Address{} }, []string{"login the client logs on, after STARTTLS"}},
		{"relaying is for users", nil, nil, []string{"login the client logs on as a user who may send as scanner@fabrikam.com, after STARTTLS"}},
		{"no AUTH", func(c *connector.Config) { c.Receive[0].AuthMechanism = param.Value(auth.TLS) }, nil, nil},
		{"TLS is required", func(c *connector.Config) { c.Receive[0].RequireTLS = true }, func(d *connector.Dialog) { d.To = recipients("ann@fabrikam.com") },
			[]string{"starttls the client uses STARTTLS"}},
		{"TLS is required, and then more", func(c *connector.Config) {
			submission(c)
			c.Receive[0].RequireTLS = true
		}, nil, []string{"login the client logs on as a user who may send as scanner@fabrikam.com, after STARTTLS"}},
		{"AUTH needs TLS", nil, func(d *connector.Dialog) {
			user(d)
			d.TLS, d.From = false, routing.Address{}
		}, []string{"starttls the client uses STARTTLS"}},
		{"another's address", nil, user, []string{"address add scanner@fabrikam.com to the addresses of app in the users file"}},
		{"a group that may relay", func(c *connector.Config) {
			c.Receive[0].PermissionGroups = param.Value(permission.AnonymousUsers)
			c.Receive[0].Permissions = []permission.Grant{{To: printers, Allow: permission.SetOf(permission.Submit, permission.AcceptAnySender, permission.AcceptAuthoritativeDomainSender, permission.AcceptAnyRecipient)}}
		}, user, []string{`member make app a member of fabrikam\printers in the users file`}},
		{"a group that may relay, for who doesn't log on", func(c *connector.Config) {
			c.Receive[0].PermissionGroups = param.Value(permission.AnonymousUsers)
			c.Receive[0].Permissions = []permission.Grant{{To: printers, Allow: permission.SetOf(permission.Submit, permission.AcceptAnySender, permission.AcceptAuthoritativeDomainSender, permission.AcceptAnyRecipient)}}
		}, nil, []string{`login the client logs on as a user who may send as scanner@fabrikam.com and is fabrikam\printers or a member of it, after STARTTLS`}},
		{"a name at EHLO", func(c *connector.Config) { c.Receive[0].RequireEHLODomain = true }, func(d *connector.Dialog) {
			d.Helo, d.To = "", recipients("ann@fabrikam.com")
		}, []string{"ehlo the client gives its domain name at EHLO"}},
		{"a certificate", func(c *connector.Config) {
			c.Receive[0].DomainSecureEnabled = true
			c.Receive[0].PermissionGroups = param.Value(permission.AnonymousUsers | permission.Partners)
			c.Transport.TLSReceiveDomainSecureList = []string{"woodgrove.example"}
		}, func(d *connector.Dialog) {
			d.From, d.To = routing.MustParseAddress("ann@woodgrove.example"), recipients("ann@fabrikam.com")
		}, []string{"certificate the client shows a certificate of woodgrove.example, after STARTTLS"}},
		{"a port that begins with TLS", func(c *connector.Config) {
			c.Receive[0].Bindings = []netip.AddrPort{netip.MustParseAddrPort("0.0.0.0:465")}
		},
			func(d *connector.Dialog) {
				d.Local, d.To = netip.MustParseAddrPort("10.2.3.4:465"), recipients("ann@fabrikam.com")
			}, []string{"starttls the client uses TLS from the start"}},
		{"a server without a certificate", nil, func(d *connector.Dialog) {
			user(d)
			d.NoCertificate, d.From = true, routing.Address{}
		}, []string{"server-certificate the server gets a certificate"}},
		{"no connector serves it", nil, func(d *connector.Dialog) { d.Local = netip.MustParseAddrPort("10.2.3.4:2525") }, nil},
	} {
		cfg, d := fabrikam(), scanner()
		if tt.policy != nil {
			tt.policy(&cfg)
		}
		if tt.dialog != nil {
			tt.dialog(&d)
		}
		var got []string
		for _, r := range analysis.Remedies(compiled(t, cfg), d) {
			if !r.Accepted() {
				t.Errorf("%s: %s isn't enough", tt.name, r.Text)
			}
			if !slices.Contains(analysis.RemedyKinds(), r.Kind) {
				t.Errorf("%s: there is no kind %q", tt.name, r.Kind)
			}
			got = append(got, string(r.Kind)+" "+r.Text)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// TestNarrow wants only what is for the client's own address to be narrow.
func TestNarrow(t *testing.T) {
	edits, _ := analysis.WhyNot(compiled(t, fabrikam()), scanner())
	for _, e := range edits {
		if want := e.Kind == analysis.EditRange; e.Narrow() != want {
			t.Errorf("%s: narrow %v, want %v", e.Text, e.Narrow(), want)
		}
	}
}
