package analysis

import (
	"fmt"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/permission"
)

// frontEndPorts maps the ports at which Exchange's Front End Transport service passes
// its clients on to the Transport service to the ports at which the clients connect.
var frontEndPorts = map[uint16]uint16{465: 587, 2525: smtpPort}

// behindFrontEnd reports grants on connectors that clients of Exchange reach through
// the Front End Transport service. In this server the connector that clients connect
// to decides.
func (c *checker) behindFrontEnd() {
	for back := range c.reachable {
		front := c.frontOf(back)
		if front == nil {
			continue
		}
		for i, g := range back.Settings().Permissions {
			more := g.Allow.Minus(front.ACL().Rights(permission.Principal{SIDs: []permission.SID{g.To, permission.SIDAuthenticatedUsers}}))
			if more == 0 {
				continue
			}
			user := auth.Identity{Principal: permission.Principal{Name: "somebody", SIDs: []permission.SID{permission.SIDAuthenticatedUsers, g.To}}}
			c.report(Finding{
				Diagnostic: source.Diagnostic{
					Code: CodeBehindFrontEnd, Severity: source.SeverityWarning, Path: (back.path + ".Permissions").Index(i),
					Detail: fmt.Sprintf("%v has no effect for clients of %q: Exchange passes them on to %q, but here the connector that they connect to decides",
						permission.Grant{To: g.To, Allow: more}, front.Name(), back.Name()),
					Fix: fmt.Sprintf("grant it on %q", front.Name()),
				},
				Witness: c.dialog(front, partition.Who{User: &user}, front.Settings().AuthMechanism.Or(0).Has(auth.TLS)),
			})
		}
	}
}

// frontOf returns the connector of FrontendTransport whose clients Exchange passes on
// to back, or nil.
func (c *checker) frontOf(back *servedConnector) *servedConnector {
	if back.Settings().TransportRole != param.HubTransport {
		return nil
	}
	for front := range c.reachable {
		if front.Settings().TransportRole != param.FrontendTransport || !front.Settings().AuthMechanism.Or(0).LogsOn() {
			continue
		}
		for _, b := range back.Settings().Bindings {
			if port, ok := frontEndPorts[b.Port()]; ok && front.boundToPort(port) {
				return front
			}
		}
	}
	return nil
}
