package semantics_test

import (
	"math/rand/v2"
	"net/netip"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/internal/policygen"
	"github.com/interchange-smtp/interchange/connector/internal/semantics"
	"github.com/interchange-smtp/interchange/connector/jsonconfig"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// read has package semantics read the text of p.
func read(t *testing.T, p *connector.Policy) *semantics.Policy {
	t.Helper()
	text := textOf(t, p)
	q, err := semantics.Read(text)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return q
}

func textOf(t *testing.T, p *connector.Policy) []byte {
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
		"b.single", "c.example.net", "x.test", "deep.b.a.contoso.com", "partner.test", "x.partner.test", "com", "other.com", "[IPv6:2001:db8::1]", "xexample.net",
	}, policygen.Domains...)
	localParts = []string{"user", "ann", "Ann", "scanner", "user%example.net", "a!b", `"a@b"`, "ünal", `"with blank"`}
	fields     = []string{
		"Received", "RESENT-From", "Subject", "X-MS-Exchange-Organization-SCL", "x-ms-exchange-forest-a", "X-MS-Exchange-CrossPremises-b", "X-MS-Exchange-Other", "Resent",
	}
	sizes = append([]int64{10 << 20, 10<<20 + 1, 36 << 20, 36<<20 + 1, 200_001}, policygen.Sizes...)
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

func address(r *rand.Rand) string { return pick(r, localParts) + "@" + pick(r, domains) }

// session draws a session.
func session(r *rand.Rand) semantics.Session {
	s := semantics.Session{
		Local: pick(r, locals), TLS: r.IntN(2) == 0, Helo: pick(r, []string{"client.example", "client.example", "a b", "", " \t", "a\x01b"}),
		Size: pick(r, sizes), HeaderSize: pick(r, []int64{0, 999, 1000, 1001, 65536, 65537, 262144, 262145}),
		Hops: pick(r, []int{0, 1, 2, 30, 31, 60, 61}), LocalHops: pick(r, []int{0, 1, 2, 3, 8, 9, 12, 13}), Header: fields,
	}
	if r.IntN(3) > 0 { // most sessions shall come to the end
		s.HeaderSize, s.Hops, s.LocalHops, s.Helo = 0, 0, 0, "client.example"
	}
	s.Remote = pick(r, clients(s.Local))
	if s.TLS {
		s.PeerNames = some(r, names, 4)
	}
	if r.IntN(5) > 0 {
		s.From = address(r)
	}
	for range 1 + r.IntN(4) {
		s.To = append(s.To, address(r))
	}
	if r.IntN(20) == 0 {
		s.To = nil
	}
	for range r.IntN(3) {
		s.Authors = append(s.Authors, pick(r, []string{address(r), s.From, "scanner@contoso.com"}))
	}
	for i := range s.Authors {
		if s.Authors[i] == "" {
			s.Authors[i] = "ann@contoso.com"
		}
	}
	if r.IntN(2) == 0 {
		s.User = true
		s.Groups = append(texts(some(r, policygen.WideGroups, 4)), "ann")
		s.Addresses = some(r, []string{"ann@contoso.com", "scanner@elsewhere.org"}, 2)
		s.Domains = some(r, []string{"contoso.com", "*.contoso.com", "fabrikam.com", "*.fabrikam.com"}, 5)
	}
	return s
}

// clients returns clients at which policies differ, in both forms of IPv4 addresses.
func clients(local netip.AddrPort) []netip.Addr {
	all := append(policygen.Clients(netip.AddrPortFrom(local.Addr().Unmap(), local.Port())), netip.MustParseAddr("9.255.255.255"), netip.MustParseAddr("2001:db8:1::"))
	for _, a := range all {
		if a.Is4() {
			all = append(all, netip.AddrFrom16(a.As16()))
		}
	}
	return all
}

// texts returns groups as the policy's text names them.
func texts(groups []permission.SID) (list []string) {
	for _, sid := range groups {
		list = append(list, sid.Name())
	}
	return list
}

// dialog returns s as the evaluator that serves clients takes it.
func dialog(t *testing.T, s semantics.Session) connector.Dialog {
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
