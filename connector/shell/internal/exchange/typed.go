package exchange

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
)

// typed is a value that is its text.
type typed struct{ name, text string }

func (t typed) TypeName() string { return t.name }
func (t typed) String() string   { return t.text }

// showText shows text, and the absence of it as $null.
func showText(s string) object.Value {
	if s == "" {
		return nil
	}
	return s
}

// showTlsLevel shows nothing for none, as Exchange does.
func showTlsLevel(l param.TlsAuthLevel) object.Value {
	if l == param.TlsAuthNone {
		return nil
	}
	return typed{"TlsAuthLevel", l.String()}
}

// showDate shows a day, and the absence of one as $null.
func showDate(d param.Date) object.Value {
	if !d.IsValid() {
		return nil
	}
	return typed{"DateTime", d.String()}
}

// sizeValue is a size. It compares with numbers of bytes and has the methods of
// the local Exchange shell.
type sizeValue struct{ param.Size }

func showSize(b param.Size) object.Value { return sizeValue{b} }

func (sizeValue) TypeName() string { return "ByteQuantifiedSize" }

// Compare puts Unlimited above every size.
func (s sizeValue) Compare(v object.Value) (int, bool) {
	if o, ok := v.(sizeValue); ok {
		return cmp.Compare(uint64(s.Size), uint64(o.Size)), true
	}
	if _, ok := v.(string); !ok {
		if _, ok := object.Number(v); !ok {
			return 0, false
		}
	}
	o, err := param.ParseSize(object.Text(v))
	return cmp.Compare(uint64(s.Size), uint64(o)), err == nil
}

// Member returns IsUnlimited and Value.
func (s sizeValue) Member(name string) (object.Value, bool) {
	return unlimitedMember(name, s.Size == param.UnlimitedSize, s)
}

// unlimitedMember returns a property of what may be Unlimited and is value
// otherwise.
func unlimitedMember(name string, unlimited bool, value object.Value) (object.Value, bool) {
	switch {
	case strings.EqualFold(name, "IsUnlimited"):
		return unlimited, true
	case strings.EqualFold(name, "Value") && unlimited:
		return nil, true
	case strings.EqualFold(name, "Value"):
		return value, true
	}
	return nil, false
}

// Call runs ToBytes, ToKB, ToMB, ToGB and ToTB.
func (s sizeValue) Call(name string, args []object.Value) (object.Value, bool, error) {
	for unit, b := range map[string]param.Size{
		"ToBytes": 1, "ToKB": param.KB, "ToMB": param.MB, "ToGB": param.GB, "ToTB": param.TB,
	} {
		if !strings.EqualFold(name, unit) {
			continue
		}
		if len(args) > 0 {
			return nil, true, fmt.Errorf("%s takes no arguments", unit)
		}
		if s.Size == param.UnlimitedSize {
			return nil, true, fmt.Errorf("the size is unlimited")
		}
		return int64(s.Size / b), true, nil
	}
	return nil, false, nil
}

// limitValue is a count or Unlimited. It compares with numbers.
type limitValue struct{ param.Limit }

func showLimit(l param.Limit) object.Value { return limitValue{l} }

func (limitValue) TypeName() string { return "Unlimited" }

// Compare puts Unlimited above every count.
func (l limitValue) Compare(v object.Value) (int, bool) {
	o, err := param.ParseLimit(object.Text(v))
	return cmp.Compare(uint32(l.Limit), uint32(o)), err == nil && v != nil
}

// Member returns IsUnlimited and Value.
func (l limitValue) Member(name string) (object.Value, bool) {
	return unlimitedMember(name, l.Limit == param.Unlimited, int64(l.Limit))
}

func showSpan(d time.Duration) object.Value { return object.Span(d) }

// showServerID shows a server that a parameter names.
func showServerID(name string) object.Value {
	if name == "" {
		return nil
	}
	return object.NewDirectoryID(name, name, func() (string, string) { return "", "" })
}
