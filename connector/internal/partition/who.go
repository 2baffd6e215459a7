package partition

import (
	"net/netip"
	"slices"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/routing"
)

// Who is the identity that a client proves. The zero Who is anonymous.
type Who struct {
	Partner []routing.Domain // verified names of its certificate; it takes TLS
	User    *auth.Identity   // the user that AUTH proves
}

// helo is the name that witnesses give at EHLO.
const helo = "client.example"

// Open returns the session of who on the connector in after EHLO, after STARTTLS
// if tls, and after AUTH if there is a user, as Policy.Walk does. It returns false
// if one of these commands is refused.
func (who Who) Open(in *connector.Inbound, tls bool) (connector.Session, bool) {
	s := in.Open(auth.Channel{Further: auth.WithoutPassword()}, nil)
	if !s.Hello(helo).Allowed() {
		return s, false
	}
	if tls {
		if !s.StartTLS().Allowed() {
			return s, false
		}
		s = in.Open(auth.Channel{TLS: true, PeerNames: who.peerNames(), Further: auth.WithoutPassword()}, nil)
	}
	return who.login(s)
}

// OpenImplicit opens the session of who on a connection that begins with TLS.
// STARTTLS isn't said on it, so it need not be offered.
func (who Who) OpenImplicit(in *connector.Inbound) (connector.Session, bool) {
	s := in.Open(auth.Channel{TLS: true, PeerNames: who.peerNames(), Further: auth.WithoutPassword()}, nil)
	if !s.Hello(helo).Allowed() {
		return s, false
	}
	return who.login(s)
}

// OpenAt is Open, or OpenImplicit where connections begin with TLS.
func (who Who) OpenAt(in *connector.Inbound, implicit, tls bool) (connector.Session, bool) {
	if implicit {
		return who.OpenImplicit(in)
	}
	return who.Open(in, tls)
}

func (who Who) login(s connector.Session) (connector.Session, bool) {
	if who.User == nil {
		return s, true
	}
	mechanism := auth.Login
	if offered := s.SASL(); len(offered) > 0 && !slices.Contains(offered, mechanism) {
		mechanism = offered[0]
	}
	if !s.Auth(mechanism).Allowed() {
		return s, false
	}
	s, d := s.Login(*who.User)
	return s, d.Allowed()
}

func (who Who) peerNames() []string {
	var names []string
	for _, d := range who.Partner {
		names = append(names, d.String())
	}
	return names
}

// Groups returns the groups of who, as in a Crowd: the SIDs of a login or the
// names of a certificate.
func (who Who) Groups() []string {
	var groups []string
	if who.User != nil {
		for _, sid := range who.User.SIDs {
			groups = append(groups, string(sid))
		}
	}
	return append(groups, who.peerNames()...)
}

// Dialog returns the session of who for Policy.Walk, as Open has it.
func (who Who) Dialog(local netip.AddrPort, remote netip.Addr, tls bool) connector.Dialog {
	return connector.Dialog{
		Local: local, Remote: remote, TLS: tls, PeerNames: who.peerNames(), User: who.User, Helo: helo,
		Further: auth.WithoutPassword(),
	}
}

// secured says in which of the two lists TLSReceiveDomainSecureList a name is.
type secured [2]bool

func (s secured) with(o secured) secured { return secured{s[0] || o[0], s[1] || o[1]} }

// Partners returns certificates such that every possible certificate makes the
// same sessions Partners as one of these, or no session.
func (d *Domains) Partners() []Who { return d.partners }

func (d *Domains) findPartners() []Who {
	var all []Who
	for _, state := range []secured{{true, true}, {true, false}, {false, true}} {
		if names := d.certificate(state, routing.Domain{}); names != nil {
			all = append(all, Who{Partner: names})
		}
	}
	return all
}

// PartnerCrowds describes the certificates for which something is true, given for
// which of Partners it is. The groups are names.
func (d *Domains) PartnerCrowds(holds func(partner int) bool) []Crowd {
	kinds := map[secured][]string{}
	for _, i := range d.listed {
		cell := &d.Cells[i]
		s := d.secured(cell.Class)
		kinds[s] = append(kinds[s], cell.Name.String())
	}
	var all []kind[secured]
	for _, s := range []secured{{true, true}, {true, false}, {false, true}} {
		if names := kinds[s]; names != nil {
			slices.Sort(names)
			all = append(all, kind[secured]{s, names})
		}
	}
	found, _ := crowds(secured{}, all, secured.with, func(s secured) bool {
		at := slices.IndexFunc(d.partners, func(w Who) bool { return d.securedBy(w.Partner) == s })
		return at >= 0 && holds(at)
	})
	return found
}

func (d *Domains) secured(class int) secured { return d.Classes[class].Secure }

// securedBy says in which of the lists any of the names is.
func (d *Domains) securedBy(names []routing.Domain) (s secured) {
	for _, name := range names {
		s = s.with(d.secured(d.Cells[d.Find(name)].Class))
	}
	return s
}

// certificate returns the names of a certificate that is in exactly these lists and
// doesn't name a domain, or nil.
func (d *Domains) certificate(state secured, but routing.Domain) []routing.Domain {
	name := func(s secured) []routing.Domain {
		for _, i := range d.listed {
			if cell := &d.Cells[i]; d.secured(cell.Class) == s && cell.Witness != but {
				return []routing.Domain{cell.Witness}
			}
		}
		return nil
	}
	if names := name(state); names != nil || state != (secured{true, true}) {
		return names
	}
	if a, b := name(secured{true, false}), name(secured{false, true}); a != nil && b != nil {
		return append(a, b...)
	}
	return nil
}

// Certificate returns the names of a certificate that proves all of with and not but, and
// of which a name is in exactly these of the two lists TLSReceiveDomainSecureList; nil if
// there is no such certificate.
func (d *Domains) Certificate(lists [2]bool, with []routing.Domain, but routing.Domain) []routing.Domain {
	state := secured(lists)
	have := d.securedBy(with)
	switch {
	case slices.Contains(with, but) || have.with(state) != state:
		return nil
	case have == state:
		return with
	}
	names := d.certificate(state, but)
	if names == nil {
		return nil
	}
	names = append(slices.Clone(with), names...)
	slices.SortFunc(names, routing.Domain.Compare)
	return slices.Compact(names)
}

// Unverified returns a domain of the class, and a certificate like that of who that
// doesn't name it, or false.
func (d *Domains) Unverified(class int, who Who) (routing.Domain, Who, bool) {
	for _, i := range append([]int{d.Find(d.Representative(class))}, d.Members[class]...) {
		domain := d.Cells[i].Witness
		if len(who.Partner) == 0 || !slices.Contains(who.Partner, domain) {
			return domain, who, true
		}
		if names := d.certificate(d.securedBy(who.Partner), domain); names != nil {
			return domain, Who{Partner: names}, true
		}
	}
	return routing.Domain{}, Who{}, false
}

// Verified returns a domain of the class, and a certificate like that of who that
// names it, or false.
func (d *Domains) Verified(class int, who Who) (routing.Domain, Who, bool) {
	own, state := d.secured(class), d.securedBy(who.Partner)
	if len(who.Partner) == 0 || own == (secured{}) || own.with(state) != state {
		return routing.Domain{}, Who{}, false
	}
	domain := d.Cells[d.Members[class][0]].Witness
	names := []routing.Domain{domain}
	if own != state {
		names = append(names, who.Partner...)
	}
	slices.SortFunc(names, routing.Domain.Compare)
	return domain, Who{Partner: slices.Compact(names)}, true
}
