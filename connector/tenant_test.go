package connector_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// tenants is a connector for the users of contoso.com, which is authoritative here,
// relay.example, which is relayed, and fabrikam.com, which isn't accepted here at all.
func tenants(t testing.TB, grants ...permission.Grant) *connector.Inbound {
	t.Helper()
	return one(t, permission.Current, connector.Receive{
		AuthMechanism: mechanisms(basic), PermissionGroups: groups(users), Permissions: grants,
	}, connector.Transport{})
}

// tenant is a user who may send as any address of domains.
func tenant(name string, domains ...string) auth.Identity {
	id := auth.Identity{Principal: permission.Authenticated(name, permission.NameSID(`CONTOSO\Mailers`))}
	for _, text := range domains {
		d, err := auth.ParseSenderDomain(text)
		if err != nil {
			panic(err)
		}
		id.Domains = append(id.Domains, d)
	}
	return id
}

// TestTenantsDontSendAsEachOther writes foreign senders in every form that could pass
// for the tenant's domain, at MAIL and in the header. Each must be refused by the parser
// or by the decision, unless the address really is in the domain, in which case it
// must print as such.
func TestTenantsDontSendAsEachOther(t *testing.T) {
	s := login(t, tenants(t), tenant(`contoso\boss`, "contoso.com", "bücher.example"))
	for _, text := range []string{
		"kim@fabrikam.com",
		"kim@FABRIKAM.com.",
		"kim@relay.example",
		"kim@mail.contoso.com",
		"kim@contoso.com.evil.example",
		"kim@evil.example.contoso.com",
		"kim@xcontoso.com",
		"kim@com",
		"kim@.contoso.com",
		"kim@contoso.com..",
		"kim@contoso.com@fabrikam.com",
		"kim@fabrikam.com@contoso.com",
		"@contoso.com:kim@fabrikam.com",
		`"kim@contoso.com"@fabrikam.com`,
		`"kim@fabrikam.com\" <x"@contoso.com`,
		"kim%contoso.com@fabrikam.com",
		"contoso.com!kim@fabrikam.com",
		"kim@conto\u017fo.com",         // long s
		"kim@c\u043entoso.com",         // Cyrillic o
		"kim@contoso\uff0ecom",         // full-width full stop
		"kim@contoso.com\x00.evil.org", // ends early in C
		"kim@bucher.example",
		"kim@xn--bcher-kvb.example",
		"kim@bu\u0308cher.example", // u and a combining diaeresis
		"kim@[192.0.2.1]",
		"kim@[contoso.com]",
		"@contoso.com",
		"contoso.com",
	} {
		a, err := routing.ParseAddress(text)
		if err != nil {
			continue
		}
		d := a.Domain().String()
		inside := (d == "contoso.com" || d == "xn--bcher-kva.example") && strings.HasSuffix(a.String(), "@"+d)
		if got := s.Mail(connector.Mail{From: a}); got.Allowed() != inside {
			t.Errorf("MAIL FROM %q (%v): %v", text, a, got)
		} else if !inside && got.Reply().String() != "550 5.7.60 SMTP; Client does not have permissions to send as this sender" {
			t.Errorf("MAIL FROM %q: %v", text, got.Reply())
		}
		if got := s.Authors([]routing.Address{a}, true); got.Allowed() != inside {
			t.Errorf("author %q (%v): %v", text, a, got)
		}
	}
	for _, ours := range []string{
		"boss@contoso.com", "KIM@CONTOSO.COM", "kim@contoso.com.", `"kim@fabrikam.com"@contoso.com`, "kim%fabrikam.com@contoso.com",
		"kim@bücher.example", "kim@XN--BCHER-KVA.example.",
	} {
		if d := s.Mail(connector.Mail{From: addr(ours)}); d.Reason != reply.SenderOK {
			t.Errorf("MAIL FROM %s: %v", ours, d)
		}
	}
}

// TestTenantAuthors checks the header of a message whose MAIL was allowed. One foreign
// author among several refuses it, and so does an author that can't be read.
func TestTenantAuthors(t *testing.T) {
	s := login(t, tenants(t), tenant(`contoso\boss`, "contoso.com"))
	tests := []struct {
		authors  string
		readable bool
		ok       bool
	}{
		{"boss@contoso.com", true, true},
		{"boss@contoso.com ann@contoso.com", true, true},
		{"kim@fabrikam.com", true, false},
		{"boss@contoso.com kim@fabrikam.com", true, false},
		{"kim@fabrikam.com boss@contoso.com", true, false},
		{"boss@contoso.com", false, false},
		{"", true, true},
		{"", false, false},
	}
	if d := s.Mail(connector.Mail{}); !d.Allowed() { // the null sender is no way around
		t.Errorf("null sender: %v", d)
	}
	if !s.ChecksAuthors() {
		t.Error("the header isn't looked at")
	}
	for _, tt := range tests {
		var authors []routing.Address
		for _, a := range strings.Fields(tt.authors) {
			authors = append(authors, addr(a))
		}
		d := s.Authors(authors, tt.readable)
		if d.Allowed() != tt.ok || !tt.ok && d.Reason != reply.SendAsDenied {
			t.Errorf("%v, readable %v: %v", authors, tt.readable, d)
		}
	}
}

