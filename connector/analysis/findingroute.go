package analysis

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/routing"
)

// acceptedRoutes finds accepted domains whose mail can't leave, or comes back.
func (c *checker) acceptedRoutes() {
	if len(c.outbounds) == 0 {
		c.noRoutes()
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
		switch way := c.ways[cell][0]; {
		case way.Route.Outcome != routing.Routed && !done[i].unrouted:
			done[i].unrouted = true
			c.unrouted(i, cell)
		case way.Route.Outcome == routing.Routed && way.Route.Outbound.Settings().DNSRoutingEnabled.Or(false) && !done[i].loops:
			done[i].loops = true
			c.loops(i, cell, way.Route.Outbound)
		}
	}
}

func (c *checker) noRoutes() {
	if len(c.cfg.Accepted) == 0 {
		return
	}
	c.find(Finding{
		Code: CodeNoRoutes, Severity: SeverityNote, Place: "Send",
		Text:    "there is no Send connector, so no mail leaves unless the program delivers by itself",
		Fix:     "give a Send connector with the smart host that has the mailboxes",
		Witness: c.sendTo(c.domains.Cells[c.domains.Elsewhere()].Witness),
	})
}

func (c *checker) unrouted(i, cell int) {
	a := c.cfg.Accepted[i]
	to := c.domains.Cells[cell].Witness
	text := fmt.Sprintf("mail for %s is taken for ours, and no Send connector carries it, so it is refused, or waits on a queue", c.domains.Cells[cell])
	if typ, _ := c.policy.Accepted(to); typ == routing.Authoritative {
		text += "; the address space * doesn't count for an authoritative domain"
	}
	c.find(Finding{
		Code: CodeAcceptedUnrouted, Severity: SeverityWarning, Place: elementPath("Accepted", i, a.Name), Text: text,
		Fix:     fmt.Sprintf("give a Send connector with the address space %s and the smart host that has the mailboxes", a.DomainName),
		Witness: c.sendTo(to),
	})
}

// loops: senders found us by the domain's MX, and so will our own mail.
func (c *checker) loops(i, cell int, out *connector.Outbound) {
	a := c.cfg.Accepted[i]
	c.find(Finding{
		Code: CodeRelayLoop, Severity: SeverityWarning, Place: elementPath("Accepted", i, a.Name),
		Text: fmt.Sprintf("mail for %s comes to us and leaves by the DNS through Send connector %q, so if the domain's MX is us, it loops",
			c.domains.Cells[cell], out.Name()),
		Fix:     "give a Send connector for the domain with the smart host that has the mailboxes",
		Witness: c.sendTo(c.domains.Cells[cell].Witness),
	})
}

// smartHosts finds next hops that are ourselves.
func (c *checker) smartHosts() {
	for i, out := range c.outbounds {
		s := out.Settings()
		if !s.Enabled.Or(true) || !out.Local() {
			continue
		}
		for j, host := range s.SmartHosts {
			why := c.self(host, uint16(s.Port))
			if why == "" {
				continue
			}
			f := Finding{
				Code: CodeSmartHostSelf, Severity: SeverityError, Place: indexPath(elementPath("Send", i, out.Name())+".SmartHosts", j),
				Text:    fmt.Sprintf("%v at port %d is %s, so mail comes back to us until it has too many hops", host, s.Port, why),
				Fix:     "give the next hop",
				Witness: c.sendTo(c.servedBy(out)),
			}
			if len(s.SmartHosts) > 1 {
				f.Fix = "leave it out"
				f.edit = func(cfg *connector.Config) {
					list := cfg.Send[i].SmartHosts
					cfg.Send[i].SmartHosts = append(list[:j:j], list[j+1:]...)
				}
			}
			c.find(f)
		}
	}
}

// self says which of our own doors a smart host is; "" if it is none.
func (c *checker) self(host connector.SmartHost, port uint16) string {
	for _, e := range c.inbounds {
		for _, b := range e.Settings().Bindings {
			if b.Port() != port {
				continue
			}
			at, literal := host.Addr()
			switch {
			case literal && b.Addr().Unmap() == at.Unmap():
			case literal && b.Addr().IsUnspecified() && at.Unmap().IsLoopback() && sameFamily(b.Addr(), at):
			case !literal && (c.ourName(host.String()) || strings.EqualFold(host.String(), e.Fqdn())):
			default:
				continue
			}
			return fmt.Sprintf("Receive connector %q, bound to %v", e.Name(), b)
		}
	}
	return ""
}

func sameFamily(a, b netip.Addr) bool { return a.Unmap().Is4() == b.Unmap().Is4() }

