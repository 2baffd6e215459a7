package analysis

import (
	"fmt"
	"slices"
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
	switch {
	case len(c.cfg.Receive) == 0:
		f.Detail = "there is no Receive connector, so no mail is accepted; the queue is still delivered"
		f.Fix = "add a Receive connector, unless this server only sends"
	case slices.Collect(c.policy.Receive()) != nil: // this server's; none is enabled
		f.Detail = "every Receive connector of this server is disabled, so no mail is accepted; the queue is still delivered"
		f.Fix = "enable one"
	default:
		f.Severity, f.Path = source.SeverityError, "Server"
		f.Detail = fmt.Sprintf("this server is %s, but no Receive connector belongs to it (%s)", c.serverName(), strings.Join(c.owners(), ", "))
		f.Fix = "set Server to this server's name"
	}
	c.report(f)
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