// TestTenantRights shows which rights, given to a group of the tenant, go beyond its
// domains: those of Exchange keep their meaning.
func TestTenantRights(t *testing.T) {
	group := permission.NameSID(`contoso\mailers`)
	tests := []struct {
		why                    string
		grants                 []permission.Grant
		own, authoritative, no bool // boss@fabrikam.com, kim@contoso.com, kim@example.net
	}{
		{"no grant", nil, true, false, false},
		{"relaying", []permission.Grant{allow(group, permission.AcceptAnyRecipient)}, true, false, false},
		{"any sender", []permission.Grant{allow(group, permission.AcceptAnySender)}, true, false, true},
		{"accepted domains", []permission.Grant{allow(group, permission.AcceptAuthoritativeDomainSender)}, true, true, false},
		{"any sender denied", []permission.Grant{deny(group, permission.AcceptAnySender)}, true, false, false},
	}
	for _, tt := range tests {
		s := login(t, tenants(t, tt.grants...), tenant(`fabrikam\boss`, "fabrikam.com"))
		for from, want := range map[string]bool{"boss@fabrikam.com": tt.own, "kim@contoso.com": tt.authoritative, "kim@example.net": tt.no} {
			if d := s.Mail(connector.Mail{From: addr(from)}); d.Allowed() != want {
				t.Errorf("%s: %s: %v", tt.why, from, d)
			}
		}
	}
	in := tenants(t, deny(group, permission.Submit))
	if _, d := in.Open(auth.Channel{TLS: true}, nil).Login(tenant(`contoso\boss`, "contoso.com")); d.Allowed() {
		t.Error("a group that is denied Submit logs on")
	}
}

// TestTenantExplained reads the reasons, and checks that Login copies the domains.
func TestTenantExplained(t *testing.T) {
	id := tenant(`contoso\boss`, "contoso.com", "*.contoso.com")
	s := login(t, tenants(t), id)
	id.Domains[0] = auth.SenderDomain{Domain: routing.MustParseDomain("fabrikam.com")}
	for from, want := range map[string]string{
		"kim@contoso.com":      `yes  own-domain: contoso\boss may send as any address of contoso.com`,
		"kim@mail.contoso.com": `yes  own-domain: contoso\boss may send as any address of *.contoso.com`,
		"kim@fabrikam.com":     `no   own-domain: contoso\boss may send as any address of contoso.com, *.contoso.com; fabrikam.com is not one of these`,
	} {
		var why connector.Trace
		d := s.Tracing(&why).Mail(connector.Mail{From: addr(from)})
		if !strings.Contains(why.String(), want+"\n") || d.Allowed() != strings.HasPrefix(want, "yes") {
			t.Errorf("%s: %v\n%vwant %s", from, d, why, want)
		}
	}
}

// slowTenant says who may send as what with comparisons of text: a domain matches
// itself, and *.domain what ends in .domain.
func slowTenant(domains []string, address string) bool {
	_, domain := parts(strings.ToLower(address))
	domain = strings.TrimSuffix(domain, ".")
	return slices.ContainsFunc(domains, func(d string) bool {
		if suffix, ok := strings.CutPrefix(d, "*"); ok {
			return strings.HasSuffix(domain, suffix)
		}
		return domain == d
	})
}

// TestTenantsAgainstSlow compares the decisions with slowTenant, for random lists of
// domains and addresses made of the same few labels.
func TestTenantsAgainstSlow(t *testing.T) {
	rnd := rand.New(rand.NewPCG(10, 15))
	in := tenants(t)
	labels := []string{"contoso", "com", "xcontoso"}
	domain := func() string {
		all := make([]string, 1+rnd.IntN(3))
		for i := range all {
			all[i] = labels[rnd.IntN(len(labels))]
		}
		return strings.Join(all, ".")
	}
	locals := []string{"kim", `"kim@contoso.com"`, "kim%contoso.com"}
	yes := 0
	const rounds, each = 400, 10
	for range rounds {
		domains := make([]string, rnd.IntN(5))
		for i := range domains {
			domains[i] = []string{"", "*."}[rnd.IntN(2)] + domain()
		}
		s := login(t, in, tenant("boss", domains...))
		for range each {
			text := locals[rnd.IntN(len(locals))] + "@" + domain()
			switch rnd.IntN(3) {
			case 0:
				text = strings.ToUpper(text)
			case 1:
				text += "."
			}
			want := slowTenant(domains, text)
			if want {
				yes++
			}
			mail, authors := s.Mail(connector.Mail{From: addr(text)}), s.Authors([]routing.Address{addr(text)}, true)
			if mail.Allowed() != want || authors.Allowed() != want {
				t.Fatalf("%s by %q: %v and %v, want %v", text, domains, mail, authors, want)
			}
		}
	}
	if yes < rounds || yes > rounds*each/2 {
		t.Errorf("%d of %d allowed, which tests one side only", yes, rounds*each)
	}
}
