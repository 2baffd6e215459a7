package connector_test

import (
	"net/netip"
	"reflect"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/routing"
)

// TestNameServers: which name servers are asked for the next hops of a connector.
func TestNameServers(t *testing.T) {
	outside, inside := []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1")}, []netip.Addr{netip.MustParseAddr("10.0.0.53")}
	lists := connector.Service{
		ExternalDNSServers: outside, ExternalDNSAdapterEnabled: param.Value(false), ExternalDNSProtocolOption: param.UseTcpOnly,
		InternalDNSServers: inside, InternalDNSAdapterEnabled: param.Value(false),
	}
	adapters := connector.Service{ExternalDNSServers: outside, InternalDNSServers: inside, InternalDNSProtocolOption: param.UseUdpOnly}
	other := lists
	other.Name = "HubB"
	for name, tt := range map[string]struct {
		service  connector.Service
		external bool
		source   string
		want     connector.NameServers
	}{
		"internal by default":    {lists, false, "", connector.NameServers{Servers: inside}},
		"external":               {lists, true, "", connector.NameServers{Servers: outside, Protocol: param.UseTcpOnly}},
		"external adapter":       {adapters, true, "", connector.NameServers{}},
		"internal adapter":       {adapters, false, "", connector.NameServers{Protocol: param.UseUdpOnly}},
		"defaults":               {connector.Service{}, true, "", connector.NameServers{}},
		"another server sends":   {lists, true, "HubB", connector.NameServers{Servers: inside}},
		"another server's lists": {other, true, "", connector.NameServers{}},
	} {
		cfg := connector.Config{
			Server: "HubA", Servers: []routing.Server{{Name: "HubA", Site: "one"}, {Name: "HubB", Site: "one"}},
			Send:     []connector.Send{{Name: "out", AddressSpaces: spaces("*"), UseExternalDNSServersEnabled: tt.external}},
			Services: []connector.Service{tt.service},
		}
		if tt.source != "" {
			cfg.Send[0].SourceTransportServers = []string{tt.source}
		}
		for out := range compile(t, cfg).Send() {
			if got := out.NameServers(); len(got.Servers) != len(tt.want.Servers) || len(got.Servers) > 0 && !reflect.DeepEqual(got, tt.want) || got.Protocol != tt.want.Protocol {
				t.Errorf("%s: %v, want %v", name, got, tt.want)
			}
		}
	}
	if got := (*connector.Outbound)(nil).NameServers(); !reflect.DeepEqual(got, connector.NameServers{}) {
		t.Errorf("a nil Outbound asks %v", got)
	}
}

// TestNameServerMistakes: a list that is asked must have servers, at addresses that servers can have.
func TestNameServerMistakes(t *testing.T) {
	off := param.Value(false)
	list := func(texts ...string) (all []netip.Addr) {
		for _, text := range texts {
			all = append(all, netip.MustParseAddr(text))
		}
		return all
	}
	for name, tt := range map[string]struct {
		service connector.Service
		path    source.Path
		code    source.Code // "": nothing is wrong
	}{
		"no external":     {connector.Service{ExternalDNSAdapterEnabled: off}, "ExternalDNSAdapterEnabled", connector.CodeNameServers},
		"no internal":     {connector.Service{InternalDNSAdapterEnabled: off}, "InternalDNSAdapterEnabled", connector.CodeNameServers},
		"any address":     {connector.Service{InternalDNSAdapterEnabled: off, InternalDNSServers: list("192.0.2.1", "0.0.0.0")}, "InternalDNSServers[1]", connector.CodeNameServers},
		"any IPv6":        {connector.Service{ExternalDNSAdapterEnabled: off, ExternalDNSServers: list("::")}, "ExternalDNSServers[0]", connector.CodeNameServers},
		"multicast":       {connector.Service{InternalDNSAdapterEnabled: off, InternalDNSServers: list("224.0.0.251")}, "InternalDNSServers[0]", connector.CodeNameServers},
		"no address":      {connector.Service{InternalDNSAdapterEnabled: off, InternalDNSServers: make([]netip.Addr, 1)}, "InternalDNSServers[0]", connector.CodeNameServers},
		"not asked":       {connector.Service{ExternalDNSServers: list("192.0.2.1")}, "ExternalDNSServers", connector.CodeNameServersUnused},
		"no protocol":     {connector.Service{ExternalDNSProtocolOption: 3}, "ExternalDNSProtocolOption", source.CodeValueInvalid},
		"all is right":    {connector.Service{ExternalDNSAdapterEnabled: off, ExternalDNSServers: list("192.0.2.1", "::1")}, "", ""},
		"nothing is said": {connector.Service{}, "", ""},
	} {
		cfg := connector.Config{Server: "HubA", Services: []connector.Service{tt.service}}
		errs, warnings := cfg.Check()
		var got []source.Diagnostic
		for _, d := range append(errs, warnings...) {
			if list, _, _ := d.Path.List(); list == "Services" {
				got = append(got, d)
			}
		}
		switch {
		case tt.code == "" && len(got) > 0, tt.code != "" && (len(got) != 1 || got[0].Code != tt.code || got[0].Path != "Services[0]."+tt.path && got[0].Path != `Services["HubA"].`+tt.path):
			t.Errorf("%s: %v, want %s at %s", name, got, tt.code, tt.path)
		}
	}
}
