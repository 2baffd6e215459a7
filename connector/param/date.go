package param

import (
	"fmt"
	"strings"
	"time"
)

// Date is a day of the calendar, in UTC. The zero Date is invalid.
type Date struct {
	year  int16
	month uint8
	day   uint8
}

const dateForm = "2006-01-02"

// ParseDate parses a day such as 2027-06-30.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(dateForm, strings.TrimSpace(s))
	if err != nil {
		return Date{}, fmt.Errorf("%q is not a date: give year, month and day, as in 2027-06-30", s)
	}
	return Date{int16(t.Year()), uint8(t.Month()), uint8(t.Day())}, nil
}

// MustParseDate is ParseDate for tests; it panics.
func MustParseDate(s string) Date { return must(ParseDate(s)) }

// IsValid reports whether d is not the zero Date.
func (d Date) IsValid() bool { return d != Date{} }

// Compare returns -1, 0 or 1 as d is before, equal to or after o. The zero Date comes first.
func (d Date) Compare(o Date) int { return d.End().Compare(o.End()) }

// End returns the first moment after the day; the zero time for the zero Date.
func (d Date) End() time.Time {
	if !d.IsValid() {
		return time.Time{}
	}
	return time.Date(int(d.year), time.Month(d.month), int(d.day)+1, 0, 0, 0, 0, time.UTC)
}

// String returns the day, such as 2027-06-30; "" for the zero Date.
func (d Date) String() string {
	if !d.IsValid() {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.year, d.month, d.day)
}

// MarshalText implements [encoding.TextMarshaler].
func (d Date) MarshalText() ([]byte, error) {
	if !d.IsValid() {
		return nil, invalidValue("date", d)
	}
	return []byte(d.String()), nil
}

// UnmarshalText implements [encoding.TextUnmarshaler].
func (d *Date) UnmarshalText(b []byte) error { return unmarshal(d, ParseDate, b) }
