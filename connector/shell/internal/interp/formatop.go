package interp

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/connector/shell/internal/syntax"
)

// format is -f: {0} is the first value, {0,10} and {0,-10} pad it, {0:N2} formats
// a number. {{ and }} are braces.
func (in *Interp) format(n syntax.Node, a, b object.Value) (object.Value, error) {
	args := []object.Value{b}
	if l, ok := b.(*object.List); ok {
		args = l.Items
	}
	layout := in.text(n, a)
	var out strings.Builder
	for rest := layout; rest != ""; {
		i := strings.IndexAny(rest, "{}")
		if i < 0 {
			out.WriteString(rest)
			break
		}
		out.WriteString(rest[:i])
		if i+1 < len(rest) && rest[i+1] == rest[i] {
			out.WriteByte(rest[i])
			rest = rest[i+2:]
			continue
		}
		end := strings.IndexByte(rest[i:], '}')
		if rest[i] == '}' || end < 0 {
			return nil, failf(n, "a brace of -f isn't closed; {{ and }} are braces themselves")
		}
		must(n, in.m.step(1))
		s, err := in.formatItem(n, rest[i+1:i+end], args)
		if err != nil {
			return nil, err
		}
		must(n, in.m.grow(out.Len()+len(s), len(s)))
		out.WriteString(s)
		rest = rest[i+end+1:]
	}
	must(n, in.m.text(out.Len()))
	return out.String(), nil
}

// formatItem is a placeholder, index[,width][:form].
func (in *Interp) formatItem(n syntax.Node, item string, args []object.Value) (string, error) {
	head, form, _ := strings.Cut(item, ":")
	number, pad, padded := strings.Cut(head, ",")
	i, err := strconv.Atoi(strings.TrimSpace(number))
	if err != nil || i < 0 || i >= len(args) {
		return "", failf(n, "-f has no value for {%.40s}", item)
	}
	s := in.text(n, args[i])
	if form != "" {
		if s, err = formatNumber(args[i], form); err != nil {
			return "", at(n, err)
		}
	}
	if !padded {
		return s, nil
	}
	width, err := strconv.Atoi(strings.TrimSpace(pad))
	if err != nil {
		return "", failf(n, "{%.40s} has no width", item)
	}
	missing := max(width, -width) - utf8.RuneCountInString(s)
	if missing <= 0 {
		return s, nil
	}
	must(n, in.m.text(len(s)+missing))
	if width < 0 {
		return s + strings.Repeat(" ", missing), nil
	}
	return strings.Repeat(" ", missing) + s, nil
}

// formatNumber formats as N2, F1, D4, X, P0 and 000 do.
func formatNumber(v object.Value, form string) (string, error) {
	num, ok := object.Number(v)
	if _, text := v.(string); !ok || text {
		return object.Text(v), nil // .NET ignores the form, too
	}
	if strings.Trim(form, "0") == "" && len(form) <= 20 {
		i, _ := wholeNumber(num)
		return fmt.Sprintf("%0*d", len(form), i), nil
	}
	digits, places := 0, 2
	if len(form) > 1 {
		d, err := strconv.Atoi(form[1:])
		if err != nil || d < 0 || d > 30 {
			return "", fmt.Errorf("the form %.20q of -f isn't supported; N, F, D, X and P with up to 30 digits are", form)
		}
		digits, places = d, d
	}
	f := object.Float(num)
	whole, isWhole := num.(int64)
	switch form[0] | 0x20 {
	case 'n':
		return group(strconv.FormatFloat(f, 'f', places, 64)), nil
	case 'f':
		return strconv.FormatFloat(f, 'f', places, 64), nil
	case 'p':
		return group(strconv.FormatFloat(100*f, 'f', places, 64)) + "%", nil
	case 'd':
		if isWhole {
			return fmt.Sprintf("%0*d", digits, whole), nil
		}
	case 'x':
		if isWhole {
			return fmt.Sprintf("%0*"+form[:1], digits, uint64(whole)), nil
		}
	}
	return "", fmt.Errorf("the form %.20q of -f isn't supported for %s; N, F, D, X and P with up to 30 digits are",
		form, object.TypeName(v))
}

// group puts commas between thousands.
func group(s string) string {
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	whole, fraction, has := strings.Cut(s, ".")
	var b strings.Builder
	for i, c := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(c)
	}
	if has {
		return sign + b.String() + "." + fraction
	}
	return sign + b.String()
}
