package param

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/interchange-smtp/interchange/routing"
)

// SmartHost is a host name or an IP address. SmartHosts are comparable. The
// zero SmartHost is invalid.
type SmartHost struct {
	domain routing.Domain
	addr   netip.Addr
}

// ParseSmartHost parses a name, 192.0.2.1, [192.0.2.1] or an IPv6 address, in
// brackets or not; with and without brackets is the same. The port is a
// setting of the connector, so it is refused here.
func ParseSmartHost(s string) (SmartHost, error) {
	t := strings.TrimSpace(s)
	bare, bracketed := strings.CutPrefix(t, "[")
	if bracketed {
		var closed bool
		if bare, closed = strings.CutSuffix(bare, "]"); !closed {
			return SmartHost{}, hostError(s, "the bracket isn't closed, or a port follows it; the port is set with Port")
		}
		if len(bare) > 5 && strings.EqualFold(bare[:5], "IPv6:") { // RFC 5321 section 4.1.3
			bare = bare[5:]
		}
	}
	if a, err := netip.ParseAddr(bare); err == nil {
		return smartHostAddr(s, a)
	}
	if bracketed {
		return SmartHost{}, hostError(s, "only an IP address stands in brackets")
	}
	return parseHostName(s, t)
}

// MustParseSmartHost is ParseSmartHost for tests; it panics.
func MustParseSmartHost(s string) SmartHost { return must(ParseSmartHost(s)) }

func smartHostAddr(s string, a netip.Addr) (SmartHost, error) {
	switch a = a.Unmap(); {
	case a.Zone() != "":
		return SmartHost{}, hostError(s, "a smart host has no zone; write the address without %")
	case a.IsUnspecified():
		return SmartHost{}, hostError(s, "no host can be reached at the unspecified address")
	}
	return SmartHost{addr: a}, nil
}

func parseHostName(s, t string) (SmartHost, error) {
	switch {
	case t == "--":
		return SmartHost{}, hostError(s, "-- stands for the servers of a subscribed site, which Interchange can't know; name them")
	case strings.Contains(t, ":"):
		return SmartHost{}, hostError(s, "give a host name or an IP address; the port is set with Port")
	case strings.Contains(t, "*"):
		return SmartHost{}, hostError(s, "a smart host is one host, without wildcard")
	}
	d, err := routing.ParseDomain(t)
	if err != nil {
		return SmartHost{}, hostError(s, "it is neither a host name nor an IP address: "+err.Error())
	}
	// No top-level domain is a number, so this is a mistyped address.
	name := d.String()
	if isDigits(name[strings.LastIndexByte(name, '.')+1:]) {
		return SmartHost{}, hostError(s, "it is neither a host name nor an IP address")
	}
	return SmartHost{domain: d}, nil
}

func hostError(s, detail string) error {
	return fmt.Errorf("smart host %q: %s", s, detail)
}

// IsValid reports whether h is not the zero SmartHost.
func (h SmartHost) IsValid() bool { return h.addr.IsValid() || h.domain.IsValid() }

// Addr returns the IP address, if h is one.
func (h SmartHost) Addr() (netip.Addr, bool) { return h.addr, h.addr.IsValid() }

// Domain returns the host name; invalid if h is an IP address.
func (h SmartHost) Domain() routing.Domain { return h.domain }

// String returns the name, or the IP address in brackets, as Exchange prints it.
func (h SmartHost) String() string {
	switch {
	case h.addr.IsValid():
		return "[" + h.addr.String() + "]"
	case h.domain.IsValid():
		return h.domain.String()
	}
	return "invalid smart host"
}

// MarshalText implements [encoding.TextMarshaler].
func (h SmartHost) MarshalText() ([]byte, error) {
	if !h.IsValid() {
		return nil, errors.New("the zero SmartHost has no text")
	}
	return []byte(h.String()), nil
}

// UnmarshalText implements [encoding.TextUnmarshaler].
func (h *SmartHost) UnmarshalText(text []byte) error { return unmarshal(h, ParseSmartHost, text) }
