package observed

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/interchange-smtp/interchange/connector/internal/semantics"
)

// queue returns the parameters of the Transport service of this server that decide how
// accepted mail is delivered.
// docs/diff.md "What is compared", queue; docs/cmdlets.md "Set-TransportService, …",
// column Default.
func (p *Policy) queue() map[string]string {
	here := p.Here()
	var s semantics.Service
	for _, given := range p.Services {
		if given.Name == "" || strings.EqualFold(p.ServerNamed(given.Name).Name, here.Name) {
			s = given
			break
		}
	}
	byRole := func(other, edge string) string {
		if here.Edge {
			return edge
		}
		return other
	}
	total := cmp.Or(s.MaxOutboundConnections, "1000")
	return map[string]string{
		"MaxConnectionRatePerMinute":                    number(cmp.Or(s.MaxConnectionRatePerMinute, 1200)),
		"MaxOutboundConnections":                        total,
		"MaxPerDomainOutboundConnections":               cmp.Or(s.MaxPerDomainOutboundConnections, p.perDomain(total)),
		"IntraOrgConnectorSmtpMaxMessagesPerConnection": number(cmp.Or(s.IntraOrgConnectorSmtpMaxMessagesPerConnection, 20)),
		"QueueGlitchRetryCount":                         number(semantics.Or(s.QueueGlitchRetryCount, 4)),
		"QueueGlitchRetryInterval":                      cmp.Or(s.QueueGlitchRetryInterval, "00:01:00"),
		"TransientFailureRetryCount":                    number(semantics.Or(s.TransientFailureRetryCount, 6)),
		"TransientFailureRetryInterval":                 cmp.Or(s.TransientFailureRetryInterval, byRole("00:05:00", "00:10:00")),
		"OutboundConnectionFailureRetryInterval":        cmp.Or(s.OutboundConnectionFailureRetryInterval, byRole("00:10:00", "00:30:00")),
		"MessageRetryInterval":                          cmp.Or(s.MessageRetryInterval, "00:05:00"),
		"DelayNotificationTimeout":                      cmp.Or(s.DelayNotificationTimeout, "04:00:00"),
		"MessageExpirationTimeout":                      cmp.Or(s.MessageExpirationTimeout, "2.00:00:00"),
		"ExternalDNSServers":                            nameServers(s.ExternalDNSAdapterEnabled, s.ExternalDNSServers, s.ExternalDNSProtocolOption),
		"InternalDNSServers":                            nameServers(s.InternalDNSAdapterEnabled, s.InternalDNSServers, s.InternalDNSProtocolOption),
	}
}

// perDomain is the default of MaxPerDomainOutboundConnections. docs/cmdlets.md: "40; in
// 2007 20; or MaxOutboundConnections if that is less".
func (p *Policy) perDomain(total string) string {
	def := int64(40)
	if p.In2007() {
		def = 20
	}
	if n, err := strconv.ParseInt(total, 10, 64); err == nil && n < def {
		return total
	}
	return number(def)
}

// nameServers says which name servers are asked, in which order, and how.
// docs/routing.md "Name servers".
func nameServers(adapter *bool, list []string, protocol string) string {
	servers := "the machine's"
	if !semantics.OrTrue(adapter) {
		servers = strings.Join(list, ", ")
	}
	return servers + " by " + cmp.Or(protocol, "Any")
}

func number(n int64) string { return strconv.FormatInt(n, 10) }
