package load_test

import (
	"context"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/load"
	"github.com/interchange-smtp/interchange/routing"
)

// TestFQDN: only a server that has no name gets the given one.
func TestFQDN(t *testing.T) {
	for _, tt := range []struct {
		name string
		cfg  connector.Config
		want string // the FQDN of this server
	}{
		{"nothing is named", connector.Config{}, "relay.contoso.com"},
		{"as a script has it", connector.Config{Server: "localhost", Servers: []routing.Server{{Name: "localhost", FQDN: "localhost"}}}, "relay.contoso.com"},
		{"a server", connector.Config{Server: "EX01", Servers: []routing.Server{{Name: "EX01", FQDN: "ex01.contoso.com"}}}, "ex01.contoso.com"},
		{"a server without an FQDN", connector.Config{Servers: []routing.Server{{Name: "EX01"}}}, "EX01"},
		{"a name alone", connector.Config{Server: "EX01"}, "EX01"},
	} {
		for _, fqdn := range []string{"", "relay.contoso.com"} {
			d, err := load.Read(context.Background(), load.Options{Config: tt.cfg, FQDN: fqdn})
			if err != nil {
				t.Fatal(err)
			}
			d.Config.Receive = []connector.Receive{{Name: "In"}}
			if got := d.Config.Receive[0].WithDefaults(&d.Config).Fqdn; fqdn != "" && got != tt.want {
				t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
			}
			if fqdn == "" && len(d.Config.Servers) != len(tt.cfg.Servers) {
				t.Errorf("%s: a machine without a name changes the policy", tt.name)
			}
			if n := len(tt.cfg.Servers); n > 0 && tt.cfg.Servers[0].FQDN == "relay.contoso.com" {
				t.Errorf("%s: the caller's Config has changed", tt.name)
			}
		}
	}
}
