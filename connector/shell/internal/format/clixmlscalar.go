package format

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
)

// scalar returns the value of a scalar element. What can't be read as its type
// says is the text itself.
func scalar(element, text string) object.Value {
	switch element {
	case "S":
		return text
	case "B":
		if b, err := strconv.ParseBool(strings.TrimSpace(text)); err == nil {
			return b
		}
	case "I16", "I32", "I64", "U16", "U32", "U64", "By", "SB":
		if n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64); err == nil {
			return n
		}
	case "Sg", "Db", "D":
		if f, err := strconv.ParseFloat(strings.TrimSpace(text), 64); err == nil && !math.IsNaN(f) {
			return f
		}
	case "C": // a character, as its number
		if n, err := strconv.ParseUint(strings.TrimSpace(text), 10, 16); err == nil {
			return string(rune(n))
		}
	case "TS":
		if d, ok := isoDuration(strings.TrimSpace(text)); ok {
			return object.Span(d)
		}
	}
	return text
}

// isoDuration reads a duration as XML writes it: P1DT2H3M4.5S. Years and months
// have no length, so that they aren't read.
func isoDuration(s string) (time.Duration, bool) {
	rest, negative := strings.CutPrefix(s, "-")
	rest, ok := strings.CutPrefix(rest, "P")
	if !ok || rest == "" || rest == "T" {
		return 0, false
	}
	total := 0.0
	units := "D"
	for rest != "" {
		if t, found := strings.CutPrefix(rest, "T"); found {
			if units != "D" && units != "" {
				return 0, false
			}
			rest, units = t, "HMS"
			continue
		}
		end := strings.IndexFunc(rest, func(r rune) bool { return (r < '0' || r > '9') && r != '.' })
		if end < 1 {
			return 0, false
		}
		n, err := strconv.ParseFloat(rest[:end], 64)
		unit := strings.IndexByte(units, rest[end])
		if err != nil || unit < 0 {
			return 0, false
		}
		total += n * unitLength(rest[end])
		units, rest = units[unit+1:], rest[end+1:]
	}
	if total > math.MaxInt64/2 {
		return 0, false
	}
	d := time.Duration(math.Round(total/100) * 100) // .NET counts in 100 ns
	if negative {
		d = -d
	}
	return d, true
}

func unitLength(unit byte) float64 {
	switch unit {
	case 'D':
		return float64(24 * time.Hour)
	case 'H':
		return float64(time.Hour)
	case 'M':
		return float64(time.Minute)
	}
	return float64(time.Second)
}
