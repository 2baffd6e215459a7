package analysis

import (
	"fmt"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// verification reports connectors that take mail from the Internet without checking SPF, DKIM
// and DMARC, and connectors that check mail which another server hands over, if the server can
// check it at all.
func (c *checker) verification() {
	if !c.opts.Authenticates {
		return
	}
	for e := range c.reachable {
		mode := e.Settings().MessageAuthenticationMode.Or(param.AuthenticationOff)
		switch {
		case mode == param.AuthenticationOff:
			c.unverified(e)
		case len(e.Settings().TrustedAuthenticationServices) > 0:
			c.report(Finding{Diagnostic: source.Diagnostic{
				Code: CodeVerifiedBehindFilter, Severity: source.SeverityWarning, Path: e.path + ".MessageAuthenticationMode",
				Detail: fmt.Sprintf("it is %v, and the connector takes results from other servers (TrustedAuthenticationServices): SPF then looks at their addresses, and not at the senders'", mode),
				Fix:    "set it to Off, or give those servers a connector of their own",
			}})
		}
	}
}

// unverified reports a connector that takes mail of any sender from clients that no range names,
// and doesn't check whose it is.
func (c *checker) unverified(e *servedConnector) {
	clients := c.unnamedClients(e, namedBits, privateSpans)
	if len(clients) == 0 {
		return
	}
	for _, s := range c.sessions(e) {
		rights := s.Rights()
		if s.who.User != nil || len(s.who.Partner) > 0 || s.Authenticated() || !rights.Has(permission.AcceptAnySender) || rights.Has(permission.BypassAntiSpam) {
			continue
		}
		to := c.recipientFor(s)
		if !to.IsValid() {
			continue
		}
		d := c.dialog(e, s.who.Who, s.tls)
		d.To = []routing.Address{to}
		d.From = partition.Mailbox("user", c.domains.Cells[c.domains.Elsewhere()].Witness)
		c.moveDialog(&d, e, clients)
		c.report(Finding{
			Diagnostic: source.Diagnostic{
				Code: CodeUnverified, Severity: source.SeverityNote, Path: e.path,
				Detail: "it takes mail of any sender from the Internet, and checks neither SPF nor DKIM nor DMARC",
				Fix:    "set MessageAuthenticationMode to Note, which refuses nothing",
			},
			Witness: d,
			edit: e.receiveEdit(func(r *connector.Receive) bool {
				r.MessageAuthenticationMode = param.Value(param.AuthenticationNote)
				return true
			}),
		})
		return
	}
}

// recipientFor returns a recipient that a session may send to; the zero Address if there is no
// such recipient.
func (c *checker) recipientFor(s mailSession) routing.Address {
	for _, cell := range c.domains.Cells {
		to := partition.Mailbox("user", cell.Witness)
		if s.Rcpt(connector.Rcpt{To: to}).Allowed() {
			return to
		}
	}
	return routing.Address{}
}
