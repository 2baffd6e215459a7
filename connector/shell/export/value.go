package export

import (
	"encoding"
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/connector/internal/schema"
	"github.com/interchange-smtp/interchange/connector/internal/setting"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/shell/internal/format"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/connector/source"
)

// field stores the value of a property. Null leaves the field at its default.
func (s *subject) field(name string, v object.Value, to reflect.Value, at source.Position) {
	s.origins[s.place.Field(source.Path(name))] = at
	if v == nil {
		return
	}
	if to.Kind() == reflect.Slice {
		s.list(name, v, to, at)
		return
	}
	if codes, ok := to.Addr().Interface().(*param.Setting[param.StatusCodes]); ok {
		s.statusCodes(name, v, codes, at)
		return
	}
	text, err := scalarText(v)
	if n, numberErr := strconv.ParseInt(text, 10, 64); err == nil && numberErr == nil {
		if meant := schema.EnumerationText(name, n); meant != "" {
			text, v = meant, meant
		}
	}
	if hint, ok := unitHints[name]; ok && err == nil && text != "" {
		_, err = parseSize(text, hint)
	}
	if err == nil && text != "" {
		if err = store(to.Addr().Interface(), text, v); err == nil && !given(to) {
			err = fmt.Errorf("%s is out of range", text)
		}
	}
	if err != nil {
		s.failAt(at, source.Path(name), err)
	}
}

// list stores a property that holds several values.
func (s *subject) list(name string, v object.Value, to reflect.Value, at source.Position) {
	elements, err := elementsOf(name, v)
	if err != nil {
		s.failAt(at, source.Path(name), err)
		return
	}
	l, _ := v.(*object.List)
	for i, element := range elements {
		place := at
		if l != nil {
			if line := s.doc.ElementLine(l, i); line > 0 {
				place.Line = line
			}
		}
		s.origins[s.place.Field(source.Path(name)).Index(i)] = place
		item := reflect.New(to.Type().Elem())
		text, err := scalarText(element)
		if err == nil {
			err = store(item.Interface(), text, element)
		}
		if err != nil {
			s.failAt(place, source.Path(name).Index(i), err)
			continue
		}
		to.Set(reflect.Append(to, item.Elem()))
	}
}

// statusCodes stores a list of status codes. Many exports have it cut off, because the default is longer than the
// lists that PowerShell prints; it must not keep the rest from being read.
func (s *subject) statusCodes(name string, v object.Value, to *param.Setting[param.StatusCodes], at source.Position) {
	elements, err := elementsOf(name, v)
	if err != nil {
		s.warn(source.Path(name), source.CodeIgnored, "the default applies, because the list can't be read: "+err.Error())
		return
	}
	texts := make([]string, len(elements))
	for i, element := range elements {
		texts[i] = object.Text(element)
	}
	codes, err := param.ParseStatusCodes(strings.Join(texts, ","))
	if err != nil {
		s.failAt(at, source.Path(name), err)
		return
	}
	*to = param.Value(codes)
}

// elementsOf returns the elements of a list in any of the forms in which exports
// hold one: as such, {a, b}, or joined with commas, blanks or line ends.
func elementsOf(name string, v object.Value) ([]object.Value, error) {
	if l, ok := v.(*object.List); ok {
		return l.Items, nil
	}
	text, err := scalarText(v)
	if err != nil {
		return nil, err
	}
	items, braced, err := format.SplitList(text)
	if err != nil {
		return nil, err
	}
	if !braced {
		if strings.Contains(text, "MultiValuedProperty") || strings.HasPrefix(text, "System.") || strings.HasPrefix(text, "Microsoft.Exchange.") {
			return nil, fmt.Errorf("the export holds the type of the list instead of its elements; join them first, as in Select-Object *,@{n='%s';e={$_.%s -join ','}} -ExcludeProperty %s, or use Export-Clixml", name, name, name)
		}
		items = splitJoined(name, text)
	}
	values := make([]object.Value, len(items))
	for i, item := range items {
		values[i] = item
	}
	return values, nil
}

