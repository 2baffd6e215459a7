package analysis

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/routing"
)

// minReceiveLimit is the lowest MaxMessageSize that a Receive connector can have. A
// Send connector with a lower limit refuses messages that every Receive connector
// accepts.
const minReceiveLimit = 64 * param.KB

// sizes reports limits that make a route useless, and limits that accept messages
// that can't be delivered.
func (c *checker) sizes() {
	for i, out := range c.outbounds {
		limit := out.Settings().MaxMessageSize
		if !out.Settings().Enabled.Or(true) || limit <= 0 || limit >= minReceiveLimit {
			continue
		}
		f := Finding{
			Diagnostic: source.Diagnostic{
				Code: CodeRouteSize, Severity: source.SeverityWarning, Path: source.Element("Send", i, out.Name()) + ".MaxMessageSize",
				Detail: fmt.Sprintf("it carries messages of up to %v, less than the 64 KB that the strictest Receive connector accepts", limit),
				Fix:    "set it to 64 KB or more, or leave it at the default",
			},
			Witness: c.leaving(out),
			edit: sendEdit(i, out, func(s *connector.Send) bool {
				was := s.MaxMessageSize
				s.MaxMessageSize = 0
				return was != 0
			}),
		}
		if f.Shown() {
			f.Witness = c.sendSized(f.Witness.To[0].Domain(), int64(limit)+1)
			if w := c.policy.Walk(f.Witness); w.Accepted() && w.Routes[0].Outbound == out {
				f.Witness = connector.Dialog{} // no session declares the size before the recipient is routed
			}
		}
		c.report(f)
	}
	c.reportSizeGaps()
}

// maxAccepted is the largest message that a client may send to the domains of a
// class.
type maxAccepted struct {
	*mailSession
	limit    int64 // 0: no limit
	explicit bool  // the connector's limit is in the Config
}

// reportSizeGaps reports Send connectors that are the last to carry mail for a domain
// and carry less than Receive connectors accept. If both limits are defaults, nothing
// is reported.
func (c *checker) reportSizeGaps() {
	most := c.largestAccepted()
	reported := map[*connector.Outbound]bool{}
	lasts := map[*partition.Way]*partition.Way{}
	for i := range c.ways {
		cell := c.unnamedFirst(i)
		last := lastLimited(c.ways[cell], lasts)
		from := most[c.domains.Cells[cell].Class]
		if last == nil || last.Next.Route.Outcome != routing.TooLarge || from.mailSession == nil {
			continue
		}
		out, upto := last.Route.Outbound, last.Upto
		at := slices.Index(c.outbounds, out)
		given := from.explicit || c.cfg.Send[at].MaxMessageSize != 0 || c.cfg.Transport.MaxSendSize != 0
		if reported[out] || !given || smaller(upto, from.limit) != upto || upto == from.limit {
			continue
		}
		reported[out] = true
		witness := c.dialog(from.at, from.who.Who, from.tls)
		witness.To = []routing.Address{partition.Mailbox("user", c.domains.Cells[cell].Witness)}
		witness.Size = upto + 1
		c.report(Finding{
			Diagnostic: source.Diagnostic{
				Code: CodeSizeGap, Severity: source.SeverityNote, Path: source.Element("Send", at, out.Name()) + ".MaxMessageSize",
				Detail: fmt.Sprintf("mail for %s leaves up to %s, but Receive connector %s accepts %s; larger messages are refused only at their recipients",
					c.domains.Cells[cell], sizeText(upto), strconv.Quote(from.at.Name()), upTo(sizeText(from.limit), "")),
				Fix: "set both to the same limit",
			},
			Witness: witness,
		})
	}
}

// lastLimited returns the last way that has an upper bound; nil if every way has no bound. known has earlier
// results.
func lastLimited(way *partition.Way, known map[*partition.Way]*partition.Way) *partition.Way {
	var last *partition.Way
	for at := way; at.Next != nil; at = at.Next {
		if found, ok := known[at]; ok {
			last = found
			break
		}
		last = at
	}
	for at := way; at.Next != nil && known[at] == nil; at = at.Next {
		known[at] = last
	}
	return last
}

// largestAccepted returns for each class of domains the session that may send the
// largest messages. Connectors that don't offer SIZE are left out: there recipients
// are routed before the size is known.
func (c *checker) largestAccepted() []maxAccepted {
	most := make([]maxAccepted, len(c.domains.Classes))
	for e := range c.reachable {
		if e.Settings().SizeEnabled == param.SizeDisabled {
			continue
		}
		for i := range c.sessions(e) {
			s := &c.sessions(e)[i]
			limit := s.MaxSize()
			for class := range most {
				m := &most[class]
				given := c.cfg.Receive[e.index].MaxMessageSize != 0
				larger := m.mailSession == nil || limit != m.limit && smaller(limit, m.limit) == m.limit
				if !larger && (limit != m.limit || m.explicit || !given) {
					continue // among equal limits, one that was given is preferred
				}
				to := partition.Mailbox("user", c.domains.Representative(class))
				if s.Rcpt(connector.Rcpt{To: to}).Allowed() {
					*m = maxAccepted{s, limit, given}
				}
			}
		}
	}
	return most
}
