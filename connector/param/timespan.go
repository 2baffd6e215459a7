package param

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// ParseTimeSpan parses Exchange's time spans: 00:10:00, 1.12:30:00,
// 00:00:00.5, 08:30 (hours and minutes). A bare number is refused: it would
// mean days, and people who write 30 mean seconds or minutes. A bare 0 is no time,
// whatever the unit. Spans are never negative.
func ParseTimeSpan(s string) (time.Duration, error) {
	t := strings.TrimSpace(s)
	if isDigits(t) {
		if strings.Trim(t, "0") == "" {
			return 0, nil
		}
		return 0, spanError(s, "a bare number means days in Exchange; write d.00:00:00 for days or hh:mm:ss for less")
	}
	clock, days := t, "0"
	if first, _, ok := strings.Cut(t, ":"); ok {
		if d, hours, ok := strings.Cut(first, "."); ok {
			days, clock = d, hours+t[len(first):]
		}
	}
	clock, fraction, exact := strings.Cut(clock, ".")
	if !exact {
		fraction = "0"
	}
	parts := strings.Split(clock, ":")
	if len(parts) == 2 && !exact {
		parts = append(parts, "0")
	}
	if len(parts) != 3 {
		return 0, spanError(s, "the form is hh:mm:ss or d.hh:mm:ss")
	}
	return sumSpan(s, days, parts, fraction)
}

// sumSpan adds up the parts of a time span.
func sumSpan(s, days string, clock []string, fraction string) (time.Duration, error) {
	if !isDigits(days) || !isDigits(fraction) || len(days) > 6 || len(fraction) > 9 {
		return 0, spanError(s, "the form is hh:mm:ss or d.hh:mm:ss")
	}
	d, _ := strconv.ParseInt(days, 10, 64)
	total := d * 24
	for i, limit := range []int64{23, 59, 59} {
		if !isDigits(clock[i]) || len(clock[i]) > 2 {
			return 0, spanError(s, "the form is hh:mm:ss or d.hh:mm:ss")
		}
		n, _ := strconv.ParseInt(clock[i], 10, 64)
		if n > limit {
			return 0, spanError(s, fmt.Sprintf(
				"hours go to 23, minutes and seconds to 59 (%d is more than %d); a day is 1.00:00:00", n, limit))
		}
		if i > 0 {
			total *= 60
		}
		total += n
	}
	nanos, _ := strconv.ParseInt((fraction + "00000000")[:9], 10, 64)
	if total > math.MaxInt64/int64(time.Second) || total*int64(time.Second) > math.MaxInt64-nanos {
		return 0, spanError(s, "the span is too long")
	}
	return time.Duration(total)*time.Second + time.Duration(nanos), nil
}

// FormatTimeSpan prints d as Exchange does: 00:10:00, 1.00:00:00, with a
// fraction only if there is one. It is exact: ParseTimeSpan gives d back,
// unless d is negative, which prints with a minus sign.
func FormatTimeSpan(d time.Duration) string {
	sign := ""
	u := uint64(d)
	if d < 0 {
		sign, u = "-", -u
	}
	seconds, nanos := u/uint64(time.Second), u%uint64(time.Second)
	var b strings.Builder
	b.WriteString(sign)
	if days := seconds / 86400; days > 0 {
		fmt.Fprintf(&b, "%d.", days)
	}
	fmt.Fprintf(&b, "%02d:%02d:%02d", seconds/3600%24, seconds/60%60, seconds%60)
	switch {
	case nanos == 0:
	case nanos%100 == 0: // .NET's resolution is 100 ns, printed with seven digits
		fmt.Fprintf(&b, ".%07d", nanos/100)
	default:
		fmt.Fprintf(&b, ".%09d", nanos)
	}
	return b.String()
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

func spanError(s, detail string) error {
	return fmt.Errorf("time span %q: %s", s, detail)
}
