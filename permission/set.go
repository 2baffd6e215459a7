package permission

import (
	"fmt"
	"iter"
	"math/bits"
	"strings"
)

// Set is a set of rights. The zero Set is empty.
type Set uint64

// AllRights is the set of all rights.
const AllRights Set = 1<<rightEnd - 2

// NotEnforced are the rights that configurations may name and no decision
// depends on: Interchange has no distribution groups and no verbs for use
// between Exchange servers.
const NotEnforced Set = 1<<AcceptAuthenticationFlag | 1<<AcceptExch50 | 1<<AcceptXShadow |
	1<<AcceptXAttr | 1<<AcceptXProxyFrom | 1<<AcceptXSysProbe | 1<<AcceptXSessionParams |
	1<<SendXMessageContextADRecipientCache | 1<<SendXMessageContextExtendedProperties |
	1<<SendXMessageContextFastIndex | 1<<SendExch50 | 1<<SendXShadow

// SetOf returns the set of the given rights. Invalid ones are left out.
func SetOf(rights ...Right) Set {
	var s Set
	for _, r := range rights {
		if r.IsValid() {
			s |= 1 << r
		}
	}
	return s
}

// ParseSet reads rights separated by commas, each as ParseRight does. The
// empty string and "None" are the empty set. The error names every part that
// isn't a right.
func ParseSet(s string) (Set, error) {
	var set Set
	err := parseFlags(s, func(part string) error {
		r, err := ParseRight(part)
		set |= SetOf(r)
		return err
	})
	if err != nil {
		return 0, err
	}
	return set, nil
}

// Has reports whether r is in s.
func (s Set) Has(r Right) bool { return r.IsValid() && s&(1<<r) != 0 }

// HasAll reports whether every right of t is in s. The empty set is in every s.
func (s Set) HasAll(t Set) bool { return s&t == t }

// Union returns the rights that are in s or t.
func (s Set) Union(t Set) Set { return s | t }

// Intersect returns the rights that are in both s and t.
func (s Set) Intersect(t Set) Set { return s & t }

// Minus returns the rights of s that aren't in t.
func (s Set) Minus(t Set) Set { return s &^ t }

// Len returns the number of rights in s.
func (s Set) Len() int { return bits.OnesCount64(uint64(s & AllRights)) }

// All yields the rights of s in the order of the constants.
func (s Set) All() iter.Seq[Right] {
	return func(yield func(Right) bool) {
		for rest := s & AllRights; rest != 0; rest &= rest - 1 {
			if !yield(Right(bits.TrailingZeros64(uint64(rest)))) {
				return
			}
		}
	}
}

// String returns the rights of s in Exchange's spelling, separated by comma
// and blank, or "None".
func (s Set) String() string {
	b, _ := s.AppendText(nil)
	return string(b)
}

// AppendText appends what String returns. Its error is always nil.
func (s Set) AppendText(b []byte) ([]byte, error) {
	start := len(b)
	for r := range s.All() {
		if len(b) > start {
			b = append(b, ", "...)
		}
		b = append(b, rightNames[r].ad...)
	}
	if len(b) == start {
		b = append(b, none...)
	}
	return b, nil
}

// MarshalText returns the text of String. Its error is always nil.
func (s Set) MarshalText() ([]byte, error) { return s.AppendText(nil) }

// UnmarshalText is ParseSet.
func (s *Set) UnmarshalText(text []byte) error {
	parsed, err := ParseSet(string(text))
	if err != nil {
		return err
	}
	*s = parsed
	return nil
}

// none is the text of an empty set of flags.
const none = "None"

// parseFlags calls add with each part of a comma-separated list and joins the errors.
// The empty list and None alone have no parts; None together with another value is an
// error, as in Exchange.
func parseFlags(s string, add func(string) error) error {
	s = strings.TrimSpace(s)
	if s == "" || equalFold(s, none) {
		return nil
	}
	var errs []error
	for part := range strings.SplitSeq(s, ",") {
		part = strings.TrimSpace(part)
		switch {
		case part == "":
			errs = append(errs, fmt.Errorf("empty element in list %q", clip(s)))
		case equalFold(part, none):
			errs = append(errs, fmt.Errorf("%q can't be combined with other values in %q", none, clip(s)))
		default:
			if err := add(part); err != nil {
				errs = append(errs, err)
			}
		}
		if len(errs) == maxErrors {
			break
		}
	}
	return joinErrors(errs)
}
