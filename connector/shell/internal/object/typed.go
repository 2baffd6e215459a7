package object

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/connector/param"
)

// Scalar is a Typed that is its text: an address range, a domain, an identity, an
// enumeration of one value. It compares as text.
type Scalar struct {
	Type string // IPRange
	Text string
}

// TypeName returns s.Type.
func (s Scalar) TypeName() string { return s.Type }

// String returns s.Text.
func (s Scalar) String() string { return s.Text }

// Flags is an enumeration that holds several values, such as AuthMechanism. It
// equals a text that names the same values in any order.
type Flags struct {
	Type string
	Text string // the values with ", " between them, as Exchange prints them
}

// TypeName returns f.Type.
func (f Flags) TypeName() string { return f.Type }

// String returns f.Text.
func (f Flags) String() string { return f.Text }

// Compare is zero for the same set of values.
func (f Flags) Compare(v Value) (int, bool) {
	return slices.Compare(flagSet(f.Text), flagSet(Text(v))), true
}

// Call has HasFlag, which reports whether all values of its argument are in f.
func (f Flags) Call(name string, args []Value) (Value, bool, error) {
	if !strings.EqualFold(name, "HasFlag") || len(args) != 1 {
		return nil, false, nil
	}
	have := flagSet(f.Text)
	for _, want := range flagSet(Text(args[0])) {
		if !slices.Contains(have, want) {
			return false, true, nil
		}
	}
	return true, true, nil
}

func flagSet(s string) []string {
	parts := strings.FieldsFunc(Fold(s), func(r rune) bool { return r == ',' || r == ' ' })
	slices.Sort(parts)
	return slices.Compact(parts)
}

// Size is a size in bytes, Exchange's ByteQuantifiedSize.
type Size param.Size

// TypeName returns ByteQuantifiedSize.
func (Size) TypeName() string { return "ByteQuantifiedSize" }

// String returns the size as Exchange prints it: 10 MB (10,485,760 bytes).
func (s Size) String() string { return param.Size(s).String() }

// Compare takes sizes, numbers and the texts that Exchange takes for a size.
func (s Size) Compare(v Value) (int, bool) {
	switch v := v.(type) {
	case Size:
		return cmp.Compare(s, v), true
	case int64:
		return cmp.Compare(int64(s), v), true
	case float64:
		return cmp.Compare(float64(s), v), true
	case string:
		size, err := param.ParseSize(v)
		return cmp.Compare(s, Size(size)), err == nil
	}
	return 0, false
}

// Call has ToBytes, ToKB, ToMB, ToGB and ToTB, which round down.
func (s Size) Call(name string, args []Value) (Value, bool, error) {
	shift := slices.IndexFunc([]string{"ToBytes", "ToKB", "ToMB", "ToGB", "ToTB"},
		func(n string) bool { return strings.EqualFold(n, name) })
	if shift < 0 || len(args) != 0 {
		return nil, false, nil
	}
	return int64(s) >> (10 * shift), true, nil
}

// Span is a length of time, Exchange's EnhancedTimeSpan.
type Span time.Duration

// TypeName returns EnhancedTimeSpan.
func (Span) TypeName() string { return "EnhancedTimeSpan" }

// String returns the span as Exchange prints it: 00:10:00.
func (s Span) String() string { return param.FormatTimeSpan(time.Duration(s)) }

// Compare takes spans and their texts.
func (s Span) Compare(v Value) (int, bool) {
	switch v := v.(type) {
	case Span:
		return cmp.Compare(s, v), true
	case string:
		d, err := param.ParseTimeSpan(v)
		return cmp.Compare(s, Span(d)), err == nil
	}
	return 0, false
}

var spanNames = []string{"Days", "Hours", "Minutes", "Seconds", "Milliseconds", "Ticks",
	"TotalDays", "TotalHours", "TotalMinutes", "TotalSeconds", "TotalMilliseconds"}

// Member has the parts and totals of a .NET TimeSpan.
func (s Span) Member(name string) (Value, bool) {
	d := time.Duration(s)
	const day = 24 * time.Hour
	return named(name, spanNames, int64(d/day), int64(d%day/time.Hour), int64(d%time.Hour/time.Minute), int64(d%time.Minute/time.Second),
		int64(d%time.Second/time.Millisecond), int64(d/100), narrow(d.Hours()/24), narrow(d.Hours()), narrow(d.Minutes()),
		narrow(d.Seconds()), narrow(float64(d)/1e6))
}