// ourName reports whether a host name is that of our server.
func (c *checker) ourName(name string) bool {
	for _, s := range c.cfg.Servers {
		if strings.EqualFold(s.Name, c.server()) && (strings.EqualFold(name, s.FQDN) || strings.EqualFold(name, s.Name)) {
			return true
		}
	}
	return strings.EqualFold(name, "localhost") || strings.EqualFold(name, c.server())
}

// server is the name of the server that we are.
func (c *checker) server() string { return connector.Receive{}.WithDefaults(&c.cfg).Server }

// servedBy returns a domain whose mail leaves by out; the domain of an address
// space of it if there is none.
func (c *checker) servedBy(out *connector.Outbound) routing.Domain {
	for i := range c.domains.Cells {
		cell := c.unnamedFirst(i)
		for _, way := range c.ways[cell] {
			if way.Route.Outbound == out {
				return c.domains.Cells[cell].Witness
			}
		}
	}
	for _, space := range out.Settings().AddressSpaces {
		if d := space.Domain(); d.IsValid() {
			return d
		}
	}
	return c.domains.Cells[c.domains.Elsewhere()].Witness
}

// unnamedFirst returns the i-th cell, beginning with the domains that nobody named,
// which most mail is for.
func (c *checker) unnamedFirst(i int) int { return (i + c.domains.Elsewhere()) % len(c.domains.Cells) }

// smallest is the lowest MaxMessageSize that a Receive connector can have. A Send
// connector below it refuses what every Receive connector takes.
const smallest = 64 * connector.KB

// sizes finds limits that leave nothing of a route, and those that let in what
// can't go on.
func (c *checker) sizes() {
	for i, out := range c.outbounds {
		limit := out.Settings().MaxMessageSize
		if !out.Settings().Enabled.Or(true) || limit <= 0 || limit >= smallest {
			continue
		}
		c.find(Finding{
			Code: CodeRouteSize, Severity: SeverityWarning, Place: elementPath("Send", i, out.Name()) + ".MaxMessageSize",
			Text:    fmt.Sprintf("it carries messages of up to %v, less than the 64 KB that the strictest Receive connector takes", limit),
			Fix:     "give 64 KB or more, or leave it at the default",
			Witness: c.large(c.servedBy(out), int64(limit)+1),
			edit:    func(cfg *connector.Config) { cfg.Send[i].MaxMessageSize = 0 },
		})
	}
	c.sizeGaps()
}

// large is sendTo with a size.
func (c *checker) large(to routing.Domain, size int64) connector.Dialog {
	d := c.sendTo(to)
	d.Size = size
	return d
}

// sizeGaps tells of Send connectors that are the last to carry mail for a domain and
// carry less than what is taken. Defaults on both sides are nobody's doing.
func (c *checker) sizeGaps() {
	type taken struct {
		entrance *entrance
		limit    int64 // 0: none
		given    bool
	}
	var most taken
	for e := range c.reached {
		for _, s := range c.sessions(e) {
			limit := s.MaxSize()
			if most.entrance == nil || smaller(limit, most.limit) == most.limit && limit != most.limit {
				most = taken{e, limit, c.cfg.Receive[e.index].MaxMessageSize != 0}
			}
		}
	}
	if most.entrance == nil {
		return
	}
	told := map[*connector.Outbound]bool{}
	for i := range c.ways {
		cell := c.unnamedFirst(i)
		ways := c.ways[cell]
		n := len(ways)
		if n < 2 || ways[n-1].Route.Outcome != routing.TooLarge {
			continue
		}
		out, upto := ways[n-2].Route.Outbound, ways[n-2].Upto
		at := slices.Index(c.outbounds, out)
		given := most.given || c.cfg.Send[at].MaxMessageSize != 0 || c.cfg.Transport.MaxSendSize != 0
		if told[out] || !given || smaller(upto, most.limit) != upto || upto == most.limit {
			continue
		}
		told[out] = true
		c.find(Finding{
			Code: CodeSizeGap, Severity: SeverityNote, Place: elementPath("Send", at, out.Name()) + ".MaxMessageSize",
			Text: fmt.Sprintf("mail for %s leaves up to %s, and Receive connector %s takes %s; what is larger is refused only at its recipients",
				c.domains.Cells[cell], sizeText(upto), strconv.Quote(most.entrance.Name()), upTo(sizeText(most.limit), "")),
			Fix:     "let both have the same limit",
			Witness: c.large(c.domains.Cells[cell].Witness, upto+1),
		})
	}
}
