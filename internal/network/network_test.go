package network_test

import (
	"fmt"
	"net"
	"net/netip"
	"testing"

	"github.com/interchange-smtp/interchange/internal/network"
)

// Example: the addresses of one IPv6 network are one client to every limit.
func Example() {
	fmt.Println(network.Source(netip.MustParseAddr("2001:db8:1:2:3::4")))
	fmt.Println(network.Source(netip.MustParseAddr("192.0.2.1")))
	// Output:
	// 2001:db8:1:2::
	// 192.0.2.1
}

func TestSource(t *testing.T) {
	for in, want := range map[string]string{
		"192.0.2.1":               "192.0.2.1",
		"::ffff:192.0.2.1":        "192.0.2.1",
		"2001:db8:1:2::1":         "2001:db8:1:2::",
		"2001:db8:1:2:ffff::9999": "2001:db8:1:2::",
		"2001:db8:1:3::1":         "2001:db8:1:3::",
	} {
		if got := network.Source(netip.MustParseAddr(in)); got.String() != want {
			t.Errorf("%s counts as %s, want %s", in, got, want)
		}
	}
	if got := network.Source(netip.Addr{}); got.IsValid() {
		t.Errorf("no address counts as %s", got)
	}
}

func TestAddrPort(t *testing.T) {
	at := netip.MustParseAddrPort("192.0.2.1:25")
	for a, want := range map[net.Addr]netip.AddrPort{
		nil: {}, &net.UnixAddr{Name: "/run/smtp"}: {},
		net.TCPAddrFromAddrPort(at): at,
		net.TCPAddrFromAddrPort(netip.MustParseAddrPort("[::ffff:192.0.2.1]:25")): at,
		net.UDPAddrFromAddrPort(at): at,
		net.TCPAddrFromAddrPort(netip.MustParseAddrPort("[fe80::1%eth0]:25")): netip.MustParseAddrPort("[fe80::1]:25"),
	} {
		if got := network.AddrPort(a); got != want {
			t.Errorf("%v: %v, want %v", a, got, want)
		}
	}
}
