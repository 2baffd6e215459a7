package analysis

import (
	"fmt"
	"strings"

	"github.com/interchange-smtp/interchange/connector/source"
)

// serving reports a policy by which this server accepts no mail, because it has no
// enabled Receive connector. A server that only delivers its queue may be meant to
// have none; connectors of other servers alone are hardly meant.
func (c *checker) serving() {
	if len(c.inbounds) > 0 {
		return
	}
	f := Finding{Diagnostic: source.Diagnostic{Code: CodeServesNothing, Severity: source.SeverityWarning, Path: "Receive"}}
	switch disabled := c.countDisabled(); {
	case len(c.cfg.Receive) == 0:
		f.Detail = "There is no Receive connector, so no mail is accepted; the queue is still delivered"
		f.Fix = "add a Receive connector, unless this server only sends"
	case disabled > 0:
		f.Detail = fmt.Sprintf("%d of %d Receive connectors of this server are disabled, so no mail is accepted; the queue is still delivered", disabled, disabled)
		f.Fix = "enable one"
	default:
		f.Severity, f.Path = source.SeverityError, "Server"
		f.Detail = fmt.Sprintf("This server is %s, and none of the %d Receive connectors belongs to it (%s)",
			c.serverName(), len(c.cfg.Receive), strings.Join(c.owners(), ", "))
		f.Fix = "set Server to this server's name"
	}
	c.report(f)
}

// countDisabled counts the Receive connectors of this server. It is called only if
// none is enabled.
func (c *checker) countDisabled() int {
	n := 0
	for range c.policy.Receive() {
		n++
	}
	return n
}

// owners returns the servers that have Receive connectors, each with their number.
func (c *checker) owners() []string {
	var names []string
	number := map[string]int{}
	for i := range c.cfg.Receive {
		name := c.cfg.Receive[i].WithDefaults(&c.cfg).Server
		if number[name]++; number[name] == 1 {
			names = append(names, name)
		}
	}
	for i, name := range names {
		names[i] = fmt.Sprintf("%s: %d", name, number[name])
	}
	return names
}
