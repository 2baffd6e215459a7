package partition

import (
	"net/netip"
	"slices"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/routing"
)

// Who is what a client proves of itself. The zero Who proves nothing.
type Who struct {
	Partner []routing.Domain // verified names of its certificate; it takes TLS
	User    *auth.Identity   // whom AUTH proves
}

// helo is the name that witnesses give at EHLO.
const helo = "client.example"

// Open returns the session that who has on in after EHLO, after STARTTLS if
// tls, and after AUTH if there is a user, as Policy.Walk would; false if it
// doesn't come to that.
func (who Who) Open(in *connector.Inbound, tls bool) (connector.Session, bool) {
	s := in.Open(auth.Channel{})
	if !s.Hello(helo).Allowed() {
		return s, false
	}
	if tls {
		if !s.StartTLS().Allowed() {
			return s, false
		}
		s = in.Open(auth.Channel{TLS: true, PeerNames: who.peerNames()})
	}
	return who.login(s)
}

// OpenImplicit opens the session of who on a connection that begins with TLS.
// STARTTLS isn't said on it, so it need not be offered.
func (who Who) OpenImplicit(in *connector.Inbound) (connector.Session, bool) {
	s := in.Open(auth.Channel{TLS: true, PeerNames: who.peerNames()})
	if !s.Hello(helo).Allowed() {
		return s, false
	}
	return who.login(s)
}

func (who Who) login(s connector.Session) (connector.Session, bool) {
	if who.User == nil {
		return s, true
	}
	if !s.Auth(auth.Login).Allowed() {
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

// Dialog returns the session of who for Policy.Walk, as Open has it.
func (who Who) Dialog(local netip.AddrPort, remote netip.Addr, tls bool) connector.Dialog {
	return connector.Dialog{
		Local: local, Remote: remote, TLS: tls, PeerNames: who.peerNames(), User: who.User, Helo: helo,
	}
}

// Partners returns certificates such that every possible one makes Partners of
// the same sessions as one of these, with names of the same classes, or else
// of none.
func (d *Domains) Partners() []Who {
	var who []Who
	add := func(names ...routing.Domain) { who = append(who, Who{Partner: names}) }
	for i, class := range d.Classes {
		if class.Secure == [2]bool{} {
			continue
		}
		first := d.Cells[d.Members[i][0]].Witness
		add(first)
		for j, other := range d.Classes[:i] {
			if class.Secure != other.Secure && other.Secure != [2]bool{} {
				add(d.Cells[d.Members[j][0]].Witness, first)
			}
		}
	}
	return who
}

// Unverified returns a domain of the class that is none of the certificate's
// names; false if they are all.
func (d *Domains) Unverified(class int, who Who) (routing.Domain, bool) {
	if name := d.Representative(class); !slices.Contains(who.Partner, name) {
		return name, true
	}
	for _, i := range d.Members[class] {
		if !slices.Contains(who.Partner, d.Cells[i].Witness) {
			return d.Cells[i].Witness, true
		}
	}
	return routing.Domain{}, false
}

// Verified returns a domain of the class that is one of the certificate's
// names; false if none is.
func (d *Domains) Verified(class int, who Who) (routing.Domain, bool) {
	for _, name := range who.Partner {
		if d.Cells[d.Find(name)].Class == class {
			return name, true
		}
	}
	return routing.Domain{}, false
}
