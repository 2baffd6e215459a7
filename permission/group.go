package permission

import (
	"fmt"
)

// Group is a set of permission groups, the flags of PermissionGroups. The zero
// Group prints as None.
type Group uint16

// The permission groups, in the order in which Exchange prints them.
const (
	AnonymousUsers        Group = 1 << iota // clients that haven't authenticated
	ExchangeUsers                           // authenticated users; not on an Edge server
	ExchangeServers                         // servers of the organisation, and externally secured ones
	ExchangeLegacyServers                   // the servers of Exchange 2003; not on an Edge server
	Partners                                // hosts known by a verified certificate
	Custom                                  // shown when there are explicit grants; grants nothing by itself

	groupEnd
)

const allGroups = groupEnd - 1

var groupNames = [...]struct{ name, alias string }{
	{"AnonymousUsers", "Anonymous"},
	{"ExchangeUsers", ""},
	{"ExchangeServers", ""},
	{"ExchangeLegacyServers", ""},
	{"Partners", "Partner"},
	{"Custom", ""},
}

// ParseGroup reads names of permission groups separated by commas, in any
// letter case. "Anonymous" and "Partner" are read as AnonymousUsers and
// Partners. The empty string and "None" are the zero Group. The error names
// every part that isn't a group.
func ParseGroup(s string) (Group, error) {
	var g Group
	err := parseFlags(s, func(part string) error {
		for i, n := range groupNames {
			if equalFold(part, n.name) || n.alias != "" && equalFold(part, n.alias) {
				g |= 1 << i
				return nil
			}
		}
		return fmt.Errorf("unknown permission group %q: give None or some of %v", clip(part), allGroups)
	})
	if err != nil {
		return 0, err
	}
	return g, nil
}

// IsValid reports whether g contains only the groups above.
func (g Group) IsValid() bool { return g&^allGroups == 0 }

// Has reports whether all groups of h are in g.
func (g Group) Has(h Group) bool { return g&h == h }

// String returns the groups of g as Exchange prints them,
// "AnonymousUsers, Custom", or "None". Unknown flags print as a number.
func (g Group) String() string {
	var b []byte
	for i, n := range groupNames {
		if g&(1<<i) == 0 {
			continue
		}
		if len(b) > 0 {
			b = append(b, ", "...)
		}
		b = append(b, n.name...)
	}
	if rest := g &^ allGroups; rest != 0 {
		if len(b) > 0 {
			b = append(b, ", "...)
		}
		b = fmt.Appendf(b, "Group(%#x)", uint16(rest))
	}
	if len(b) == 0 {
		return none
	}
	return string(b)
}

// MarshalText returns the text of String. It fails if g isn't valid.
func (g Group) MarshalText() ([]byte, error) {
	if !g.IsValid() {
		return nil, fmt.Errorf("%v is not a permission group", g)
	}
	return []byte(g.String()), nil
}

// UnmarshalText is ParseGroup.
func (g *Group) UnmarshalText(text []byte) error {
	parsed, err := ParseGroup(string(text))
	if err != nil {
		return err
	}
	*g = parsed
	return nil
}
