// Package policygen makes small random policies and sessions for tests that
// compare an analysis with brute force. Everything is drawn from pools so small
// that things meet: ranges overlap, domains nest, users share groups.
package policygen

import (
	"fmt"
	"math/rand/v2"
	"net/netip"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// The pools.
var (
	// Locals are local addresses that clients connect to.
	Locals = []netip.AddrPort{
		netip.MustParseAddrPort("192.0.2.1:25"), netip.MustParseAddrPort("192.0.2.7:25"),
		netip.MustParseAddrPort("192.0.2.1:587"), netip.MustParseAddrPort("[2001:db8::25]:25"),
	}
	// Groups are the SIDs that users may have beside Authenticated Users.
	Groups = []permission.SID{
		permission.NameSID("printers"), permission.NameSID("scanners"), permission.NameSID("faxes"), permission.SIDHubServers, permission.SIDPartners,
	}
	// Names are the domains that certificates prove.
	Names = []string{"partner.test", "other.test", "contoso.com"}
	// Domains are those of senders and recipients.
	Domains = []string{
		"contoso.com", "a.contoso.com", "b.a.contoso.com", "fabrikam.com", "x.fabrikam.com", "partner.test", "other.test",
		"example.net", "elsewhere.org", "localhost", "single", "[192.0.2.9]", "[192.0.2.77]",
	}
	// Sizes are those of messages.
	Sizes = []int64{0, 1, 70_000, 100_000, 100_001, 200_000, 300_000, 300_001, 1_000_000}

	bindings   = []string{"0.0.0.0:25", "192.0.2.1:25", "0.0.0.0:587", "[::]:25"}
	mechanisms = []auth.Mechanism{
		auth.None, auth.TLS, auth.TLS | auth.BasicAuth, auth.BasicAuth,
		auth.TLS | auth.BasicAuth | auth.BasicAuthRequireTLS, auth.TLS | auth.ExternalAuthoritative,
		auth.TLS | auth.OAuth, auth.TLS | auth.BasicAuth | auth.ClientCertificate,
	}
	groups = []permission.Group{
		permission.AnonymousUsers, permission.ExchangeUsers, permission.ExchangeServers, permission.Partners,
	}
	rights = []permission.Right{
		permission.Submit, permission.AcceptAnyRecipient, permission.AcceptAnySender,
		permission.AcceptAuthoritativeDomainSender, permission.BypassMessageSizeLimit,
		permission.AcceptHeadersRouting, permission.AcceptHeadersOrganization, permission.AcceptAuthenticationFlag,
	}
	receiveSizes = []param.Size{100_000, 300_000}
	accepted     = []string{"contoso.com", "*.contoso.com", "a.contoso.com", "fabrikam.com", "*", "partner.test", "[192.0.2.9]"}
	spaces       = []string{
		"*;1", "*;5", "contoso.com;1", "*.contoso.com;1", "a.contoso.com;1", "*.fabrikam.com;2", "[192.0.2.9];1", "partner.test;1",
	}
	hosts = []string{"mx1.contoso.com", "mx2.contoso.com", "10.9.9.9"}
)

// Policy draws configurations until one compiles.
func Policy(r *rand.Rand) *connector.Policy {
	for {
		if p, err := connector.Compile(Config(r)); err == nil {
			return p
		}
	}
}

// Change returns p after one to three small changes.
func Change(r *rand.Rand, p *connector.Policy) *connector.Policy {
	for {
		cfg, other := p.Config(), Config(r)
		for range 1 + r.IntN(3) {
			change(r, &cfg, other)
		}
		if changed, err := connector.Compile(cfg); err == nil {
			return changed
		}
	}
}

// change takes one thing from other over into cfg.
func change(r *rand.Rand, cfg *connector.Config, other connector.Config) {
	in, from := &cfg.Receive[r.IntN(len(cfg.Receive))], other.Receive[r.IntN(len(other.Receive))]
	switch r.IntN(10) {
	case 0:
		in.RemoteIPRanges = from.RemoteIPRanges
	case 1:
		in.Permissions = from.Permissions
	case 2:
		in.PermissionGroups, in.AuthMechanism = from.PermissionGroups, from.AuthMechanism
	case 3:
		name, served := in.Name, in.RemoteIPRanges
		*in = from
		in.Name, in.RemoteIPRanges = name, served
	case 4:
		cfg.Accepted = other.Accepted
	case 5:
		cfg.Send = other.Send
	case 6:
		cfg.Transport = other.Transport
	case 7:
		in.RequireTLS, in.MaxMessageSize = from.RequireTLS, from.MaxMessageSize
	case 8:
		cfg.Receive = append(cfg.Receive, from)
		cfg.Receive[len(cfg.Receive)-1].Name = "added"
	case 9:
		in.Enabled = param.Value(!in.Enabled.Or(true))
	}
}

// Config draws a configuration, which may be invalid.
func Config(r *rand.Rand) connector.Config {
	cfg := connector.Config{Profile: connector.Profile(r.IntN(2))}
	for i := range 1 + r.IntN(4) {
		cfg.Receive = append(cfg.Receive, Receive(r, fmt.Sprintf("r%d", i)))
	}
	for i := range r.IntN(4) {
		cfg.Send = append(cfg.Send, send(r, fmt.Sprintf("s%d", i)))
	}
	for i, name := range accepted {
		if r.IntN(4) == 0 && (name != "*" || i%2 == r.IntN(3)) {
			cfg.Accepted = append(cfg.Accepted, routing.AcceptedDomain{
				DomainName: name, DomainType: routing.DomainType(1 + r.IntN(3)), MatchSubDomains: name == "fabrikam.com" && r.IntN(2) == 0,
			})
		}
	}
	t := &cfg.Transport
	t.TLSReceiveDomainSecureList = some(r, Names, 2)
	t.TLSSendDomainSecureList = some(r, Names, 3)
	if r.IntN(6) == 0 {
		t.MaxReceiveSize, t.MaxSendSize = 200_000, 200_000
	}
	return cfg
}

// Receive draws a Receive connector.
func Receive(r *rand.Rand, name string) connector.Receive {
	c := connector.Receive{
		Name:                name,
		RequireTLS:          r.IntN(5) == 0,
		RequireEHLODomain:   r.IntN(6) == 0,
		DomainSecureEnabled: r.IntN(3) == 0,
		AuthMechanism:       param.Value(mechanisms[r.IntN(len(mechanisms))]),
		MaxMessageSize:      receiveSizes[r.IntN(len(receiveSizes))],
		SizeEnabled:         param.SizeMode(r.IntN(3)),

		RejectReservedSecondLevelRecipientDomains: r.IntN(5) == 0,
		RejectReservedTopLevelRecipientDomains:    r.IntN(5) == 0,
		RejectSingleLabelRecipientDomains:         r.IntN(5) == 0,
	}
	if r.IntN(8) == 0 {
		c.Enabled = param.Value(false)
	}
	if r.IntN(4) == 0 {
		c.MaxRecipientsPerMessage = 2
	}
	for _, b := range append(some(r, bindings, 2), bindings[r.IntN(2)]) {
		c.Bindings = append(c.Bindings, param.MustParseBinding(b))
	}
	for range 1 + r.IntN(3) {
		c.RemoteIPRanges = append(c.RemoteIPRanges, Range(r))
	}
	var g permission.Group
	for _, one := range groups {
		if r.IntN(2) == 0 {
			g |= one
		}
	}
	if c.AuthMechanism.Or(0).Has(auth.ExternalAuthoritative) {
		g |= permission.ExchangeServers
	}
	c.PermissionGroups = param.Value(g)
	for range r.IntN(4) {
		c.Permissions = append(c.Permissions, Grant(r, principals, rights, 2, 6))
	}
	if len(c.Permissions) > 0 && r.IntN(3) == 0 { // a group of equal power
		g := c.Permissions[0]
		g.To = Groups[r.IntN(3)]
		c.Permissions = append(c.Permissions, g)
	}
	return c
}

// Grant draws a grant of some of these rights to one of these principals. One in so many is a
// deny, and one is of rights that are removed.
func Grant(r *rand.Rand, to []permission.SID, of []permission.Right, some, oneIn int) permission.Grant {
	g := permission.Grant{To: to[r.IntN(len(to))]}
	var set permission.Set
	for range some {
		set |= permission.SetOf(of[r.IntN(len(of))])
	}
	switch r.IntN(oneIn) {
	case 0:
		g.Deny = set
	case 1:
		g.Removed = set
	default:
		g.Allow = set
	}
	return g
}

// principals are those that grants are given to.
var principals = append([]permission.SID{permission.SIDAnonymous, permission.SIDAuthenticatedUsers}, Groups...)

// Range draws a range of clients.
func Range(r *rand.Rand) param.Range {
	a, b := r.IntN(16), r.IntN(16)
	switch r.IntN(7) {
	case 6: // of one size, so that they tie
		return param.MustParseRange(fmt.Sprintf("10.0.0.%d-10.0.0.%d", a, a+4))
	case 0:
		return param.MustParseRange("0.0.0.0-255.255.255.255")
	case 1:
		return param.MustParseRange("::/0")
	case 2:
		return param.MustParseRange(fmt.Sprintf("2001:db8::%x-2001:db8::%x", min(a, b), max(a, b)))
	case 3:
		return param.MustParseRange(fmt.Sprintf("10.0.0.%d", a))
	case 4:
		return param.MustParseRange(fmt.Sprintf("10.0.0.%d/%d", a, 28+r.IntN(4)))
	}
	return param.MustParseRange(fmt.Sprintf("10.0.0.%d-10.0.0.%d", min(a, b), max(a, b)))
}

func send(r *rand.Rand, name string) connector.Send {
	s := connector.Send{Name: name, MaxMessageSize: []param.Size{100_000, 300_000, param.UnlimitedSize}[r.IntN(3)]}
	if r.IntN(8) == 0 {
		s.Enabled = param.Value(false)
	}
	for _, space := range append(some(r, spaces, 4), spaces[r.IntN(len(spaces))]) {
		s.AddressSpaces = append(s.AddressSpaces, routing.MustParseAddressSpace(space))
	}
	for _, host := range some(r, hosts, 2) {
		s.SmartHosts = append(s.SmartHosts, param.MustParseSmartHost(host))
	}
	switch r.IntN(4) {
	case 0:
		s.RequireTLS = true
	case 1:
		s.RequireTLS, s.TlsAuthLevel = true, param.TlsAuthLevel(1+r.IntN(2))
	}
	return s
}

// some returns each of all with a chance of one in n.
func some(r *rand.Rand, all []string, n int) []string {
	var list []string
	for _, s := range all {
		if r.IntN(n) == 0 {
			list = append(list, s)
		}
	}
	return list
}

// Clients returns every client that the ranges tell apart, and some more.
func Clients(local netip.AddrPort) []netip.Addr {
	var all []netip.Addr
	for i := range 17 {
		if local.Addr().Is4() {
			all = append(all, netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}))
		} else {
			all = append(all, netip.MustParseAddr(fmt.Sprintf("2001:db8::%x", i)))
		}
	}
	if local.Addr().Is4() {
		return append(all, netip.MustParseAddr("0.0.0.0"), netip.MustParseAddr("255.255.255.255"))
	}
	return append(all, netip.MustParseAddr("::"), netip.MustParseAddr("ffff::1"))
}

