package main

import (
	"cmp"
	"context"
	"net"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/routing"
)

// machineFQDN returns the name of this machine for the wire: its fully qualified name, or
// else one of its addresses as a literal; "" if it has neither.
func machineFQDN() string {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if host, err := os.Hostname(); err == nil {
		canonical, _ := net.DefaultResolver.LookupCNAME(ctx, host)
		for _, name := range []string{host, canonical} {
			if isFQDN(name) {
				return strings.TrimSuffix(name, ".")
			}
		}
	}
	addrs, _ := net.InterfaceAddrs() // without them there is no literal
	return literalOf(addrs)
}

// isFQDN reports whether name is a host name with a domain that other machines know.
func isFQDN(name string) bool {
	d, err := routing.ParseDomain(name)
	if err != nil || d.IsLiteral() || d.SingleLabel() {
		return false
	}
	return !strings.HasSuffix(d.String(), ".localdomain") && !strings.HasSuffix(d.String(), ".localhost")
}

// literalOf returns the address literal (RFC 5321, section 4.1.3) of the first of addrs
// that others can reach, IPv4 before IPv6.
func literalOf(addrs []net.Addr) string {
	var v4, v6 string
	for _, a := range addrs {
		prefix, err := netip.ParsePrefix(a.String())
		switch ip := prefix.Addr().Unmap(); {
		case err != nil || !ip.IsGlobalUnicast():
		case ip.Is4():
			v4 = cmp.Or(v4, "["+ip.String()+"]")
		default:
			v6 = cmp.Or(v6, "[IPv6:"+ip.String()+"]")
		}
	}
	return cmp.Or(v4, v6)
}
