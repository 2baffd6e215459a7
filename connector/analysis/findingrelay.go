package analysis

import (
	"net/netip"
	"slices"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// relayRights are the rights that recipients depend on.
var relayRights = permission.SetOf(permission.Submit, permission.AcceptAnyRecipient)

// named is how many addresses a range may hold and still name its hosts: as many
// as a prefix of that length. What lies within private addresses is always named.
var namedBits = map[int]int{32: 16, 128: 48}

// wide is the same for Externally Secured servers, of which nobody has as many as
// a network holds. Private addresses are no exception.
var wideBits = map[int]int{32: 24, 128: 64}

// private are the addresses that the Internet doesn't route: RFC 1122 section
// 3.2.1.3, RFC 1918, RFC 3927, RFC 4193, RFC 4291 section 2.5.
var privateSpans = []partition.Span{
	spanOf("10.0.0.0/8"), spanOf("127.0.0.0/8"), spanOf("169.254.0.0/16"), spanOf("172.16.0.0/12"), spanOf("192.168.0.0/16"),
	spanOf("::1/128"), spanOf("fc00::/7"), spanOf("fe80::/10"),
}

func spanOf(prefix string) partition.Span {
	r := param.MustParseRange(prefix)
	return partition.Span{Low: r.Low(), High: r.High()}
}

// relaying finds who may send to recipients that aren't ours.
func (c *checker) relaying() {
	to := c.unacceptedDomain()
	all := c.isAccepted(to)
	var open []*servedConnector // whose anonymous clients reach every domain, because all are accepted
	for e := range c.reachable {
		kinds := map[string][]mailSession{}
		for _, s := range c.sessions(e) {
			if s.Rcpt(connector.Rcpt{To: partition.Mailbox("user", to)}).Allowed() {
				kind := kindOf(e, s.who.Who)
				kinds[kind] = append(kinds[kind], s)
			}
		}
		for _, kind := range []string{CodeRelayAnonymous, CodeRelayExternal, CodeRelayPartner, CodeRelayUser} {
			switch sessions := kinds[kind]; {
			case len(sessions) == 0:
			case all && kind == CodeRelayAnonymous:
				open = append(open, e)
			default:
				c.reportRelay(e, kind, sessions, to)
			}
		}
		if e.Settings().AuthMechanism.Or(0).Has(auth.ExternalAuthoritative) && len(kinds[CodeRelayExternal]) == 0 {
			c.reportExternal(e, connector.Dialog{})
		}
	}
	if len(open) > 0 {
		c.acceptsAll(open, to)
	}
	if !all {
		c.acceptsRegistries()
	}
}

// foreign returns the domain that stands for those that aren't ours: one that
// nobody named, unless mail for that has no route and for another has.
func (c *checker) unacceptedDomain() routing.Domain {
	elsewhere := c.domains.Elsewhere()
	cell := &c.domains.Cells[elsewhere]
	if c.routed(elsewhere) || c.domains.Classes[cell.Class].Accepted[0] != 0 {
		return cell.Witness
	}
	for i := range c.domains.Cells[:elsewhere] {
		class := c.domains.Classes[c.domains.Cells[i].Class]
		if class.Accepted[0] == 0 && class.Reserved == "" && !class.Label && c.routed(i) {
			return c.domains.Cells[i].Witness
		}
	}
	return cell.Witness
}

// routed reports whether some message for the cell has a route.
func (c *checker) routed(cell int) bool { return c.ways[cell][0].Route.Outcome == routing.Routed }

func (c *checker) isAccepted(d routing.Domain) bool {
	_, ok := c.policy.Accepted(d)
	return ok
}

// kindOf names the kind of identity that relays by the code of its note.
func kindOf(e *servedConnector, who partition.Who) string {
	switch {
	case who.User != nil:
		return CodeRelayUser
	case e.Settings().AuthMechanism.Or(0).Has(auth.ExternalAuthoritative):
		return CodeRelayExternal
	case len(who.Partner) > 0:
		return CodeRelayPartner
	}
	return CodeRelayAnonymous
}

// relays reports the sessions of one kind that relay on e.
func (c *checker) reportRelay(e *servedConnector, kind string, sessions []mailSession, to routing.Domain) {
	witness := c.dialog(e, sessions[0].who.Who, sessions[0].tls)
	witness.To = []routing.Address{partition.Mailbox("user", to)}
	if kind == CodeRelayExternal {
		c.reportExternal(e, witness)
		return
	}
	var speakers []representative
	for _, s := range sessions {
		speakers = append(speakers, s.who)
	}
	clients, sources := c.clientsText(e)
	f := Finding{
		Diagnostic: source.Diagnostic{
			Code: kind, Severity: source.SeverityNote, Path: e.path,
			Detail: clients + " may relay to any domain" + identity(c.partiesOf(speakers), forbidden),
			Fix:    "nothing, if they are meant to",
		},
		Sources: sources,
		Witness: witness,
	}
	if kind == CodeRelayAnonymous {
		c.reportOpenRelay(e, &f)
	}
	c.report(f)
}

// anonymous makes an error of a note if clients relay that nobody named.
func (c *checker) reportOpenRelay(e *servedConnector, f *Finding) {
	index, only := grantOf(e, permission.SIDAnonymous, permission.AcceptAnyRecipient)
	if only {
		f.edit = e.receiveEdit(func(r *connector.Receive) bool {
			return withdraw(r, e.Settings().Permissions[index], permission.AcceptAnyRecipient)
		})
	}
	open := c.unnamedClients(e, namedBits, privateSpans)
	if len(open) == 0 {
		return
	}
	f.Code, f.Severity, f.Path = CodeOpenRelay, source.SeverityError, e.path+".RemoteIPRanges"
	f.Detail += ", and no range names those " + spansText(open)
	f.Fix = "name the clients in RemoteIPRanges, or take ms-Exch-SMTP-Accept-Any-Recipient from NT AUTHORITY\\ANONYMOUS LOGON"
	c.moveDialog(&f.Witness, e, open)
}

// external reports an Externally Secured connector. witness relays, or is the zero
// Dialog if it may not.
func (c *checker) reportExternal(e *servedConnector, witness connector.Dialog) {
	clients, sources := c.clientsText(e)
	f := Finding{
		Diagnostic: source.Diagnostic{
			Code: CodeRelayExternal, Severity: source.SeverityNote, Path: e.path,
			Detail: clients + " may relay to any domain and send as any sender, because they are Externally Secured",
			Fix:    "nothing, if they are servers that are trusted like our own",
		},
		Sources: sources,
		Witness: witness,
	}
	if !witness.Remote.IsValid() {
		f.Witness = c.dialog(e, partition.Who{}, e.Settings().RequireTLS)
		f.Detail = clients + " are Externally Secured"
	}
	open := c.unnamedClients(e, namedBits, privateSpans)
	many := c.unnamedClients(e, wideBits, nil)
	switch {
	case len(open) > 0:
		f.Code, f.Severity, f.Path = CodeExternalOpen, source.SeverityError, e.path+".RemoteIPRanges"
		f.Detail += ", and no range names those " + spansText(open)
		c.moveDialog(&f.Witness, e, open)
	case len(many) > 0:
		f.Code, f.Severity, f.Path = CodeExternalWide, source.SeverityWarning, e.path+".RemoteIPRanges"
		f.Detail += ", and those " + spansText(many) + " are many"
		c.moveDialog(&f.Witness, e, many)
	case !witness.Remote.IsValid():
		return // they don't relay, and they are few
	}
	if f.Severity != source.SeverityNote {
		f.Fix = "give the addresses of the servers in RemoteIPRanges and no others"
	}
	c.report(f)
}

// clients returns who reaches e, in words and as sources.
func (c *checker) clientsText(e *servedConnector) (text string, sources []Source) {
	if e.clientsWords == "" {
		var words string
		e.sources, words = c.sources([]int{e.pair})
		e.clientsWords = "All clients"
		if words != "" {
			e.clientsWords = "Clients " + words
		}
	}
	return e.clientsWords, e.sources
}

// beyond returns the clients of e that no range of reasonable size names. Ranges
// that touch are one, so cutting a large one into pieces makes nothing of it.
func (c *checker) unnamedClients(e *servedConnector, bits map[int]int, exempt []partition.Span) []partition.Span {
	var ranges []partition.Span
	for _, r := range e.Settings().RemoteIPRanges {
		ranges = append(ranges, partition.Span{Low: r.Low(), High: r.High()})
	}
	var large []partition.Span
	for _, s := range partition.Join(ranges) {
		within := func(p partition.Span) bool { return p.Contains(s.Low) && p.Contains(s.High) }
		if largerThan(s, bits[s.Low.BitLen()]) && !slices.ContainsFunc(exempt, within) {
			large = append(large, s)
		}
	}
	var beyond []partition.Span
	for _, at := range c.pairs[e.pair].clients {
		for _, s := range large {
			if s.Low.BitLen() == at.Low.BitLen() && !s.High.Less(at.Low) && !at.High.Less(s.Low) {
				beyond = append(beyond, partition.Span{Low: maxAddr(s.Low, at.Low), High: minAddr(s.High, at.High)})
			}
		}
	}
	return partition.Join(beyond)
}

func maxAddr(a, b netip.Addr) netip.Addr {
	if a.Less(b) {
		return b
	}
	return a
}

func minAddr(a, b netip.Addr) netip.Addr {
	if b.Less(a) {
		return b
	}
	return a
}

// largerThan reports whether s holds more addresses than a prefix of that length.
func largerThan(s partition.Span, bits int) bool {
	extent := param.MustParseRange(netip.PrefixFrom(s.Low, bits).Masked().String())
	return extent.Narrower(s.Range())
}

func spansText(spans []partition.Span) string {
	var ranges []param.Range
	for _, s := range spans {
		ranges = append(ranges, s.Range())
	}
	return rangesText(ranges)
}

// moveTo makes d the session of a client of e in one of the spans.
func (c *checker) moveDialog(d *connector.Dialog, e *servedConnector, spans []partition.Span) {
	for _, at := range c.pairs[e.pair].clients {
		l := &c.listeners[at.listener]
		for _, cell := range l.Cells[at.witness:] {
			if cell.In[0] != e.Inbound {
				continue
			}
			for _, s := range spans {
				client := cell.Witness
				if !s.Contains(client) {
					client = s.Low
				}
				if cell.Contains(client) && s.Contains(client) {
					d.Remote, d.Local = client, l.Witness
					d.TLS, d.Implicit = d.TLS || l.Implicit, l.Implicit
					return
				}
			}
		}
	}
}

// grantOf finds the only thing that gives a right to a SID on e: a grant made by
// hand.
func grantOf(e *servedConnector, to permission.SID, r permission.Right) (index int, only bool) {
	index = -1
	n := 0
	for _, g := range e.ACL().Grants() {
		if g.To == to && g.Allow.Has(r) {
			n++
		}
	}
	for i, g := range e.Settings().Permissions {
		if g.To == to && g.Allow.Has(r) {
			index = i
		}
	}
	return index, n == 1 && index >= 0
}

// withdraw takes a right out of a grant made by hand, and reports whether it is there.
func withdraw(in *connector.Receive, g permission.Grant, r permission.Right) bool {
	i := slices.Index(in.Permissions, g)
	if i < 0 {
		return false
	}
	if g.Allow = g.Allow.Minus(permission.SetOf(r)); g.Allow == 0 && g.Deny == 0 {
		in.Permissions = slices.Delete(in.Permissions, i, i+1)
	} else {
		in.Permissions[i] = g
	}
	return true
}