// User draws the user that logs on, or nil half of the time.
func User(r *rand.Rand) *auth.Identity {
	if r.IntN(2) == 0 {
		return nil
	}
	id := auth.Identity{Principal: permission.Principal{Name: "ann", SIDs: []permission.SID{permission.NameSID("ann")}}}
	for _, sid := range Groups {
		if r.IntN(3) == 0 {
			id.SIDs = append(id.SIDs, sid)
		}
	}
	if r.IntN(2) == 0 {
		id.Addresses = []routing.Address{routing.MustParseAddress("ann@contoso.com")}
	}
	if r.IntN(4) == 0 {
		id.Domains = []auth.SenderDomain{{Domain: routing.MustParseDomain("contoso.com"), Below: r.IntN(2) == 0}}
	}
	return &id
}

// Dialog draws a session.
func Dialog(r *rand.Rand) connector.Dialog {
	d := connector.Dialog{
		Local: Locals[r.IntN(len(Locals))], TLS: r.IntN(2) == 0, User: User(r), Helo: "client.example",
		Size: Sizes[r.IntN(len(Sizes))],
	}
	clients := Clients(d.Local)
	d.Remote = clients[r.IntN(len(clients))]
	if d.TLS {
		d.PeerNames = some(r, Names, 3)
	}
	if r.IntN(4) > 0 {
		d.From = routing.MustParseAddress("ann@" + Domains[r.IntN(len(Domains))])
	}
	local := []string{"user", "user%example.net"}[r.IntN(2)]
	d.To = []routing.Address{routing.MustParseAddress(local + "@" + Domains[r.IntN(len(Domains))])}
	return d
}
