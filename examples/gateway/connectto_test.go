package main

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/relay/relaytest"
)

func TestParseDetour(t *testing.T) {
	tests := []struct {
		in   string
		want detour
	}{
		{"mail.example:25:127.0.0.1:2525", detour{"mail.example", "25", "127.0.0.1:2525"}},
		{"MAIL.example:25:other.example:", detour{"mail.example", "25", "other.example:"}},
		{"::127.0.0.1:2525", detour{"", "", "127.0.0.1:2525"}},
		{"[2001:db8::1]:25:[::1]:2525", detour{"2001:db8::1", "25", "[::1]:2525"}},
		{"a:25::2525", detour{"a", "25", ":2525"}},
	}
	for _, tt := range tests {
		if got, err := parseDetour(tt.in); err != nil || got != tt.want {
			t.Errorf("parseDetour(%q) = %+v, %v; want %+v", tt.in, got, err, tt.want)
		}
	}
	for _, in := range []string{"", "a", "a:25:b", "a:25:b:1:c", "a:0:b:25", "a:25:b:65536", "a:x:b:25", "[::1:25:b:25", "[::1]25:b:25", "a:25:[::1]x:25", "0]0:::", "a:25:b]c:25", "[a[b]:25:c:25"} {
		if got, err := parseDetour(in); err == nil {
			t.Errorf("parseDetour(%q) = %+v; want an error", in, got)
		}
	}
}

// TestDetours follows a next hop from its name to the address that is dialled.
func FuzzParseDetour(f *testing.F) {
	f.Add("mail.example.com:25:127.0.0.1:2525")
	f.Add("::[::1]:2525")        // any host and port, IPv6
	f.Add("[2001:db8::1]:25:a:") // the port stays
	f.Add("a:25:[::1")           // a bracket that is not closed
	f.Add("a:65536:b:-1")        // no ports
	f.Add("0]0:::")              // a bracket that is not opened
	f.Fuzz(func(t *testing.T, s string) {
		d, err := parseDetour(s)
		if err != nil {
			return
		}
		if _, _, err := net.SplitHostPort(d.target); err != nil || strings.ContainsAny(d.host, "[]") {
			t.Fatalf("%q is %+v: %v", s, d, err)
		}
	})
}

func TestDetours(t *testing.T) {
	dns := new(relaytest.Resolver)
	dns.AddHost("plain.example", netip.MustParseAddr("192.0.2.1"))
	dns.AddMX("plain.example", 10, "mx.plain.example")
	d := &detours{resolver: dns}
	for _, s := range []string{
		"one.example:25:127.0.0.1:2501",
		"two.example:25:127.0.0.1:2502",
		"two.example:587:127.0.0.1:2503",
		"port.example:25::2504",
		"192.0.2.9:25:127.0.0.1:2505",
	} {
		rule, err := parseDetour(s)
		if err != nil {
			t.Fatal(err)
		}
		d.rules = append(d.rules, rule)
	}
	tests := []struct {
		host string
		port uint16
		want string
	}{
		{"one.example", 25, "127.0.0.1:2501"},
		{"two.example", 25, "127.0.0.1:2502"},
		{"two.example", 587, "127.0.0.1:2503"},
		{"ONE.example.", 25, "127.0.0.1:2501"},
		{"one.example", 26, "one.example:26"},
		{"port.example", 25, "port.example:2504"},
		{"plain.example", 25, "192.0.2.1:25"},
	}
	for _, tt := range tests {
		addrs, err := d.LookupNetIP(context.Background(), "ip", tt.host)
		if err != nil || len(addrs) != 1 {
			t.Fatalf("%s: %v, %v", tt.host, addrs, err)
		}
		if got := d.target(netip.AddrPortFrom(addrs[0], tt.port)); got != tt.want {
			t.Errorf("%s:%d is dialled at %s, want %s", tt.host, tt.port, got, tt.want)
		}
	}
	if got := d.target(netip.MustParseAddrPort("192.0.2.9:25")); got != "127.0.0.1:2505" {
		t.Errorf("an address is dialled at %s", got)
	}
	if got := d.target(netip.MustParseAddrPort("240.0.0.99:25")); got != "240.0.0.99:25" {
		t.Errorf("an address that was never given is dialled at %s", got)
	}
	if mx, err := d.LookupMX(context.Background(), "one.example"); len(mx) != 0 || err == nil {
		t.Errorf("the host with a detour has MX %v, %v", mx, err)
	}
	if mx, err := d.LookupMX(context.Background(), "plain.example"); len(mx) != 1 || err != nil {
		t.Errorf("plain.example has MX %v, %v", mx, err)
	}
}
