package object

import (
	"math"
	"strconv"
	"strings"
)

// Number reads v as an int64 or float64. Text may be decimal, 0x hexadecimal,
// with a fraction or exponent, and with a suffix KB, MB, GB or TB; blanks around
// it don't count, and the empty string is 0.
func Number(v Value) (Value, bool) {
	switch v := v.(type) {
	case int64, float64:
		return v, true
	case bool:
		return int64(number(v)), true
	case string:
		return ParseNumber(v)
	case nil:
		return int64(0), true
	case Size:
		return int64(v), true
	}
	return nil, false
}

// ParseNumber reads the text of a number as Number does.
func ParseNumber(s string) (Value, bool) {
	s = strings.TrimSpace(s)
	if s == "" {
		return int64(0), true
	}
	unit := int64(1)
	for i, suffix := range [...]string{"KB", "MB", "GB", "TB", "PB"} {
		if n := len(s) - len(suffix); n > 0 && strings.EqualFold(s[n:], suffix) {
			s, unit = s[:n], 1<<(10*(i+1))
			break
		}
	}
	if strings.ContainsAny(s, "_pP") || strings.ContainsAny(s, "nN") {
		return nil, false // Go's own notations, and NaN and Inf
	}
	if digits := strings.TrimLeft(s, "+-"); len(digits) > 2 && digits[0] == '0' && digits[1]|0x20 == 'x' {
		n, err := strconv.ParseInt(s, 0, 64)
		return scale(n, unit), err == nil
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return scale(n, unit), true
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return nil, false
	}
	return narrow(f * float64(unit)), true
}

// scale multiplies and goes over to floating point where the result is too large.
func scale(n, unit int64) Value {
	if p := n * unit; p/unit == n {
		return p
	}
	return float64(n) * float64(unit)
}

// narrow keeps 1.5KB the whole number that it is.
func narrow(f float64) Value {
	if f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		return int64(f)
	}
	return f
}

// Float returns a number that Number made as floating point.
func Float(v Value) float64 {
	switch v := v.(type) {
	case int64:
		return float64(v)
	case float64:
		return v
	}
	return 0
}
