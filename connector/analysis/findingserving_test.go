package analysis_test

import (
	"net/netip"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/routing"
)

// TestServesNothing wants a policy by which our server takes no mail to say so, and
// why: an error if the connectors there are belong to others.
func TestServesNothing(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*connector.Config)
		place  source.Path
		want   source.Severity
		text   string
	}{
		{"one that serves", func(*connector.Config) {}, "", 0, ""},
		{"one beside those of others", func(c *connector.Config) { c.Receive = append(c.Receive, named(c.Receive[0], "Other", "HubB")) }, "", 0, ""},
		{"none at all", func(c *connector.Config) { c.Receive = nil }, "Receive", source.SeverityWarning,
			"there is no Receive connector, so no mail is accepted; the queue is still delivered"},
		{"disabled", func(c *connector.Config) { c.Receive[0].Enabled = param.Value(false) }, "Receive", source.SeverityWarning,
			"every Receive connector of this server is disabled, so no mail is accepted; the queue is still delivered"},
		{"of other servers", func(c *connector.Config) {
			c.Receive = []connector.Receive{named(c.Receive[0], "A", "HubB"), named(c.Receive[0], "B", "HubC"), named(c.Receive[0], "C", "hubb")}
			c.Receive[2].Bindings = []netip.AddrPort{netip.MustParseAddrPort("0.0.0.0:587")}
		}, "Server", source.SeverityError, "this server is HubA, but no Receive connector belongs to it (HubB: 2, HubC: 1)"},
		{"without a name", func(c *connector.Config) {
			c.Server, c.Servers = "localhost", append(c.Servers, routing.Server{Name: "localhost"})
			c.Receive[0].Server = "HubA"
		}, "Server", source.SeverityError, "this server is localhost, but no Receive connector belongs to it (HubA: 1)"},
	} {
		cfg := with(t)
		cfg.Servers = append(cfg.Servers, routing.Server{Name: "HubB"}, routing.Server{Name: "HubC"})
		tt.change(&cfg)
		var found []analysis.Finding
		for _, f := range analysis.Check(compiled(t, cfg), options("huba.fabrikam.com")) {
			if f.Code == analysis.CodeServesNothing {
				found = append(found, f)
			}
		}
		switch {
		case tt.text == "" && len(found) > 0:
			t.Errorf("%s: %v", tt.name, found)
		case tt.text != "" && (len(found) != 1 || found[0].Path != tt.place || found[0].Severity != tt.want || found[0].Detail != tt.text):
			t.Errorf("%s: found %v, want %s %v %s", tt.name, found, tt.place, tt.want, tt.text)
		}
	}
}

// named is a Receive connector under another name, of a server.
func named(r connector.Receive, name, server string) connector.Receive {
	r.Name, r.Server = name, server
	return r
}
