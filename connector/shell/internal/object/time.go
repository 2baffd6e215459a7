package object

import (
	"cmp"
	"math"
	"strconv"
	"strings"
	"time"
)

// Time is a date with its time of day, .NET's DateTime.
type Time time.Time

// TypeName returns DateTime.
func (Time) TypeName() string { return "DateTime" }

// String returns the text that PowerShell puts into a string: 11/28/2026 20:41:35.
func (t Time) String() string { return time.Time(t).Format("01/02/2006 15:04:05") }

// Compare compares with another time.
func (t Time) Compare(v Value) (int, bool) {
	u, ok := v.(Time)
	return cmp.Compare(time.Time(t).UnixNano(), time.Time(u).UnixNano()), ok
}

var timeNames = []string{"Date", "Year", "Month", "Day", "Hour", "Minute", "Second", "Millisecond", "DayOfWeek", "DayOfYear", "TimeOfDay", "Ticks"}

// Members returns the names of the properties.
func (t Time) Members() []string { return timeNames }

// Member returns a property.
func (t Time) Member(name string) (Value, bool) {
	u := time.Time(t)
	day := time.Date(u.Year(), u.Month(), u.Day(), 0, 0, 0, 0, u.Location())
	return named(name, timeNames, Time(day), int64(u.Year()), int64(u.Month()), int64(u.Day()), int64(u.Hour()), int64(u.Minute()),
		int64(u.Second()), int64(u.Nanosecond()/1e6), u.Weekday().String(), int64(u.YearDay()), Span(u.Sub(day)),
		u.Unix()*10_000_000+621355968000000000+int64(u.Nanosecond()/100))
}

// Call has ToString with a format, AddDays and the other Add methods, ToUniversalTime,
// ToShortDateString and Subtract.
func (t Time) Call(name string, args []Value) (Value, bool, error) {
	u := time.Time(t)
	name = strings.ToLower(name)
	switch {
	case name == "touniversaltime" && len(args) == 0:
		return Time(u.UTC()), true, nil
	case name == "toshortdatestring" && len(args) == 0:
		return u.Format("01/02/2006"), true, nil
	case name == "toshorttimestring" && len(args) == 0:
		return u.Format("15:04"), true, nil
	case len(args) != 1:
		return nil, false, nil
	case name == "tostring":
		return FormatTime(u, Text(args[0])), true, nil
	case name == "subtract":
		if other, ok := args[0].(Time); ok {
			return Span(u.Sub(time.Time(other))), true, nil
		}
	}
	num, ok := Number(args[0])
	n := Float(num)
	unit := map[string]time.Duration{"addmilliseconds": time.Millisecond, "addseconds": time.Second, "addminutes": time.Minute, "addhours": time.Hour}[name]
	switch {
	case !ok || math.Abs(n) > 1e9:
	case unit > 0 && math.Abs(n*float64(unit)) < math.MaxInt64/2:
		return Time(u.Add(time.Duration(n * float64(unit)))), true, nil
	case name == "adddays" && math.Abs(n) < 1e5:
		return Time(u.Add(time.Duration(n * float64(24*time.Hour)))), true, nil
	case name == "addmonths" && math.Abs(n) < 1e5:
		return Time(u.AddDate(0, int(n), 0)), true, nil
	case name == "addyears" && math.Abs(n) < 1e4:
		return Time(u.AddDate(int(n), 0, 0)), true, nil
	}
	return nil, false, nil
}

// maxTimeFormat is the longest format that is looked at.
const maxTimeFormat = 256

// FormatTime writes t as a format of .NET says: yyyy-MM-dd HH:mm:ss.
func FormatTime(t time.Time, format string) string {
	switch format {
	case "d":
		format = "MM/dd/yyyy"
	case "s":
		format = "yyyy-MM-ddTHH:mm:ss"
	case "u":
		t, format = t.UTC(), "yyyy-MM-dd HH:mm:ssZ"
	case "o", "O":
		return t.Format("2006-01-02T15:04:05.0000000Z07:00")
	case "g":
		format = "MM/dd/yyyy HH:mm"
	case "G", "":
		format = "MM/dd/yyyy HH:mm:ss"
	case "t":
		format = "HH:mm"
	case "T":
		format = "HH:mm:ss"
	case "D":
		format = "dddd, dd MMMM yyyy"
	}
	format = format[:min(len(format), maxTimeFormat)]
	var b strings.Builder
	for i := 0; i < len(format); {
		c := format[i]
		n := 1
		for i+n < len(format) && format[i+n] == c {
			n++
		}
		switch {
		case c == '\'' || c == '"':
			end := strings.IndexByte(format[i+1:], c)
			if end < 0 {
				end = len(format) - i - 1
			}
			b.WriteString(format[i+1 : i+1+end])
			i += end + 2
			continue
		case c == '\\' && i+1 < len(format):
			b.WriteByte(format[i+1])
			i += 2
			continue
		}
		b.WriteString(timePart(t, c, n, format[i:i+n]))
		i += n
	}
	return b.String()
}

// timePart returns the part of the time that n times the letter c stands for; other
// text stands for itself.
func timePart(t time.Time, c byte, n int, text string) string {
	pad := func(v int) string {
		s := strconv.Itoa(v)
		return strings.Repeat("0", max(0, min(n, 2)-len(s))) + s
	}
	switch c {
	case 'y':
		if n <= 2 {
			return pad(t.Year() % 100)
		}
		return t.Format("2006")
	case 'M':
		return letters(t.Month().String(), n, pad(int(t.Month())))
	case 'd':
		return letters(t.Weekday().String(), n, pad(t.Day()))
	case 'H':
		return pad(t.Hour())
	case 'h':
		return pad((t.Hour()+11)%12 + 1)
	case 'm':
		return pad(t.Minute())
	case 's':
		return pad(t.Second())
	case 'f':
		return t.Format(".000000000")[1 : 1+min(n, 9)]
	case 't':
		return t.Format("PM")[:min(n, 2)]
	case 'z':
		if n < 3 {
			return t.Format("-07")
		}
		return t.Format("-07:00")
	case 'K':
		return t.Format("Z07:00")
	}
	return text
}

// letters returns the text for n letters: a number, the first letters of a name or
// all.
func letters(name string, n int, number string) string {
	switch {
	case n < 3:
		return number
	case n == 3:
		return name[:3]
	}
	return name
}