// splitJoined takes apart elements that somebody joined. The capabilities of
// TlsDomainCapabilities have commas of their own, and rights and address spaces
// of other types than SMTP may have blanks.
func splitJoined(name, text string) []string {
	switch name {
	case "TlsDomainCapabilities":
		return strings.Fields(strings.ReplaceAll(text, ", ", " "))
	case "AddressSpaces", "ExtendedRights", "AccessRights":
		if name != "AddressSpaces" || strings.Contains(text, "=") {
			parts := strings.Split(text, ",")
			for i := range parts {
				parts[i] = strings.TrimSpace(parts[i])
			}
			return parts
		}
	}
	if name == "AddressSpaces" {
		return format.SplitSpaces(text)
	}
	return strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(", \t\r\n;|", r) })
}

// scalarText returns a single value as text.
func scalarText(v object.Value) (string, error) {
	switch v := v.(type) {
	case *object.List:
		if len(v.Items) == 1 {
			return scalarText(v.Items[0])
		}
		return "", fmt.Errorf("it holds %d values; one is expected", len(v.Items))
	case *object.Table:
		return "", errors.New("it holds a table; one value is expected")
	case *object.Object:
		if raw, ok := v.Get("RawIdentity"); ok {
			return object.Text(raw), nil
		}
		if v.Text == "" {
			return "", errors.New("it holds an object; export with a greater -Depth, or convert the value to text first, as in \"$($_.Property)\"")
		}
	}
	return strings.TrimSpace(object.Text(v)), nil
}

// store parses text into what target points to.
func store(target any, text string, v object.Value) error {
	if f := reflect.ValueOf(target).Elem(); setting.Is(f) {
		err := store(setting.Target(f).Addr().Interface(), text, v)
		if err != nil {
			f.SetZero()
		}
		return err
	}
	_, isNumber := v.(int64)
	var err error
	switch t := target.(type) {
	case *string:
		*t = text
	case *bool:
		*t, err = parseBool(text)
	case *int:
		if *t, err = strconv.Atoi(text); err != nil {
			err = fmt.Errorf("%q is not a whole number that fits", text)
		}
	case *time.Duration:
		*t, err = param.ParseTimeSpan(text)
	case *netip.AddrPort:
		*t, err = param.ParseBinding(text)
	case *netip.Addr:
		if *t, err = netip.ParseAddr(text); err != nil {
			err = fmt.Errorf("%q is not an IP address", text)
		}
	case *param.Limit:
		*t, err = param.ParseLimit(text)
	case *param.Size:
		*t, err = parseSize(text, "MB")
	case encoding.TextUnmarshaler:
		if isNumber {
			return fmt.Errorf("%s is not the number of a value; export its name, as in Select-Object *,@{n='Name';e={\"$($_.Name)\"}}, with -EnumsAsStrings, or with Export-Clixml", text)
		}
		err = t.UnmarshalText([]byte(text))
	default:
		err = fmt.Errorf("a %T can't be read", target)
	}
	return err
}

func parseBool(s string) (bool, error) {
	switch {
	case strings.EqualFold(s, "true"), strings.EqualFold(s, "$true"):
		return true, nil
	case strings.EqualFold(s, "false"), strings.EqualFold(s, "$false"):
		return false, nil
	}
	return false, fmt.Errorf("%q is neither True nor False", s)
}

// unitHints are the units in which exporters count sizes that aren't megabytes.
var unitHints = map[string]string{"MaxHeaderSize": "KB"}

// parseSize refuses small bare numbers: some exporters turn 36 MB into 36. unit is
// the likely unit of such a number.
func parseSize(s, unit string) (param.Size, error) {
	b, err := param.ParseSize(s)
	if err == nil && b < param.KB && b >= 0 && strings.Trim(s, "0123456789") == "" {
		return 0, fmt.Errorf("%s is a bare number, which means bytes; if the export counts in %s, write %s%[2]s", s, unit, s)
	}
	return b, err
}

// given reports whether a parameter of which zero means the default has another
// value than that: an export that says 0 means 0.
func given(v reflect.Value) bool {
	switch v.Interface().(type) {
	case int, time.Duration, param.Limit, param.Size:
		return !v.IsZero()
	}
	return true
}
