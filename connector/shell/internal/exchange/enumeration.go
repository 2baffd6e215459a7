package exchange

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/interchange-smtp/interchange/connector/internal/schema"
	"github.com/interchange-smtp/interchange/connector/shell/internal/format"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
)

// spelled writes what a script gave for an enumeration with the full names of its
// values: numbers and names that are abbreviated, as PowerShell takes them, and
// lists with ; or | between the values, as people make them for CSV.
func (k kind[V]) spelled(s string) (string, error) {
	if !k.Flags {
		return k.spelledOne(strings.TrimSpace(s))
	}
	parts := strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ';' || r == '|' })
	if strings.TrimSpace(strings.Join(parts, "")) == "" {
		return "", fmt.Errorf("it can't be empty; give some of %s", strings.Join(k.Values, ", "))
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
	if n, err := strconv.ParseInt(s, 0, 32); err == nil && k.Numbers != nil {
		if text := k.Text(n); text != "" {
			return text, nil
		}
		return "", fmt.Errorf("%d is not a value of %s; give %s", n, k.Name, strings.Join(k.Values, ", "))
	}
	var found []string
	for _, v := range k.Values {
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

// parts takes apart the text of several values that people joined for CSV. It returns
// nil if the text can't be read so.
func (k kind[V]) parts(s string) []V {
	pieces := strings.FieldsFunc(s, func(r rune) bool { return r == ';' || r == '|' || r == ',' || r == '\n' })
	if k.Kind == schema.Space {
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
