package exchange

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/interchange-smtp/interchange/connector/shell/internal/format"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
)

// numbered gives an enumeration the numbers of its values in .NET, in the order of
// the values: exports as JSON hold those, and scripts may.
func (k kind[V]) numbered(numbers ...int64) kind[V] {
	k.numbers = numbers
	return k
}

// spelled writes what a script gave for an enumeration with the full names of its
// values: numbers and names that are abbreviated, as PowerShell takes them, and
// lists with ; or | between the values, as people make them for CSV.
func (k kind[V]) spelled(s string) (string, error) {
	if !k.flags {
		return k.spelledOne(strings.TrimSpace(s))
	}
	parts := strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ';' || r == '|' })
	if strings.TrimSpace(strings.Join(parts, "")) == "" {
		return "", fmt.Errorf("it can't be empty; give some of %s", strings.Join(k.values, ", "))
	}
	for i, part := range parts {
		var err error
		if parts[i], err = k.spelledOne(strings.TrimSpace(part)); err != nil {
			return "", err
		}
	}
	return strings.Join(parts, ","), nil
}

func (k kind[V]) spelledOne(s string) (string, error) {
	if n, err := strconv.ParseInt(s, 0, 32); err == nil && k.numbers != nil {
		return k.ofNumber(n)
	}
	var found []string
	for _, v := range k.values {
		if strings.EqualFold(v, s) {
			return s, nil
		}
		if s != "" && strings.HasPrefix(object.Fold(v), object.Fold(s)) {
			found = append(found, v)
		}
	}
	switch len(found) {
	case 0:
		return s, nil // the parser knows other names, and says what is wrong
	case 1:
		return found[0], nil
	}
	return "", fmt.Errorf("%q may be %s; write more of the name", s, strings.Join(found, " or "))
}

// ofNumber names the value of a number, or of each bit of it.
func (k kind[V]) ofNumber(n int64) (string, error) {
	if i := slices.Index(k.numbers, n); i >= 0 {
		return k.values[i], nil
	}
	var names []string
	rest := n
	for i, bit := range k.numbers {
		if k.flags && bit != 0 && bit&(bit-1) == 0 && n&bit != 0 {
			names = append(names, k.values[i])
			rest &^= bit
		}
	}
	if len(names) == 0 || rest != 0 {
		return "", fmt.Errorf("%d is no %s; give %s", n, k.name, strings.Join(k.values, ", "))
	}
	return strings.Join(names, ","), nil
}

// parts takes apart the text of several values that people joined for CSV. It returns
// nil if the text can't be read so.
func (k kind[V]) parts(s string) []V {
	pieces := strings.FieldsFunc(s, func(r rune) bool { return r == ';' || r == '|' || r == ',' || r == '\n' })
	if k.name == space.name {
		pieces = format.SplitSpaces(s)
	}
	if len(pieces) < 2 || len(pieces) > maxPieces {
		return nil
	}
	list := make([]V, 0, len(pieces))
	for _, piece := range pieces {
		if piece = strings.TrimSpace(piece); piece == "" {
			continue
		}
		v, err := k.parse(piece)
		if err != nil {
			return nil
		}
		list = append(list, v)
	}
	return list
}

// maxPieces is how many values one text may hold.
const maxPieces = 100_000
