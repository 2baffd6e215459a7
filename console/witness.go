package console

import (
	"strings"

	"github.com/interchange-smtp/interchange/connector"
)

// witnessPath returns the page that explains a session.
func (c *Console) witnessPath(d connector.Dialog) string {
	query := []string{"remote", d.Remote.String(), "local", d.Local.String(), "ehlo", d.Helo, "from", d.From.String(), "names", strings.Join(d.PeerNames, " ")}
	if d.TLS {
		query = append(query, "tls", "on")
	}
	if d.User != nil {
		query = append(query, "user", d.User.Name)
	}
	for _, to := range d.To {
		query = append(query, "to", to.String())
	}
	return c.path("/ask", query...)
}
