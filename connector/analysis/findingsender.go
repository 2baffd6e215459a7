package analysis

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// smtpPort is where mail servers connect to each other.
const smtpPort = 25

// gatewaySenders reports the one grant that Basic authentication with an external
// gateway needs and that no permission group gives: a user may send only as itself,
// but a gateway delivers mail of all senders on the Internet.
func (c *checker) gatewaySenders() {
	gateways := map[string]bool{}
	for _, out := range c.outbounds {
		if logsOnForAll(out) {
			gateways[strconv.Quote(out.Name())] = true
		}
	}
	gateway := c.gatewayConnector()
	if len(gateways) == 0 || gateway == nil {
		return
	}
	user := auth.Identity{Principal: permission.Principal{Name: "smtpgateway", SIDs: []permission.SID{permission.SIDAuthenticatedUsers}}}
	needs := permission.SetOf(permission.Submit, permission.AcceptAnySender)
	lacks := needs.Minus(gateway.ACL().Rights(user.Principal))
	d := c.dialog(gateway, partition.Who{User: &user}, gateway.Settings().AuthMechanism.Or(0).Has(auth.TLS))
	d.From = partition.Mailbox("user", c.domains.Cells[c.domains.Elsewhere()].Witness)
	c.report(Finding{
		Diagnostic: source.Diagnostic{
			Code: CodeGatewaySender, Severity: source.SeverityNote, Path: gateway.path,
			Detail: fmt.Sprintf("%s to a gateway for mail to every domain; if that gateway also logs on here, the mail that it passes on from the Internet is refused, because its account lacks %v; grant it with Add-ADPermission",
				loggingOn(slices.Sorted(maps.Keys(gateways))), lacks),
			Fix: fmt.Sprintf("grant its account %v with Add-ADPermission, or acknowledge that no gateway logs on here", lacks),
		},
		Witness: d,
	})
}

// loggingOn begins a sentence about Send connectors that log on.
func loggingOn(names []string) string {
	if len(names) == 1 {
		return "Send connector " + names[0] + " logs on"
	}
	return "Send connectors " + strings.Join(names, " and ") + " log on"
}

// logsOnForAll reports whether a Send connector logs on to smart hosts with a password for mail
// to all domains. A service that takes tokens doesn't log on here.
func logsOnForAll(out *connector.Outbound) bool {
	s := out.Settings()
	return s.Enabled.Or(true) && s.SmartHostAuthMechanism&(auth.BasicAuth|auth.BasicAuthRequireTLS) != 0 &&
		slices.ContainsFunc(s.AddressSpaces, func(a routing.AddressSpace) bool { return a.Kind() == routing.SpaceAny })
}

// gatewayConnector returns the connector that a gateway would log on at: one that is
// bound to port 25, if one of those accepts logins. It is nil if no connector accepts
// logins, or if an explicit grant at such a connector already lets a user send as any
// sender.
func (c *checker) gatewayConnector() *servedConnector {
	var gateways, atPort []*servedConnector
	for e := range c.reachable {
		if e.Settings().AuthMechanism.Or(0).LogsOn() {
			gateways = append(gateways, e)
			if e.boundToPort(smtpPort) {
				atPort = append(atPort, e)
			}
		}
	}
	if len(atPort) > 0 {
		gateways = atPort
	}
	if len(gateways) == 0 || slices.ContainsFunc(gateways, (*servedConnector).grantsSendForAll) {
		return nil
	}
	return gateways[0]
}

// grantsSendForAll reports whether an explicit grant lets a user send as any sender.
func (e *servedConnector) grantsSendForAll() bool {
	return slices.ContainsFunc(e.Settings().Permissions, func(g permission.Grant) bool {
		rights := e.ACL().Rights(permission.Principal{SIDs: []permission.SID{permission.SIDAuthenticatedUsers, g.To}})
		return g.To != permission.SIDAnonymous && g.Allow.Has(permission.AcceptAnySender) &&
			rights.HasAll(permission.SetOf(permission.Submit, permission.AcceptAnySender))
	})
}
