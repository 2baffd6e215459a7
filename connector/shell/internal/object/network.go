package object

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/routing"
)

// Parts is a Typed with the properties that Exchange gives to its type.
type Parts struct {
	typ, text string
	names     []string
	values    func() []Value
	key       func() string // by which two of a type are put in order; nil: the text
}

// TypeName returns the .NET name without a namespace.
func (p *Parts) TypeName() string { return p.typ }

// String returns the text that the shell prints.
func (p *Parts) String() string { return p.text }

// Compare orders two addresses, ranges or versions by their numbers, and compares all
// else as text, letter case aside.
func (p *Parts) Compare(v Value) (int, bool) {
	if p.key != nil {
		q, ok := v.(*Parts)
		if s, isText := v.(string); isText && p.typ == versionType {
			q, ok = ParseVersion(s)
		}
		if ok && q.typ == p.typ {
			return strings.Compare(p.key(), q.key()), true
		}
	}
	return foldCompare(p.text, Text(v)), true
}

// Members returns the names of the properties.
func (p *Parts) Members() []string { return p.names }

// Member returns a property.
func (p *Parts) Member(name string) (Value, bool) {
	return named(name, p.names, p.values()...)
}

// named returns the value that stands at the place of a name, in any letter case.
func named(name string, names []string, values ...Value) (Value, bool) {
	i := slices.IndexFunc(names, func(n string) bool { return strings.EqualFold(n, name) })
	if i < 0 {
		return nil, false
	}
	return values[i], true
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
func NewIPRange(r param.Range) Value {
	key := func() string { return addressKey(r.Low()) + addressKey(r.High()) }
	return &Parts{typ: "IPRange", text: r.String(), names: rangeNames, key: key, values: func() []Value {
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
func onePrefix(r param.Range) (netip.Prefix, bool) {
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
	mask := p.Addr().AsSlice()
	for i := range mask {
		mask[i] = byte(uint16(0xFF00) >> min(8, max(0, p.Bits()-8*i)))
	}
	addr, _ := netip.AddrFromSlice(mask)
	return addr
}

// NewIPBinding returns a local address with its port, Exchange's IPBinding.
func NewIPBinding(b netip.AddrPort) Value {
	return &Parts{typ: "IPBinding", text: b.String(), names: bindingNames, values: func() []Value {
		return []Value{NewIPAddress(b.Addr()), int64(b.Port()), family(b.Addr())}
	}}
}

// NewIPAddress returns an address, .NET's IPAddress.
func NewIPAddress(a netip.Addr) Value {
	key := func() string { return addressKey(a) }
	return &Parts{typ: "IPAddress", text: a.String(), names: addressNames, key: key, values: func() []Value {
		return []Value{a.String(), family(a), a.Is6() && a.IsLinkLocalUnicast(), a.Is4In6()}
	}}
}

// addressKey puts addresses in order, those of IPv4 first.
func addressKey(a netip.Addr) string {
	bytes := a.AsSlice()
	return string(rune(len(bytes))) + string(bytes)
}

const versionType = "Version"

// ParseVersion reads 2 to 4 numbers with dots between them. Scripts sort addresses so.
func ParseVersion(s string) (*Parts, bool) {
	texts := strings.Split(strings.TrimSpace(s), ".")
	if len(texts) < 2 || len(texts) > 4 {
		return nil, false
	}
	values, key := []Value{int64(-1), int64(-1), int64(-1), int64(-1)}, ""
	for i, text := range texts {
		n, err := strconv.ParseUint(text, 10, 31)
		if err != nil {
			return nil, false
		}
		values[i] = int64(n)
		key += fmt.Sprintf("%010d.", n)
	}
	return &Parts{typ: versionType, text: strings.TrimSpace(s), names: versionNames, key: func() string { return key },
		values: func() []Value { return values }}, true
}

func family(a netip.Addr) Value {
	if a.Is4() {
		return "InterNetwork"
	}
	return "InterNetworkV6"
}

// NewDirectoryID returns the identity of an object in the directory, Exchange's
// ADObjectId. It prints as text, and has the name that the object has there; rest
// returns the distinguished name and the GUID when they are asked for, "" for one that
// it doesn't have.
func NewDirectoryID(text, name string, rest func() (dn, guid string)) Value {
	return &Parts{typ: "ADObjectId", text: text, names: idNames, values: func() []Value {
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
	return &Parts{typ: "ServerVersion", text: text, names: versionNames, values: func() []Value { return []Value{major, minor, build, revision} }}
}

// NewAddressSpace returns an address space of a Send connector.
func NewAddressSpace(s routing.AddressSpace) Value {
	return &Parts{typ: "AddressSpace", text: s.String(), names: spaceNames, values: func() []Value {
		space := s.Space()
		return []Value{s.Type(), space, strings.TrimPrefix(space, "*."), int64(s.Cost()), s.Kind() == routing.SpaceSubtree || s.Kind() == routing.SpaceAny, s.IsSMTP(), s.Local()}
	}}
}

// NewSmartHost returns a smart host of a Send connector.
func NewSmartHost(h param.SmartHost) Value {
	return &Parts{typ: "SmartHost", text: h.String(), names: hostNames, values: func() []Value {
		if a, ok := h.Addr(); ok {
			return []Value{nil, NewIPAddress(a), true}
		}
		return []Value{h.String(), nil, false}
	}}
}
