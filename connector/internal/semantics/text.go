package semantics

import (
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"strings"
)

// Unlimited is the number for Unlimited.
const Unlimited = math.MaxInt64

// size returns a size that Read has checked.
func size(text string) int64 {
	n, _ := ParseSize(text)
	return n
}

// ParseSize reads a size: a whole number and a unit, powers of 1024, or Unlimited.
func ParseSize(text string) (int64, error) {
	if text == "Unlimited" {
		return Unlimited, nil
	}
	number := strings.TrimRight(text, "BKMGT")
	unit, known := map[string]int64{"B": 1, "KB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30, "TB": 1 << 40}[text[len(number):]]
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || !known || n < 0 || n > Unlimited/unit {
		return 0, fmt.Errorf("%q isn't a size as in 36MB or Unlimited", text)
	}
	return n * unit, nil
}

// limit returns a count or Unlimited that Read has checked.
func limit(text string) int64 {
	n, _ := parseLimit(text)
	return n
}

// parseLimit reads a count or Unlimited.
func parseLimit(text string) (int64, error) {
	if text == "Unlimited" {
		return Unlimited, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("%q isn't a number or Unlimited", text)
	}
	return n, nil
}

// flags reads names separated by commas into a set. None is the empty set.
func flags(text string) map[string]bool {
	set := map[string]bool{}
	for name := range strings.SplitSeq(text, ", ") {
		if name != "None" && name != "" {
			set[name] = true
		}
	}
	return set
}

// Or returns the value of a parameter that may be left at its default.
func Or[T any](given *T, byDefault T) T {
	if given == nil {
		return byDefault
	}
	return *given
}

// OrTrue returns the value of a parameter that is true by default.
func OrTrue(given *bool) bool { return Or(given, true) }

// plain returns an address without its zone; an IPv4-mapped IPv6 address counts as the
// IPv4 address (docs/receive.md "Which connector takes a connection").
func plain(a netip.Addr) netip.Addr { return a.WithZone("").Unmap() }

func plainPort(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(plain(a.Addr()), a.Port()) }

// DomainOf returns the domain of an address.
func DomainOf(address string) string {
	return domainName(address[strings.LastIndexByte(address, '@')+1:])
}

// LocalOf returns the local part of an address, as it is written.
func LocalOf(address string) string {
	return address[:max(strings.LastIndexByte(address, '@'), 0)]
}

// Fold folds the letters of ASCII.
func Fold(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}, s)
}

// SameAddress compares addresses; letter case doesn't matter.
func SameAddress(a, b string) bool { return a != "" && Fold(a) == Fold(b) }

// isASCII reports whether s needs no SMTPUTF8.
func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r > 0x7f })
}

// isBelow reports whether d is a domain below parent, at any depth.
func isBelow(d, parent string) bool { return strings.HasSuffix(d, "."+parent) }

// above returns *.contoso.com and *.com for mail.contoso.com: what covers a domain because it
// is below, the nearest first.
func above(domain string) (all []string) {
	for _, parent, ok := strings.Cut(domain, "."); ok; _, parent, ok = strings.Cut(parent, ".") {
		all = append(all, "*."+parent)
	}
	return all
}

// covers reports whether d is by, or below it if by is *.contoso.com. contoso.com
// itself isn't covered then (docs/receive.md "Several tenants on one server").
func covers(by, d string) bool {
	if parent, wildcard := strings.CutPrefix(by, "*."); wildcard {
		return isBelow(d, domainName(parent))
	}
	return d == domainName(by)
}
