package analysis

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/routing"
)

// acceptedRoutes finds accepted domains whose mail can't leave, or returns to this
// server.
func (c *checker) acceptedRoutes() {
	if len(c.outbounds) == 0 {
		c.reportNoRoutes()
		return
	}
	accepted, err := routing.NewAccepted(c.cfg.Accepted...)
	if err != nil {
		return // it compiled
	}
	byName := map[string]int{}
	for i, a := range c.cfg.Accepted {
		if a.Name == "" {
			a.Name = a.DomainName
		}
		byName[strings.ToLower(a.Name)] = i
	}
	type seen struct{ unrouted, loops bool }
	done := make([]seen, len(c.cfg.Accepted))
	for cell := range c.domains.Cells {
		a, ok := accepted.Find(c.domains.Cells[cell].Witness)
		if !ok {
			continue
		}
		i := byName[strings.ToLower(a.Name)]
		switch way := c.ways[cell]; {
		case way.Route.Outcome != routing.Routed && !done[i].unrouted:
			done[i].unrouted = true
			c.reportUnrouted(i, cell)
		case way.Route.Outcome == routing.Routed && way.Route.Outbound.Settings().DNSRoutingEnabled.Or(false) && !done[i].loops:
			done[i].loops = true
			c.reportLoop(i, cell, way.Route.Outbound)
		}
	}
}

func (c *checker) reportNoRoutes() {
	if len(c.cfg.Accepted) == 0 {
		return
	}
	accepted := slices.IndexFunc(c.domains.Cells, func(cell partition.Cell) bool { return c.isAccepted(cell.Witness) })
	c.report(Finding{
		Diagnostic: source.Diagnostic{
			Code: CodeNoRoutes, Severity: source.SeverityNote, Path: "Send",
			Detail: "there is no Send connector, so no mail leaves unless the program delivers by itself",
			Fix:    "add a Send connector with the smart host that has the mailboxes",
		},
		Witness: c.sendTo(c.domains.Cells[max(accepted, 0)].Witness),
	})
}

func (c *checker) reportUnrouted(i, cell int) {
	a := c.cfg.Accepted[i]
	to := c.domains.Cells[cell].Witness
	text := fmt.Sprintf("mail for %s is accepted, but no Send connector routes it, so it is refused, or waits in a queue", c.domains.Cells[cell])
	if typ, _ := c.policy.Accepted(to); typ == routing.Authoritative {
		text += "; the address space * doesn't count for an authoritative domain"
	}
	c.report(Finding{
		Diagnostic: source.Diagnostic{
			Code: CodeAcceptedUnrouted, Severity: source.SeverityWarning, Path: source.Element("Accepted", i, a.Name),
			Detail: text,
			Fix:    fmt.Sprintf("add a Send connector with the address space %s and the smart host that has the mailboxes", a.DomainName),
		},
		Witness: c.sendTo(to),
	})
}

// reportLoop reports mail that may loop: senders found this server by the domain's MX
// record, and it will find itself there, too.
func (c *checker) reportLoop(i, cell int, out *connector.Outbound) {
	a := c.cfg.Accepted[i]
	c.report(Finding{
		Diagnostic: source.Diagnostic{
			Code: CodeRelayLoop, Severity: source.SeverityWarning, Path: source.Element("Accepted", i, a.Name),
			Detail: fmt.Sprintf("mail for %s is accepted and leaves by DNS through Send connector %q, so if the domain's MX is this server, it loops",
				c.domains.Cells[cell], out.Name()),
			Fix: "add a Send connector for the domain with the smart host that has the mailboxes",
		},
		Witness: c.sendTo(c.domains.Cells[cell].Witness),
	})
}

// smartHosts reports next hops that are this server.
func (c *checker) smartHosts() {
	for i, out := range c.outbounds {
		s := out.Settings()
		if !s.Enabled.Or(true) || !out.Local() {
			continue
		}
		for j, host := range s.SmartHosts {
			why := c.ownBinding(host, uint16(s.Port))
			if why == "" {
				continue
			}
			f := Finding{
				Diagnostic: source.Diagnostic{
					Code: CodeSmartHostSelf, Severity: source.SeverityError, Path: (source.Element("Send", i, out.Name()) + ".SmartHosts").Index(j),
					Detail: fmt.Sprintf("%v at port %d is %s, so mail returns to this server until it has too many hops", host, s.Port, why),
					Fix:    "set SmartHosts to the server that should receive this mail",
				},
				Witness: c.leaving(out),
			}
			if len(s.SmartHosts) > 1 {
				f.Fix = "remove it"
				f.edit = sendEdit(i, out, func(s *connector.Send) bool {
					return len(s.SmartHosts) > 1 && dropLast(&s.SmartHosts, host)
				})
			}
			c.report(f)
		}
	}
}

// ownBinding names the Receive connector of this server that a smart host leads to;
// "" if it leads elsewhere.
func (c *checker) ownBinding(host param.SmartHost, port uint16) string {
	at, literal := host.Addr()
	own := !literal && c.isOwnName(host.String())
	for _, e := range c.inbounds {
		for _, b := range e.Settings().Bindings {
			if b.Port() != port {
				continue
			}
			switch {
			case literal && b.Addr().Unmap() == at.Unmap():
			case literal && b.Addr().IsUnspecified() && at.Unmap().IsLoopback() && sameFamily(b.Addr(), at):
			case own, !literal && strings.EqualFold(host.String(), e.Fqdn()):
			default:
				continue
			}
			return fmt.Sprintf("Receive connector %q, bound to %v", e.Name(), b)
		}
	}
	return ""
}

func sameFamily(a, b netip.Addr) bool { return a.Unmap().Is4() == b.Unmap().Is4() }

// isOwnName reports whether a host name is the name of this server.
func (c *checker) isOwnName(name string) bool {
	for _, s := range c.cfg.Servers {
		if strings.EqualFold(s.Name, c.serverName()) && (strings.EqualFold(name, s.FQDN) || strings.EqualFold(name, s.Name)) {
			return true
		}
	}
	return strings.EqualFold(name, "localhost") || strings.EqualFold(name, c.serverName())
}
