package analysis_test

import (
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/routing"
)

// TestFqdnMissing wants a Send connector that greets next hops by a short name to
// be found, once for all that use the name of the server.
func TestFqdnMissing(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*connector.Config)
		place  string
	}{
		{"a server with its FQDN", func(*connector.Config) {}, ""},
		{"a server without one", func(c *connector.Config) { c.Servers[0].FQDN = "" }, "Server"},
		{"no server", func(c *connector.Config) { c.Server, c.Servers = "", nil }, "Server"},
		{"an address literal", func(c *connector.Config) { c.Servers[0].FQDN = "[192.0.2.25]" }, ""},
		{"a connector with its own", func(c *connector.Config) { c.Servers[0].FQDN, c.Send[0].Fqdn = "", "mail.fabrikam.com" }, ""},
		{"a connector with a short one", func(c *connector.Config) { c.Send[0].Fqdn = "mail" }, `Send["Out"].Fqdn`},
		{"of another server", func(c *connector.Config) {
			c.Servers[0].FQDN = ""
			c.Servers = append(c.Servers, routing.Server{Name: "HubB", FQDN: "hubb.fabrikam.com"})
			c.Send[0].SourceTransportServers = []string{"HubB"}
		}, ""},
		{"disabled", func(c *connector.Config) {
			c.Servers[0].FQDN, c.Send[0].Enabled = "", param.Value(false)
		}, ""},
	} {
		cfg := with(t)
		cfg.Send = cfg.Send[:1]
		tt.change(&cfg)
		place := ""
		for _, f := range analysis.Check(compiled(t, cfg), options("huba.fabrikam.com")) {
			if f.Code == analysis.CodeFqdnMissing {
				if place += string(f.Path); f.Severity != source.SeverityWarning {
					t.Errorf("%s: %v", tt.name, f)
				}
			}
		}
		if place != tt.place {
			t.Errorf("%s: found at %q, want %q", tt.name, place, tt.place)
		}
	}
}
