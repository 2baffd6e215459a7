package analysis

import (
	"net/netip"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// asker is the state of an Ask. It looks for a session that settles the question: under
// an Always one without the property, under a Sometimes one that has it.
type asker struct {
	*groundwork
	q      Question
	sides  int
	needs  needs
	groups []permission.SID // of every user who is asked about
	names  []routing.Domain // that every certificate proves

	senderDomains *partition.Domains
	senders       []routing.Address // one or two for each class of domains
	cells         []routing.Domain  // the witnesses of all cells in which senders are
	local         string            // a local part that no AllowedSenders has
	recipients    []recipient
	limit         int64                      // the largest size that is asked about
	sized         map[fittingKey]found[sent] // the messages that are known already
	partners      []sendingAs                // the certificates with senders, where no connector restricts these; nil: not known yet
	clients       []askedClients

	decided int // kinds of sessions
	witness *connector.Dialog
}

// needs says on what a property depends.
type needs struct {
	session            bool // on whether the client's commands are accepted
	sender, to, routes bool
	rights             permission.Set
}

func (q *Question) needs() needs {
	sends := permission.SetOf(permission.Submit, permission.AcceptAnySender, permission.AcceptAuthoritativeDomainSender, permission.BypassMessageSizeLimit)
	n := needs{session: true}
	switch q.Property {
	case PropertyLogsOn:
		n.rights = permission.SetOf(permission.Submit)
	case PropertySends:
		n.sender, n.rights = true, sends
	case PropertyLetIn, PropertyRelays, PropertyAccepted:
		n.sender, n.to, n.rights = true, true, sends.Union(permission.SetOf(permission.AcceptAnyRecipient))
		n.routes = q.Property == PropertyAccepted
	case PropertyRouted, PropertyEncrypted, PropertyUnencrypted:
		n = needs{to: true, routes: true}
	}
	return n
}

func newAsker(q Question, g *groundwork) *asker {
	a := &asker{groundwork: g, q: q, sides: 1, needs: q.needs(), limit: q.largest(), sized: map[fittingKey]found[sent]{}}
	if q.Claim.Compares() {
		a.sides = 2
	}
	switch name, named := strings.CutPrefix(q.As, asCertificate+":"); {
	case named:
		a.names = []routing.Domain{routing.MustParseDomain(name)}
	case q.As != "" && q.As != asAnonymous && q.As != asCertificate:
		who, err := permission.ParsePrincipal(q.As)
		if err == nil && !who.Is(permission.SIDAuthenticatedUsers) { // of which every user is a member
			a.groups = who.SIDs
		}
	}
	return a
}

// collect collects what the question is about.
func (a *asker) collect() {
	a.collectSenders()
	if len(a.q.To) > 0 {
		a.collectRecipients()
	}
	a.collectClients()
	a.effort.Spend(cellSteps * (len(a.recipients) + len(a.clients)))
}

// settles reports whether a session settles the question that has the property under the
// policies as given.
func (a *asker) settles(has [2]bool) bool {
	switch a.q.Claim {
	case ClaimAlways:
		return !has[0]
	case ClaimDisjoint:
		return has[0] && has[1]
	case ClaimImplies:
		return has[0] && !has[1]
	case ClaimEquivalent:
		return has[0] != has[1]
	}
	return has[0]
}

// askedClients are clients that the same connectors serve.
type askedClients struct {
	in       [2]*connector.Inbound
	implicit bool // connections begin with TLS
	local    netip.AddrPort
	remote   netip.Addr // one of them
}

// run asks about each kind of clients until one settles the question.
func (a *asker) run() {
	for i := range a.clients {
		if a.effort.Exceeded() {
			return
		}
		c := &a.clients[i]
		for _, tls := range a.channels(c) {
			for who := range a.identities(c, tls) {
				a.decide(c, who, tls)
				if a.witness != nil || a.effort.Exceeded() || !a.needs.session {
					return
				}
			}
		}
	}
}

// channels returns the channels in which clients are asked about.
func (a *asker) channels(c *askedClients) []bool {
	switch {
	case a.q.Channel == OnlyTLS || a.q.Channel == AnyChannel && c.implicit:
		return []bool{true}
	case a.q.Channel == OnlyClear:
		return []bool{false}
	}
	for _, in := range c.in {
		if in.Open(auth.Channel{}, nil).OffersTLS() {
			return []bool{false, true}
		}
	}
	return []bool{false}
}

// open opens the session of who on a connector.
func (c *askedClients) open(in *connector.Inbound, who partition.Who, tls bool) (connector.Session, bool) {
	if c.implicit && !tls {
		return connector.Session{}, false
	}
	return who.OpenAt(in, c.implicit, tls)
}

// offersLogon reports whether one of the connectors offers AUTH.
func (c *askedClients) offersLogon(tls bool) bool {
	for _, in := range c.in {
		if s, ok := c.open(in, partition.Who{}, tls); ok && len(s.SASL()) > 0 {
			return true
		}
	}
	return false
}
