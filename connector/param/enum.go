package param

import (
	"fmt"
	"strings"
)

// enumNames are the spellings of an enum's values, indexed by value.
type enumNames []string

// enumText returns the name of v, or Type(v) for a value without one.
func enumText[T ~uint8](typ string, names enumNames, v T) string {
	if int(v) < len(names) {
		return names[v]
	}
	return fmt.Sprintf("%s(%d)", typ, uint8(v))
}

// parseEnum finds s among names in any letter case.
func parseEnum[T ~uint8](typ string, names enumNames, s string) (T, error) {
	for i, name := range names {
		if strings.EqualFold(s, name) {
			return T(i), nil
		}
	}
	return 0, fmt.Errorf("%q is not a %s: give one of %s", s, typ, strings.Join(names, ", "))
}

// marshalEnum is enumText for MarshalText: a value without a name is an error
// because it could not be read back.
func marshalEnum[T ~uint8](typ string, names enumNames, v T) ([]byte, error) {
	if int(v) >= len(names) {
		return nil, fmt.Errorf("invalid %s %d", typ, uint8(v))
	}
	return []byte(names[v]), nil
}

// flagNames are the spellings of a flag enum: zero for no flag, then one per
// bit from the lowest.
type flagNames struct {
	zero string
	bits []string
}

// flagsText joins the names of the flags in v, lowest first.
func flagsText[T ~uint8](typ string, names flagNames, v T) string {
	if v == 0 {
		return names.zero
	}
	if int(v)>>len(names.bits) != 0 {
		return fmt.Sprintf("%s(%d)", typ, uint8(v))
	}
	var out []string
	for i, name := range names.bits {
		if v&(1<<i) != 0 {
			out = append(out, name)
		}
	}
	return strings.Join(out, ", ")
}

// parseFlags parses a comma list of names in any letter case. The zero name
// stands alone, as None does in Exchange's flag enums.
func parseFlags[T ~uint8](typ string, names flagNames, s string) (T, error) {
	if strings.EqualFold(strings.TrimSpace(s), names.zero) {
		return 0, nil
	}
	var v T
	for part := range strings.SplitSeq(s, ",") {
		bit, err := parseEnum[T](typ, names.bits, strings.TrimSpace(part))
		if err != nil {
			return 0, fmt.Errorf("%q is not a %s: give %s alone or some of %s",
				strings.TrimSpace(part), typ, names.zero, strings.Join(names.bits, ", "))
		}
		v |= 1 << bit
	}
	return v, nil
}

// marshal is MarshalText of a type some of whose values have no text.
func marshal(typ string, v interface {
	fmt.Stringer
	IsValid() bool
}) ([]byte, error) {
	if !v.IsValid() {
		return nil, invalidValue(typ, v)
	}
	return []byte(v.String()), nil
}

// invalidValue is the error of MarshalText for a value that has no text.
func invalidValue(typ string, v fmt.Stringer) error {
	return fmt.Errorf("invalid %s %s", typ, v)
}

// unmarshal is UnmarshalText of a type with a parser.
func unmarshal[T any](v *T, parse func(string) (T, error), text []byte) (err error) {
	*v, err = parse(string(text))
	return err
}
