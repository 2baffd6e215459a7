package prover

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/proof"
	"github.com/interchange-smtp/interchange/routing"
)

// routes collects the ways of mail, by domain and size.
func (c *prover) routes(cuts []int64) {
	c.cert.SizeLimits = cuts
	var from []*partition.Ways
	for _, p := range c.policies {
		from = append(from, partition.NewWays(p, cuts, c.effort))
	}
	var all grouped[[]proof.Way]
	for i, cell := range c.domains.Cells {
		var ways []*partition.Way
		for _, w := range from {
			ways = append(ways, w.To(cell.Witness))
		}
		if c.exceeded() {
			return
		}
		joined := c.split(ways, cell.Witness)
		c.effort.Spend(1000 * len(joined)) // to write and compare them
		c.room -= all.add(i, joined)
	}
	for i, ways := range all.members {
		c.cert.Routes = append(c.cert.Routes, proof.Routes{Domains: all.places[i], Ways: ways})
	}
}

// split divides the sizes of mail to a domain at the limits of all policies.
func (c *prover) split(from []*partition.Way, to routing.Domain) []proof.Way {
	var ways []proof.Way
	above := int64(-1)
	for {
		way := proof.Way{Above: above}
		for _, w := range from {
			if w.Upto > 0 && (way.Upto == 0 || w.Upto < way.Upto) {
				way.Upto = w.Upto
			}
			name, answer := wayOf(w.Route, to)
			way.Connectors, way.Answers = append(way.Connectors, name), append(way.Answers, c.once(answer))
		}
		if n := len(ways) - 1; n >= 0 && slices.Equal(ways[n].Connectors, way.Connectors) && slices.Equal(ways[n].Answers, way.Answers) {
			ways[n].Upto = way.Upto
		} else {
			ways = append(ways, way)
		}
		if way.Upto == 0 {
			return ways
		}
		above = way.Upto
		for i, w := range from {
			if w.Upto == above {
				from[i] = w.Next
			}
		}
	}
}

// once returns text, the same string each time.
func (c *prover) once(text string) string {
	if known, ok := c.texts[text]; ok {
		return known
	}
	c.texts[text] = text
	return text
}

// wayOf returns the Send connector of a route of mail to a domain, and its next hop in
// words.
func wayOf(r connector.Route, to routing.Domain) (name, answer string) {
	switch {
	case r.Outcome == routing.TooLarge:
		return "", proof.TooLarge
	case r.Outcome != routing.Routed:
		return "", proof.Unreachable
	case r.Via != nil:
		return r.Outbound.Name(), "server " + r.Via.Name
	}
	set := r.Outbound.Settings()
	hosts := "mail exchangers"
	var first param.SmartHost // the others have the same demands
	peer := to
	if len(set.SmartHosts) > 0 {
		first, peer = set.SmartHosts[0], routing.Domain{}
		var names []string
		for _, h := range set.SmartHosts {
			names = append(names, textOf(h))
		}
		slices.Sort(names)
		hosts = strings.Join(slices.Compact(names), " or ")
	}
	var kept []string
	for _, class := range []struct{ name, field string }{
		{"Routing", "Received"}, {"Organization", "X-MS-Exchange-Organization-SCL"},
		{"Forest", "X-MS-Exchange-Forest-RulesExecuted"}, {"CrossPremises", "X-MS-Exchange-CrossPremises-Test"},
	} {
		if r.Outbound.Headers(peer, nil).Keep(class.field) {
			kept = append(kept, class.name)
		}
	}
	return r.Outbound.Name(), fmt.Sprintf("%s, port %d, TLS %s%s, header fields kept: %s",
		hosts, set.Port, demands(r.Outbound.TLS(to, first), to), logon(set), cmp.Or(strings.Join(kept, ", "), "none"))
}

// demands describes the demands on the TLS of a next hop.
func demands(t connector.HopTLS, to routing.Domain) string {
	text := "used if offered"
	switch {
	case t.Never:
		return "never used"
	case t.Required:
		text = "required"
	}
	if !t.Trusted {
		return text
	}
	text += ", certificate trusted"
	switch name := strings.ToLower(t.Domain); {
	case name == to.String():
		text += " and for the recipient's domain"
	case name != "":
		text += " and for " + name
	}
	if t.Host != "" {
		text += " and for the smart host"
	}
	return text
}

// logon says as which users a connector logs on.
func logon(set *connector.Send) string {
	if !set.LogsOn() {
		return ""
	}
	var users []string
	for _, h := range set.SmartHosts {
		user := ""
		if c := set.CredentialFor(h); c != nil {
			user = c.UserName
		}
		users = append(users, fmt.Sprintf("%s as %q", textOf(h), user))
	}
	slices.Sort(users)
	return ", logs on by " + set.SmartHostAuthMechanism.String() + ": " + strings.Join(users, ", ")
}

// textOf returns a smart host as the text of a policy has it.
func textOf(h param.SmartHost) string {
	text, _ := h.MarshalText() // of a smart host that Compile took
	return string(text)
}
