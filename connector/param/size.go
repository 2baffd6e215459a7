package param

import (
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"strings"
	"unicode"
)

// Size is a size in bytes, Exchange's ByteQuantifiedSize. Zero means the
// documented default where a default exists.
type Size int64

// The units, powers of 1024 as everywhere in Exchange.
const (
	KB Size = 1 << 10
	MB Size = 1 << 20
	GB Size = 1 << 30
	TB Size = 1 << 40

	// UnlimitedSize is the absence of a limit.
	UnlimitedSize Size = -1
)

const unlimitedText = "Unlimited"

// sizeUnits are the units from the largest to the smallest.
var sizeUnits = []struct {
	size Size
	name string
}{{TB, "TB"}, {GB, "GB"}, {MB, "MB"}, {KB, "KB"}, {1, "B"}}

// ParseSize parses 36MB, "36 MB", a bare number of bytes, unlimited, or the
// long form that Exchange prints, "36 MB (37,748,736 bytes)", of which the
// exact count in parentheses is taken. Letter case doesn't matter. A fraction
// is accepted only in the long form, where it isn't what counts.
func ParseSize(s string) (Size, error) {
	t := strings.TrimSpace(s)
	if strings.EqualFold(t, unlimitedText) {
		return UnlimitedSize, nil
	}
	if short, long, ok := strings.Cut(t, "("); ok {
		return parseLongSize(s, strings.TrimSpace(short), long)
	}
	number, unit := splitUnit(t)
	if unit == 0 {
		return 0, sizeError(s, "the unit must be B, KB, MB, GB or TB")
	}
	n, err := strconv.ParseUint(number, 10, 63)
	if err != nil {
		return 0, sizeError(s, `give a whole number with a unit, as in "36MB", or Unlimited`)
	}
	hi, lo := bits.Mul64(n, uint64(unit))
	if hi != 0 || lo > math.MaxInt64 {
		return 0, sizeError(s, "the size is too large")
	}
	return Size(lo), nil
}

// MustParseSize is ParseSize for tests; it panics.
func MustParseSize(s string) Size { return must(ParseSize(s)) }

// splitUnit cuts "36 MB" into "36" and MB. The unit is zero if unknown.
func splitUnit(s string) (number string, unit Size) {
	end := len(s)
	for end > 0 && (s[end-1]|0x20) >= 'a' && (s[end-1]|0x20) <= 'z' {
		end--
	}
	if end == len(s) {
		return s, 1
	}
	for _, u := range sizeUnits {
		if strings.EqualFold(s[end:], u.name) {
			return strings.TrimRight(s[:end], " "), u.size
		}
	}
	return s, 0
}

// parseLongSize parses "36 MB (37,748,736 bytes)", cut at the parenthesis. The
// digit grouping and the word are those of the culture the text was printed in (a
// comma, a dot, a blank, an apostrophe; "bytes" in its language), so all that isn't a digit is
// skipped.
func parseLongSize(s, short, long string) (Size, error) {
	count, ok := strings.CutSuffix(long, ")")
	number := strings.TrimRightFunc(count, unicode.IsLetter)
	if !ok || number == count {
		return 0, sizeError(s, `the long form is "36 MB (37,748,736 bytes)"`)
	}
	var digits []byte
	for _, r := range number {
		switch {
		case r >= '0' && r <= '9':
			digits = append(digits, byte(r))
		case !strings.ContainsRune(" ,.'\u00a0\u202f\u2019", r):
			return 0, sizeError(s, fmt.Sprintf("%q doesn't belong into the byte count", r))
		}
	}
	n, err := strconv.ParseInt(string(digits), 10, 64)
	if err != nil {
		return 0, sizeError(s, "the byte count must be a number")
	}
	// The two halves must mean the same, or a hand-edited size would
	// silently keep its old value.
	rounded, unit := splitUnit(short)
	approx, err := strconv.ParseFloat(strings.Replace(rounded, ",", ".", 1), 64)
	if err != nil || unit == 0 || math.IsInf(approx, 0) || math.IsNaN(approx) {
		return 0, sizeError(s, `the long form is "36 MB (37,748,736 bytes)"`)
	}
	if diff := math.Abs(approx*float64(unit) - float64(n)); diff > 0.01*float64(n) {
		return 0, sizeError(s, fmt.Sprintf("%s and %d bytes disagree", short, n))
	}
	return Size(n), nil
}

