package param

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// ParseBinding parses one element of Bindings: 0.0.0.0:25, [::]:25,
// 192.0.2.1:587. The port is 1 to 65535 and must be given. IPv4-mapped IPv6
// addresses are the IPv4 addresses they stand for; zones are refused because
// a binding is compared with addresses that have none.
//
// The text of a binding is its netip form.
func ParseBinding(s string) (netip.AddrPort, error) {
	t := strings.TrimSpace(s)
	b, err := netip.ParseAddrPort(t)
	if err == nil {
		b = netip.AddrPortFrom(b.Addr().Unmap(), b.Port())
		return b, checkBinding(s, b)
	}
	if a, err := netip.ParseAddr(strings.Trim(t, "[]:")); err == nil {
		return netip.AddrPort{}, bindingError(s, fmt.Sprintf("the port is missing; write %s", netip.AddrPortFrom(a, 25)))
	}
	host, port, _ := strings.Cut(t, ":")
	if n, err := strconv.ParseUint(port, 10, 16); err == nil && n > 0 && (host == "" || host == "*") {
		return netip.AddrPort{}, bindingError(s, fmt.Sprintf("for all addresses write 0.0.0.0:%d or [::]:%d", n, n))
	}
	return netip.AddrPort{}, bindingError(s, "give address:port, as in 0.0.0.0:25 or [::]:25, with a port of 1 to 65535")
}

// MustParseBinding is ParseBinding for tests; it panics.
func MustParseBinding(s string) netip.AddrPort { return must(ParseBinding(s)) }

// CheckBinding returns the error with which ParseBinding would refuse b.
func CheckBinding(b netip.AddrPort) error { return checkBinding(b.String(), b) }

// checkBinding is CheckBinding for a binding that was written as s.
func checkBinding(s string, b netip.AddrPort) error {
	switch {
	case !b.Addr().IsValid():
		return bindingError(s, "the address is missing; for all addresses write 0.0.0.0 or [::]")
	case b.Port() == 0:
		return bindingError(s, "the port must be 1 to 65535")
	case b.Addr().Zone() != "":
		return bindingError(s, "a binding has no zone; write the address without %")
	}
	return nil
}

func bindingError(s, detail string) error {
	return fmt.Errorf("binding %q: %s", s, detail)
}
