package observed_test

import (
	"cmp"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/semantics"
	"github.com/interchange-smtp/interchange/connector/internal/semantics/observed"
	"github.com/interchange-smtp/interchange/connector/jsonconfig"
	"github.com/interchange-smtp/interchange/internal/policygen"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// read has package semantics read the text of p.
func read(t *testing.T, p *connector.Policy) *observed.Policy {
	t.Helper()
	text := textOf(t, p)
	q, err := observed.Read(text)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return q
}

func textOf(t testing.TB, p *connector.Policy) []byte {
	t.Helper()
	text, err := jsonconfig.Marshal(p.Config())
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// The pools of sessions, beside those of policygen.
var (
	locals = append([]netip.AddrPort{
		netip.MustParseAddrPort("192.0.2.7:465"), netip.MustParseAddrPort("192.0.2.1:465"), netip.MustParseAddrPort("[2001:db8::25]:465"),
		netip.MustParseAddrPort("192.0.2.1:26"), netip.MustParseAddrPort("[::ffff:192.0.2.1]:25"), netip.MustParseAddrPort("[2001:db8::26]:25"),
	}, policygen.Locals...)
	domains = append([]string{
		"b.single", "c.example.net", "x.test", "deep.b.a.contoso.com", "partner.test", "x.partner.test", "com", "other.com", "xn--bcher-kva.example", "x.xn--bcher-kva.example", "xn--fa-hia.de", "[IPv6:2001:db8::1]", "xexample.net",
	}, policygen.Domains...)
	localParts = []string{"user", "ann", "Ann", "scanner", "user%example.net", "a!b", `"a@b"`, "ünal", `"with blank"`}
	fields     = []string{
		"Received", "RESENT-From", "Subject", "X-MS-Exchange-Organization-SCL", "x-ms-exchange-forest-a", "X-MS-Exchange-CrossPremises-b", "X-MS-Exchange-Other", "Resent",
	}
	names = append([]string{"Partner.Test.", "x.partner.test", "*.other.test"}, policygen.Names...)
)

func pick[T any](r *rand.Rand, all []T) T { return all[r.IntN(len(all))] }

// some returns each of all with a chance of one in n.
func some[T any](r *rand.Rand, all []T, n int) (list []T) {
	for _, v := range all {
		if r.IntN(n) == 0 {
			list = append(list, v)
		}
	}
	return list
}

// drawer draws sessions that meet what one policy mentions.
type drawer struct {
	*rand.Rand
	policy   *observed.Policy
	mentions observed.Mentions
	clients  []netip.Addr
}

func newDrawer(r *rand.Rand, p *observed.Policy) drawer {
	m := p.Mentions()
	all := m.Clients()
	for _, a := range all {
		if a.Is4() {
			all = append(all, netip.AddrFrom16(a.As16())) // an IPv4 address in its mapped form
		}
	}
	return drawer{r, p, m, all}
}

// near draws a limit or the next larger number, or 0.
func near[T int | int64](r *rand.Rand, limits []int64) T {
	return T(pick(r, append(slices.Clone(limits), -1)) + 1 - int64(r.IntN(2)))
}

// address draws an address: half of the time in a domain that the policy mentions, or
// below one.
func (d drawer) address() string {
	if len(d.mentions.Addresses) > 0 && d.IntN(4) == 0 {
		return pick(d.Rand, d.mentions.Addresses)
	}
	domain := pick(d.Rand, domains)
	if mentioned := d.mentions.Domains; len(mentioned) > 0 && d.IntN(2) == 0 {
		domain = pick(d.Rand, mentioned)
		if domain[0] != '[' {
			domain = pick(d.Rand, []string{"", "", "x.", "y.x.", "x"}) + domain
		}
	}
	return pick(d.Rand, localParts) + "@" + domain
}

// session draws a session.
func (d drawer) session() observed.Session {
	r := d.Rand
	s := observed.Session{Client: semantics.Client{TLS: r.IntN(2) == 0, Helo: "client.example"}, Header: fields}
	for range 8 { // most sessions shall be served
		s.Local, s.Remote = pick(r, locals), pick(r, d.clients)
		if d.policy.Serving(s.Local, s.Remote) != nil {
			break
		}
	}
	switch r.IntN(12) { // and most come to the end
	case 0:
		s.Helo = pick(r, []string{"a b", "", " \t", "a\x01b"})
	case 1:
		s.HeaderSize = near[int64](r, d.mentions.Headers)
	case 2:
		s.Hops = near[int](r, d.mentions.Hops)
	case 3:
		s.LocalHops = near[int](r, d.mentions.LocalHops)
	case 4, 5, 6:
		s.Size = near[int64](r, d.mentions.Sizes)
	case 7:
		s.Size = pick(r, policygen.Sizes)
	}
	if s.TLS {
		s.PeerNames = some(r, names, 4)
	}
	if r.IntN(5) > 0 {
		s.From = d.address()
	}
	for range 1 + r.IntN(3)*r.IntN(2) {
		s.To = append(s.To, d.address())
	}
	if r.IntN(20) == 0 {
		s.To = nil
	}
	for range r.IntN(3) {
		s.Authors = append(s.Authors, pick(r, []string{d.address(), cmp.Or(s.From, "ann@contoso.com"), "scanner@contoso.com"}))
	}
	if r.IntN(2) == 0 {
		s.User = true
		s.Groups = append(texts(some(r, policygen.WideGroups, 4)), "ann")
		s.Addresses = some(r, []string{"ann@contoso.com", "scanner@elsewhere.org"}, 2)
		s.Domains = some(r, []string{"contoso.com", "*.contoso.com", "fabrikam.com", "*.fabrikam.com"}, 5)
	}
	return s
}

// texts returns groups as the policy's text names them.
func texts(groups []permission.SID) (list []string) {
	for _, sid := range groups {
		list = append(list, sid.Name())
	}
	return list
}

// dialog returns s as the evaluator that serves clients takes it.
func dialog(t *testing.T, s observed.Session) connector.Dialog {
	t.Helper()
	parse := func(text string) routing.Address {
		if text == "" {
			return routing.Address{}
		}
		a, err := routing.ParseAddress(text)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	d := connector.Dialog{
		Local: s.Local, Remote: s.Remote, TLS: s.TLS, PeerNames: s.PeerNames, Further: auth.WithoutPassword(),
		Helo: s.Helo, From: parse(s.From), Size: s.Size, HeaderSize: s.HeaderSize, Hops: s.Hops, LocalHops: s.LocalHops, Header: s.Header,
	}
	for _, to := range s.To {
		d.To = append(d.To, parse(to))
	}
	for _, a := range s.Authors {
		d.Authors = append(d.Authors, parse(a))
	}
	if s.User {
		d.User = &auth.Identity{Principal: permission.Principal{Name: "ann"}}
		for _, group := range s.Groups {
			who, err := permission.ParsePrincipal(group)
			if err != nil {
				t.Fatal(err)
			}
			d.User.SIDs = append(d.User.SIDs, who.SIDs...)
		}
		for _, a := range s.Addresses {
			d.User.Addresses = append(d.User.Addresses, parse(a))
		}
		for _, text := range s.Domains {
			own, err := auth.ParseSenderDomain(text)
			if err != nil {
				t.Fatal(err)
			}
			d.User.Domains = append(d.User.Domains, own)
		}
	}
	return d
}
