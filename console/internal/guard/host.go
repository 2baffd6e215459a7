package guard

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// loopback are the names of a server at a loopback address.
var loopback = []string{"localhost", "127.0.0.1", "::1"}

// hostSet returns the set of the hosts that requests may name, as hostName spells them.
func hostSet(hosts []string) (map[string]bool, error) {
	if len(hosts) == 0 {
		hosts = loopback
	}
	set := make(map[string]bool)
	for _, host := range hosts {
		name := hostName(host)
		if a, err := netip.ParseAddr(host); err == nil && a.Zone() == "" {
			name = a.String()
		}
		if name == "" || name != strings.ToLower(strings.Trim(host, "[]")) {
			return nil, fmt.Errorf("%q is not a name or an IP address of the console: give it without a port, as in console.contoso.com", host)
		}
		set[name] = true
	}
	return set, nil
}

// hostName returns the host of a Host header in lower case: an IPv6 address without brackets,
// and everything without its port. It returns "" for a text that no browser sends: with a user,
// with a dot at the end, with characters that names don't have, or with an address that isn't in
// its canonical form.
func hostName(header string) string {
	host, port, hasPort := header, "", false
	if strings.HasPrefix(header, "[") {
		end := strings.IndexByte(header, ']')
		if end < 0 {
			return ""
		}
		host, port = header[:end+1], header[end+1:]
		if port != "" && port[0] != ':' {
			return ""
		}
		port, hasPort = strings.CutPrefix(port, ":")
	} else {
		host, port, hasPort = strings.Cut(header, ":")
	}
	if hasPort && !isPort(port) {
		return ""
	}
	if inner, ok := strings.CutPrefix(host, "["); ok {
		inner = strings.TrimSuffix(inner, "]")
		a, err := netip.ParseAddr(inner)
		if err != nil || !a.Is6() || a.Zone() != "" || a.String() != strings.ToLower(inner) {
			return ""
		}
		return a.String()
	}
	return dnsName(strings.ToLower(host))
}

// isPort reports whether s is a port, as browsers write it.
func isPort(s string) bool {
	n, err := strconv.ParseUint(s, 10, 16)
	return err == nil && n > 0 && strconv.FormatUint(n, 10) == s
}

// dnsName returns name if it is a name or an IPv4 address, without a dot at the end, and else "".
func dnsName(name string) string {
	if len(name) > 253 {
		return ""
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return ""
		}
	}
	return name
}
