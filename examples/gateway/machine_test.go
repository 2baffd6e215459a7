package main

import (
	"net"
	"testing"

	"github.com/interchange-smtp/interchange/routing"
)

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
