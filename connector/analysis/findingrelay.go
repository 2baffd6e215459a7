package analysis

import (
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// relaying reports clients that may send to recipients in domains that are not
// accepted.
func (c *checker) relaying() {
	to := c.unacceptedDomain()
	all := c.isAccepted(to)
	var open []*servedConnector // connectors whose anonymous clients reach every domain, because all are accepted
	for e := range c.reachable {
		kinds := map[source.Code][]mailSession{}
		for _, s := range c.sessions(e) {
			if s.Rcpt(connector.Rcpt{To: partition.Mailbox("user", to)}).Allowed() {
				kind := kindOf(e, s.who.Who)
				kinds[kind] = append(kinds[kind], s)
			}
		}
		for _, kind := range []source.Code{CodeRelayAnonymous, CodeRelayExternal, CodeRelayPartner, CodeRelayUser} {
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

// unacceptedDomain returns the domain that stands for all domains that are not
// accepted: one that the configuration does not name, unless mail for that one has no
// route and for another has.
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

// routed reports whether messages for the cell have a route, if they are small
// enough.
func (c *checker) routed(cell int) bool { return c.ways[cell].Route.Outcome == routing.Routed }

func (c *checker) isAccepted(d routing.Domain) bool {
	_, ok := c.policy.Accepted(d)
	return ok
}

// reportRelay reports the sessions of one kind that relay on e.
func (c *checker) reportRelay(e *servedConnector, kind source.Code, sessions []mailSession, to routing.Domain) {
	witness := c.dialog(e, sessions[0].who.Who, sessions[0].tls)
	witness.To = []routing.Address{partition.Mailbox("user", to)}
	if kind == CodeRelayExternal {
		c.reportExternal(e, witness)
		return
	}
	var members []representative
	for _, s := range sessions {
		members = append(members, s.who)
	}
	spread, clients := c.clientsOf(e.pair)
	who := c.groupsOf(members)
	f := Finding{
		Diagnostic: source.Diagnostic{
			Code: kind, Severity: source.SeverityNote, Path: e.path,
			Detail: clients.who + " may relay to any domain" + identity(who, forbidden) + clients.list,
			Fix:    "nothing, if they are meant to",
		},
		Witness: witness,
		terms:   termsOf(who),
	}
	spread.set(&f)
	if kind == CodeRelayAnonymous {
		c.reportOpenRelay(e, &f)
	}
	if f.Code == CodeRelayAnonymous && c.anySender(e, sessions[0].Session) {
		f.Detail = strings.Replace(f.Detail, "to any domain", "to any domain as any sender", 1)
		f.terms = append(f.terms, anySenderTerm)
		f.Fix = "list in AllowedSenders the senders that they need, or nothing, if they are meant to use any"
	}
	c.report(f)
}

// anySender reports whether an anonymous session on e may send as any sender: nothing
// restricts or replaces it.
func (c *checker) anySender(e *servedConnector, s connector.Session) bool {
	set := e.Settings()
	return len(set.AllowedSenders) == 0 && set.RewriteSender == "" &&
		s.SendRights(partition.Mailbox("user", c.domains.Cells[c.domains.Elsewhere()].Witness)).Allowed()
}

// reportOpenRelay turns the note f into an error if clients relay that no range
// names.
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
	f.Detail = openRelay(f.Detail)
	f.Fix = "list in RemoteIPRanges only the clients that should relay, or remove ms-Exch-SMTP-Accept-Any-Recipient from NT AUTHORITY\\ANONYMOUS LOGON"
	c.moveDialog(&f.Witness, e, open)
}

// openRelay returns the detail of a note about clients that may relay as that of an
// error.
func openRelay(detail string) string {
	who, what, _ := strings.Cut(detail, " may relay ")
	if before, bindings, ok := strings.Cut(who, "all clients on "); ok {
		who = before + "any client that reaches " + strings.ReplaceAll(bindings, " and ", " or ")
	}
	return "OPEN RELAY: " + who + " can relay " + what
}

// reportExternal reports an Externally Secured connector. witness is a session that
// relays, or the zero Dialog if none may.
func (c *checker) reportExternal(e *servedConnector, witness connector.Dialog) {
	spread, clients := c.clientsOf(e.pair)
	text := " may relay to any domain and send as any address, because ExternalAuthoritative trusts every client"
	if !witness.Remote.IsValid() {
		text = " are Externally Secured"
	}
	f := Finding{
		Diagnostic: source.Diagnostic{
			Code: CodeRelayExternal, Severity: source.SeverityNote, Path: e.path,
			Detail: clients.who + text + clients.list,
			Fix:    "nothing, if they are servers trusted like the organisation's own",
		},
		Witness: witness,
	}
	spread.set(&f)
	if !witness.Remote.IsValid() {
		f.Witness = c.dialog(e, partition.Who{}, e.Settings().RequireTLS)
	}
	open := c.unnamedClients(e, namedBits, privateSpans)
	many := c.unnamedClients(e, wideBits, nil)
	switch {
	case len(open) > 0:
		f.Code, f.Severity, f.Path = CodeExternalOpen, source.SeverityError, e.path+".RemoteIPRanges"
		if witness.Remote.IsValid() {
			f.Detail = openRelay(f.Detail)
		}
		c.moveDialog(&f.Witness, e, open)
	case len(many) > 0:
		f.Code, f.Severity, f.Path = CodeExternalWide, source.SeverityWarning, e.path+".RemoteIPRanges"
		f.Detail = clients.who + text + "; few organisations have so many servers" + clients.list
		c.moveDialog(&f.Witness, e, many)
	case !witness.Remote.IsValid():
		return // they don't relay, and they are few
	}
	if f.Severity != source.SeverityNote {
		f.Fix = "list in RemoteIPRanges only the addresses of the servers"
	}
	c.report(f)
}

// grantOf returns the index of the explicit grant that gives right r to a SID on e.
// only reports whether nothing else gives it.
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

// withdraw removes a right from an explicit grant, and reports whether the grant
// exists.
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
