package routing

import "strings"

// exact is the specificity of a space without a wildcard: more than any
// pattern can have.
const exact = 1 << 20

// specificity returns how much of an address a space fixes, to order the spaces
// that match one recipient. Compare only values of one address type, and of
// domains of which one lies below the other.
func (a AddressSpace) specificity() int {
	switch a.kind {
	case SpaceExact:
		return exact
	case SpaceSubtree:
		return 2 + Domain{a.text}.labels()
	case SpaceAccepted:
		return 2
	case SpaceAny:
		return 1
	case SpaceOther:
		return textSpecificity(a.text[:a.typLen], a.Space())
	}
	return 0
}

const x400Type = "X400"

// textSpecificity returns the specificity of a space of a type other than SMTP: the
// number of attributes in an X.400 space, the number of characters other than * in
// another space. A space without a wildcard is more specific than any space with one.
func textSpecificity(typ, space string) int {
	if typ == x400Type && isAttributes(space) {
		n := 1
		for rest := space; rest != ""; {
			var attr string
			attr, rest, _ = strings.Cut(rest, ";")
			if _, value, _ := strings.Cut(attr, "="); value != "*" && attr != "" {
				n++
			}
		}
		return n
	}
	if stars := strings.Count(space, "*"); stars > 0 {
		return 1 + len(space) - stars
	}
	return exact
}

// matchText reports whether a space of a type other than SMTP covers address.
//
// An X.400 space such as o=MySite;p=MyOrg;c=us covers the addresses that have those
// attributes, in any order. Spaces of other types cover the address that is equal to
// them, where * stands for any text. The case of ASCII letters doesn't count.
func matchText(typ, space, address string) bool {
	if typ == x400Type && isAttributes(space) {
		return matchAttributes(space, address)
	}
	return matchPattern(space, address)
}

func isAttributes(s string) bool { return strings.IndexByte(s, '=') >= 0 }

// matchAttributes reports whether address has every attribute of space.
func matchAttributes(space, address string) bool {
	for rest := space; rest != ""; {
		var attr string
		attr, rest, _ = strings.Cut(rest, ";")
		if attr = strings.TrimSpace(attr); attr != "" && !hasAttribute(address, attr) {
			return false
		}
	}
	return true
}

func hasAttribute(address, attr string) bool {
	key, value, _ := strings.Cut(attr, "=")
	for rest := address; rest != ""; {
		var have string
		have, rest, _ = strings.Cut(rest, ";")
		k, v, _ := strings.Cut(strings.TrimSpace(have), "=")
		if equalFoldASCII(k, key) && (value == "*" || equalFoldASCII(v, value)) {
			return true
		}
	}
	return false
}

// matchPattern matches s against a pattern in which * means any text. It backtracks to
// the last * only, so its time is bounded by the product of both lengths.
func matchPattern(pattern, s string) bool {
	p, i := 0, 0
	star, mark := -1, 0
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, i
			p++
		case p < len(pattern) && lowerByte(pattern[p]) == lowerByte(s[i]):
			p++
			i++
		case star >= 0:
			mark++
			p, i = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
