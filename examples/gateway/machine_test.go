package main

import (
	"net"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/routing"
)

// Only a server that nothing names gets the machine's name.
func TestNamed(t *testing.T) {
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
		cfg := named(tt.cfg, "relay.contoso.com")
		cfg.Receive = []connector.Receive{{Name: "In"}}
		if got := cfg.Receive[0].WithDefaults(&cfg).Fqdn; got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
		if plain := named(tt.cfg, ""); len(plain.Servers) != len(tt.cfg.Servers) {
			t.Errorf("%s: a machine without a name changes the policy", tt.name)
		}
	}
}

func TestMachineName(t *testing.T) {
	for name, want := range map[string]bool{
		"relay.contoso.com": true, "relay.contoso.com.": true, "relay": false, "localhost": false, "": false,
		"localhost.localdomain": false, "relay.localdomain": false, "10.2.3.4": false, "[10.2.3.4]": false,
	} {
		if isFQDN(name) != want {
			t.Errorf("%q: %t", name, !want)
		}
	}
	var addrs []net.Addr
	for _, s := range []string{"127.0.0.1/8", "::1/128", "fe80::1/64", "2001:db8::7/64", "169.254.1.1/16", "10.2.3.4/24", "10.2.3.5/24"} {
		ip, n, err := net.ParseCIDR(s)
		if err != nil {
			t.Fatal(err)
		}
		addrs = append(addrs, &net.IPNet{IP: ip, Mask: n.Mask})
	}
	for n, want := range map[int]string{0: "", 3: "", 4: "[IPv6:2001:db8::7]", len(addrs): "[10.2.3.4]"} {
		if got := literalOf(addrs[:n]); got != want {
			t.Errorf("of %d addresses %q, want %q", n, got, want)
		}
	}
	if name := machineFQDN(); name != "" {
		if d, err := routing.ParseDomain(name); err != nil || d.SingleLabel() {
			t.Errorf("this machine is called %s, %v", name, err)
		}
	}
}