func sizeError(s, detail string) error {
	return fmt.Errorf("size %q: %s", s, detail)
}

// IsValid reports whether b is a size or UnlimitedSize.
func (b Size) IsValid() bool { return b >= UnlimitedSize }

// String returns the long form that Exchange prints, "36 MB (37,748,736 bytes)",
// with up to four significant digits before the unit, or Unlimited.
func (b Size) String() string {
	if b == UnlimitedSize {
		return unlimitedText
	}
	if b < 0 {
		return fmt.Sprintf("Size(%d)", int64(b))
	}
	i := len(sizeUnits) - 1
	for i > 0 && roundsTo(b, i-1) >= 1 {
		i--
	}
	number := strconv.FormatFloat(roundsTo(b, i), 'f', -1, 64)
	return fmt.Sprintf("%s %s (%s bytes)", number, sizeUnits[i].name, groupDigits(int64(b)))
}

// roundsTo returns b in unit i with four significant digits. Whole numbers
// keep all digits they have.
func roundsTo(b Size, i int) float64 {
	unit := sizeUnits[i].size
	if b%unit == 0 {
		return float64(b / unit)
	}
	v, _ := strconv.ParseFloat(strconv.FormatFloat(float64(b)/float64(unit), 'g', 4, 64), 64)
	return v
}

// groupDigits prints n with a comma between thousands.
func groupDigits(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// MarshalText implements [encoding.TextMarshaler] with the shortest exact
// form, "36MB".
func (b Size) MarshalText() ([]byte, error) {
	switch {
	case b == UnlimitedSize:
		return []byte(unlimitedText), nil
	case b < 0:
		return nil, invalidValue("size", b)
	case b == 0:
		return []byte("0B"), nil
	}
	for _, u := range sizeUnits {
		if b%u.size == 0 {
			return fmt.Appendf(nil, "%d%s", int64(b/u.size), u.name), nil
		}
	}
	return nil, invalidValue("size", b)
}

// UnmarshalText implements [encoding.TextUnmarshaler].
func (b *Size) UnmarshalText(text []byte) error { return unmarshal(b, ParseSize, text) }

// Limit is a count that may be Unlimited. Zero means the documented default
// unless it stands in a Setting.
type Limit int32

// Unlimited is the absence of a limit.
const Unlimited Limit = -1

// ParseLimit parses a count of 0 to 2147483647, or unlimited in any letter case.
func ParseLimit(s string) (Limit, error) {
	t := strings.TrimSpace(s)
	if strings.EqualFold(t, unlimitedText) {
		return Unlimited, nil
	}
	n, err := strconv.ParseUint(t, 10, 31)
	if err != nil {
		return 0, fmt.Errorf("limit %q: give a number of 0 to 2147483647 or Unlimited", s)
	}
	return Limit(n), nil
}

// MustParseLimit is ParseLimit for tests; it panics.
func MustParseLimit(s string) Limit { return must(ParseLimit(s)) }

// IsValid reports whether l is a count or Unlimited.
func (l Limit) IsValid() bool { return l >= Unlimited }

// String returns the number or Unlimited.
func (l Limit) String() string {
	if l == Unlimited {
		return unlimitedText
	}
	return strconv.Itoa(int(l))
}

// MarshalText implements [encoding.TextMarshaler].
func (l Limit) MarshalText() ([]byte, error) {
	return marshal("limit", l)
}

// UnmarshalText implements [encoding.TextUnmarshaler].
func (l *Limit) UnmarshalText(text []byte) error { return unmarshal(l, ParseLimit, text) }

// must unwraps what a Must function parsed.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
