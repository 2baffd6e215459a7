package object

import (
	"net/netip"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/routing"
)

// Parts is a Typed with the properties that Exchange gives to its type. Two are
// compared by their texts.
type Parts struct {
	typ, text string
	names     []string
	values    func() []Value
}

// TypeName returns the .NET name without a namespace.
func (p *Parts) TypeName() string { return p.typ }

// String returns what the shell prints.
func (p *Parts) String() string { return p.text }

// Compare compares the texts, letter case aside.
func (p *Parts) Compare(v Value) (int, bool) { return foldCompare(p.text, Text(v)), true }

// Members returns the names of the properties.
func (p *Parts) Members() []string { return p.names }

// Member returns a property.
func (p *Parts) Member(name string) (Value, bool) {
	for i, n := range p.names {
		if strings.EqualFold(n, name) {
			return p.values()[i], true
		}
	}
	return nil, false
}

var (
	rangeNames   = []string{"Expression", "LowerBound", "UpperBound", "RangeFormat", "Netmask", "CIDRLength", "Size"}
	bindingNames = []string{"Address", "Port", "AddressFamily"}
	addressNames = []string{"IPAddressToString", "AddressFamily", "IsIPv6LinkLocal", "IsIPv4MappedToIPv6"}
	spaceNames   = []string{"Type", "Address", "Domain", "Cost", "IncludeSubDomains", "IsSmtpType", "IsLocal"}
	hostNames    = []string{"Domain", "Address", "IsIPAddress"}
	idNames      = []string{"Name", "DistinguishedName", "ObjectGuid", "Rdn", "Parent"}
	versionNames = []string{"Major", "Minor", "Build", "Revision"}
)

// NewIPRange returns an address range, Exchange's IPRange.
func NewIPRange(r connector.Range) Value {
	return &Parts{"IPRange", r.String(), rangeNames, func() []Value {
		text := r.String()
		low, high := r.Low(), r.High()
		format, mask, bits := "LoHi", Value(nil), Value(nil)
		prefix, isPrefix := onePrefix(r)
		switch {
		case low == high:
			format = "SingleAddress"
		case isPrefix && strings.Contains(text, "/"):
			format, bits, mask = "CIDR", int64(prefix.Bits()), NewIPAddress(netmask(prefix))
		}
		return []Value{text, NewIPAddress(low), NewIPAddress(high), format, mask, bits, nil}
	}}
}

// onePrefix is the prefix that a range is, if it is one.
func onePrefix(r connector.Range) (netip.Prefix, bool) {
	var found []netip.Prefix
	for p := range r.Prefixes() {
		if found = append(found, p); len(found) > 1 {
			return netip.Prefix{}, false
		}
	}
	return found[0], true
}

// netmask is the mask of a prefix: 255.255.255.0 of a /24.
func netmask(p netip.Prefix) netip.Addr {
	octets := p.Addr().AsSlice()
	for i := range octets {
		octets[i] = byte(uint16(0xFF00) >> min(8, max(0, p.Bits()-8*i)))
	}
	mask, _ := netip.AddrFromSlice(octets)
	return mask
}

// NewIPBinding returns a local address with its port, Exchange's IPBinding.
func NewIPBinding(b netip.AddrPort) Value {
	return &Parts{"IPBinding", b.String(), bindingNames, func() []Value {
		return []Value{NewIPAddress(b.Addr()), int64(b.Port()), family(b.Addr())}
	}}
}

// NewIPAddress returns an address, .NET's IPAddress.
func NewIPAddress(a netip.Addr) Value {
	return &Parts{"IPAddress", a.String(), addressNames, func() []Value {
		return []Value{a.String(), family(a), a.Is6() && a.IsLinkLocalUnicast(), a.Is4In6()}
	}}
}

func family(a netip.Addr) Value {
	if a.Is4() {
		return "InterNetwork"
	}
	return "InterNetworkV6"
}

// NewDirectoryID returns the identity of an object in the directory, Exchange's
// ADObjectId. It prints as text, and has the name that the object has there; rest
// gives the distinguished name and the GUID when they are asked for, "" if there are
// none.
func NewDirectoryID(text, name string, rest func() (dn, guid string)) Value {
	return &Parts{"ADObjectId", text, idNames, func() []Value {
		dn, guid := rest()
		rdn, parent, _ := strings.Cut(dn, ",")
		return []Value{name, emptyNull(dn), emptyNull(guid), emptyNull(rdn), emptyNull(parent)}
	}}
}

func emptyNull(s string) Value {
	if s == "" {
		return nil
	}
	return s
}

// NewServerVersion returns the version of a server, whose parts are numbers.
func NewServerVersion(text string, major, minor, build, revision int64) Value {
	return &Parts{"ServerVersion", text, versionNames, func() []Value { return []Value{major, minor, build, revision} }}
}

// NewAddressSpace returns an address space of a Send connector.
func NewAddressSpace(s routing.AddressSpace) Value {
	return &Parts{"AddressSpace", s.String(), spaceNames, func() []Value {
		space := s.Space()
		return []Value{s.Type(), space, strings.TrimPrefix(space, "*."), int64(s.Cost()), s.Kind() == routing.SpaceSubtree || s.Kind() == routing.SpaceAny, s.IsSMTP(), s.Local()}
	}}
}

// NewSmartHost returns a smart host of a Send connector.
func NewSmartHost(h connector.SmartHost) Value {
	return &Parts{"SmartHost", h.String(), hostNames, func() []Value {
		if a, ok := h.Addr(); ok {
			return []Value{nil, NewIPAddress(a), true}
		}
		return []Value{h.String(), nil, false}
	}}
}
