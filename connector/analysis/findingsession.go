package analysis

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/routing"
)

// mailSession is a session in which MAIL is accepted.
type mailSession struct {
	at  *servedConnector
	who representative
	tls bool
	connector.Session
}

// sessions returns the sessions on e in which MAIL is accepted, one for each set of
// the rights that decisions about recipients depend on.
func (c *checker) sessions(e *servedConnector) []mailSession {
	if e.computed {
		return e.sessions
	}
	e.computed = true
	for _, who := range c.representatives(&c.pairs[e.pair], relayRights) {
		for _, tls := range []bool{false, true} {
			if !tls && (len(who.Partner) > 0 || e.implicit) {
				continue
			}
			s, ok := e.open(who.Who, tls)
			if ok && s.Mail(connector.Mail{}).Allowed() {
				e.sessions = append(e.sessions, mailSession{e, who, tls, s})
			}
		}
	}
	return e.sessions
}

// open opens a session of the client who.
func (e *servedConnector) open(who partition.Who, tls bool) (connector.Session, bool) {
	return who.OpenAt(e.Inbound, e.implicit, tls)
}

// dialog describes a session of the client who on e.
func (c *checker) dialog(e *servedConnector, who partition.Who, tls bool) connector.Dialog {
	for _, at := range c.pairs[e.pair].clients {
		if l := &c.listeners[at.listener]; l.Implicit == e.implicit {
			return who.Dialog(l.Witness, l.Cells[at.cell].Witness, tls || e.implicit)
		}
	}
	return connector.Dialog{} // only if no client reaches e
}

// senderTo returns a session that may send to the domain; nil if no client may.
func (c *checker) senderTo(to routing.Domain) *mailSession {
	class := c.domains.Cells[c.domains.Find(to)].Class
	if sender, ok := c.senders[class]; ok {
		return sender
	}
	c.senders[class] = nil
	for e := range c.reachable {
		may := func(s mailSession) bool {
			return s.Rcpt(connector.Rcpt{To: partition.Mailbox("user", to)}).Allowed()
		}
		if i := slices.IndexFunc(c.sessions(e), may); i >= 0 {
			c.senders[class] = &c.sessions(e)[i]
			break
		}
	}
	return c.senders[class]
}

// sendTo returns a session that sends to the domain; the zero Dialog if no client
// may.
func (c *checker) sendTo(to routing.Domain) connector.Dialog {
	sender := c.senderTo(to)
	if sender == nil {
		return connector.Dialog{}
	}
	d := c.dialog(sender.at, sender.who.Who, sender.tls)
	d.To = []routing.Address{partition.Mailbox("user", to)}
	return d
}

// sendSized is sendTo for a message of that size, by a session that may declare it if
// there is one.
func (c *checker) sendSized(to routing.Domain, size int64) connector.Dialog {
	d := c.sendTo(to)
	if !d.Remote.IsValid() {
		return d
	}
	if !c.senderTo(to).declares(size) {
		c.findDeclarer(to, size, &d)
	}
	d.Size = size
	return d
}

// declares reports whether the session may declare a message of that size.
func (s *mailSession) declares(size int64) bool {
	return s.at.Settings().SizeEnabled != param.SizeDisabled && s.Mail(connector.Mail{Size: size}).Allowed()
}

// findDeclarer sets d to a session that may send to the domain and declare the size,
// if the first connectors have one.
func (c *checker) findDeclarer(to routing.Domain, size int64, d *connector.Dialog) {
	address := partition.Mailbox("user", to)
	tried := 0
	for e := range c.reachable {
		if tried++; tried > maxTriedPairs {
			return
		}
		for _, s := range c.sessions(e) {
			if s.declares(size) && s.Rcpt(connector.Rcpt{To: address}).Allowed() {
				*d = c.dialog(e, s.who.Who, s.tls)
				d.To = []routing.Address{address}
				return
			}
		}
	}
}

// leaving returns a session whose mail leaves by out; the zero Dialog if no mail
// does.
func (c *checker) leaving(out *connector.Outbound) connector.Dialog {
	if c.departing == nil {
		c.findDepartures()
	}
	d, ok := c.departing[out]
	if !ok {
		return connector.Dialog{}
	}
	return c.sendSized(d.to, d.size)
}

// departure is a message that leaves by a Send connector.
type departure struct {
	to   routing.Domain
	size int64
}

// findDepartures finds for each Send connector the first domain to which a session's mail leaves
// by it.
func (c *checker) findDepartures() {
	c.departing = map[*connector.Outbound]departure{}
	seen := map[*partition.Way]bool{}
	for i := range c.domains.Cells {
		cell := c.unnamedFirst(i)
		to := c.domains.Cells[cell].Witness
		if c.senderTo(to) == nil {
			continue
		}
		above := int64(-1)
		for way := c.ways[cell]; way != nil && !seen[way]; above, way = way.Upto, way.Next {
			seen[way] = true
			if _, found := c.departing[way.Route.Outbound]; !found {
				c.departing[way.Route.Outbound] = departure{to, max(above+1, 0)}
			}
		}
	}
}

// unnamedFirst returns the i-th cell, beginning with the domains that the
// configuration does not name, which most mail is for.
func (c *checker) unnamedFirst(i int) int { return (i + c.domains.Elsewhere()) % len(c.domains.Cells) }

// openSession returns the session of a client that only connects to l.
func openSession(l *partition.Listener, client netip.Addr) connector.Dialog {
	return partition.Who{}.Dialog(l.Witness, client, l.Implicit)
}

// dialogLostTo returns a session of a client in a range of e that another connector
// serves, and names that connector.
func (c *checker) dialogLostTo(e *servedConnector, index int) (d connector.Dialog, winner string) {
	r := e.Settings()
	for l := range c.listeners {
		at := &c.listeners[l]
		if !boundTo(e, at) {
			continue
		}
		low := r.RemoteIPRanges[index].Low()
		if low.BitLen() != at.Witness.Addr().BitLen() {
			continue
		}
		if in := c.policy.Select(at.Witness, low, nil); in != nil {
			return openSession(at, low), fmt.Sprintf("; %v goes to %q", low, in.Name())
		}
	}
	return connector.Dialog{}, ""
}
