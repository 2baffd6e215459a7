package analysis

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/interchange-smtp/interchange/connector/source"
)

// greetings reports Send connectors that greet next hops with a name that is neither
// fully qualified nor an address literal (RFC 5321, section 2.3.5): many servers
// refuse it.
func (c *checker) greetings() {
	const refused = ", which many refuse, because it isn't fully qualified"
	var byServer []string // connectors that use the server's name
	for i, out := range c.outbounds {
		s := out.Settings()
		switch {
		case !s.Enabled.Or(true) || !out.Local() || qualified(s.Fqdn):
		case c.cfg.Send[i].Fqdn == "":
			byServer = append(byServer, strconv.Quote(out.Name()))
		default:
			c.report(Finding{
				Diagnostic: source.Diagnostic{
					Code: CodeFqdnMissing, Severity: source.SeverityWarning, Path: source.Element("Send", i, out.Name()) + ".Fqdn",
					Detail: fmt.Sprintf("next hops are greeted as %s%s", s.Fqdn, refused),
					Fix:    "set it to a name with its domain, such as mail.contoso.com",
				},
			})
		}
	}
	slices.Sort(byServer) // the order of the list means nothing
	if len(byServer) > 0 {
		c.report(Finding{
			Diagnostic: source.Diagnostic{
				Code: CodeFqdnMissing, Severity: source.SeverityWarning, Path: "Server",
				Detail: fmt.Sprintf("next hops of %s are greeted as %s%s", strings.Join(byServer, ", "), c.serverName(), refused),
				Fix:    "set the server's FQDN, or Fqdn of each Send connector",
			},
		})
	}
}

// qualified reports whether name has a domain or is an address literal.
func qualified(name string) bool { return strings.ContainsAny(strings.TrimSuffix(name, "."), ".[") }
