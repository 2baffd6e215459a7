package relay_test

import (
	"context"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/routing"
)

// tenantUsers knows boss, who may send as any address of contoso.com and bücher.example.
func tenantUsers(_ context.Context, c auth.Credentials, _ auth.Channel) (auth.Identity, error) {
	if c.Username != "boss" || c.Password != password {
		return auth.Identity{}, auth.ErrBadCredentials
	}
	return auth.Identity{
		Principal: permission.Authenticated("boss", permission.NameSID(`CONTOSO\Mailers`)),
		Domains: []auth.SenderDomain{
			{Domain: routing.MustParseDomain("contoso.com")}, {Domain: routing.MustParseDomain("bücher.example")},
		},
	}, nil
}

// tenantWorld serves boss, whose server completes bare local parts with the domain of
// another tenant. No right about senders is granted.
func tenantWorld(t *testing.T) *world {
	r := defaultHub()
	r.PermissionGroups = param.Value(permission.ExchangeUsers)
	r.DefaultDomain = "fabrikam.com"
	r.MaxProtocolErrors = param.Value(param.Unlimited)
	return serve(t, policy(t, r), func(s *relay.Server) { s.Verifier = auth.VerifierFunc(tenantUsers) })
}

// TestTenantMail writes senders of other tenants at MAIL in many forms. What is
// accepted must be in boss's domains, as it arrives at the handler.
func TestTenantMail(t *testing.T) {
	w := tenantWorld(t)
	c := w.encrypted(stranger, hub)
	c.Do("AUTH PLAIN "+plain("boss", password), 235)
	if text := c.Do("MAIL FROM:<kim@fabrikam.com>", 550); !strings.HasPrefix(text, "5.7.60 SMTP; Client does not have permissions") {
		t.Errorf("the reply is %q", text)
	}
	accepted := 0
	for _, path := range []string{
		"<kim@contoso.com>",
		"<KIM@CONTOSO.COM.>",
		"kim@contoso.com",
		"<\"kim@fabrikam.com\"@contoso.com>",
		"<kim@b\u00fccher.example> SMTPUTF8",
		"<kim@XN--BCHER-KVA.example>",
		"<@fabrikam.com:kim@contoso.com>", // the route is dropped
		"<>",
		"<kim>", // completed with the other tenant's domain
		"kim",
		"<kim@fabrikam.com>",
		"<kim@FABRIKAM.COM.>",
		"<kim@fabrikam.com> AUTH=<boss@contoso.com>",
		"<@contoso.com:kim@fabrikam.com>",
		"<kim@contoso.com.evil.example>",
		"<kim@mail.contoso.com>",
		"<kim@contoso.com@fabrikam.com>",
		"<kim@fabrikam.com@contoso.com>",
		"<\"kim@contoso.com\"@fabrikam.com>",
		"<\"kim@contoso.com>\"@fabrikam.com>",
		"<kim@contoso.com>@fabrikam.com",
		"<kim@contoso.com> <kim@fabrikam.com>",
		"<kim%contoso.com@fabrikam.com>",
		"<contoso.com!kim@fabrikam.com>",
		"<kim@bucher.example>",
		"<kim@bu\u0308cher.example> SMTPUTF8",
		"<kim@conto\u017fo.com> SMTPUTF8",
		"<kim@contoso\u3002com> SMTPUTF8",
		"<kim@contoso.com\x00.fabrikam.com>",
		"<kim@[10.2.3.4]>",
	} {
		c.Send("MAIL FROM:" + path)
		code, text := c.Reply()
		if code != 250 {
			if code < 500 {
				t.Errorf("%q: %d %s", path, code, text)
			}
			continue
		}
		accepted++
		c.Do("RCPT TO:<"+inside+">", 250)
		send(c, strings.Replace(message, inside, "boss@contoso.com", 1), 250)
		all := w.mailbox.letters()
		from := all[len(all)-1].env.From
		if d := from.Domain().String(); !from.IsNull() && d != "contoso.com" && d != "xn--bcher-kva.example" {
			t.Errorf("%q was accepted as %q", path, from)
		}
	}
	if accepted != 8 {
		t.Errorf("%d senders accepted, want the first 8", accepted)
	}
}

// TestTenantHeader writes authors of other tenants into the header of a message, which
// boss sends as itself or as the null sender.
func TestTenantHeader(t *testing.T) {
	tests := []struct {
		header string
		ok     bool
	}{
		{"From: kim@contoso.com\r\n", true},
		{"From: \"kim@fabrikam.com\" <kim@contoso.com>\r\n", true}, // a display name is not an address
		{"From: kim@contoso.com, ann@Contoso.COM\r\nSender: boss@contoso.com\r\n", true},
		{"From: kim@contoso.com\r\nReply-To: kim@fabrikam.com\r\nResent-From: kim@fabrikam.com\r\n", true}, // neither names the author
		{"From: kim@fabrikam.com\r\n", false},
		{"From: <kim@FABRIKAM.com>\r\n", false},
		{"From: kim@mail.contoso.com\r\n", false},
		{"From: \"kim@contoso.com\" <kim@fabrikam.com>\r\n", false},
		{"From: \"kim@contoso.com\"@fabrikam.com\r\n", false},
		{"From: boss@contoso.com,\r\n\tkim@fabrikam.com\r\n", false},
		{"From: boss@contoso.com\r\nfrom: kim@fabrikam.com\r\n", false},
		{"From: boss@contoso.com\r\nSender: kim@fabrikam.com\r\n", false},
		{"From: a group: boss@contoso.com, kim@fabrikam.com;\r\n", false},
		{"From: boss@contoso.com (a comment) kim@fabrikam.com\r\n", false},
		{"From: =?utf-8?q?kim=40contoso.com?= <kim@fabrikam.com>\r\n", false},
		{"From: kim@fabrikam.com <boss@contoso.com\r\n", false},
		{"From: kim\r\n", false},
	}
	w := tenantWorld(t)
	c := w.encrypted(stranger, hub)
	c.Do("AUTH PLAIN "+plain("boss", password), 235)
	for _, tt := range tests {
		for _, from := range []string{"boss@contoso.com", ""} {
			c.Do("MAIL FROM:<"+from+">", 250)
			c.Do("RCPT TO:<"+inside+">", 250)
			code := 250
			if !tt.ok {
				code = 550
			}
			text := send(c, tt.header+"Subject: hello\r\nMessage-ID: <1@client.contoso.com>\r\n\r\nHello.\r\n", code)
			if !tt.ok && !strings.HasPrefix(text, "5.7.60 ") {
				t.Errorf("%q from <%s>: %s", tt.header, from, text)
			}
		}
	}
}
