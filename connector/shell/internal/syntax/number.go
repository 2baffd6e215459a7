package syntax

import (
	"math"
	"strconv"
	"strings"
)

// suffixes of numbers, in powers of 1024.
var suffixes = map[string]int{"kb": 10, "mb": 20, "gb": 30, "tb": 40, "pb": 50}

// parseNumber reads a number as PowerShell writes it: decimal, with a fraction
// or an exponent, or 0x…, each perhaps with a minus before and a size after.
// It gives an int64 when the value is a whole number in range that was written
// without fraction or exponent, or with a suffix, and a float64 otherwise.
func parseNumber(text string) (any, bool) {
	digits := strings.TrimPrefix(text, "-")
	if digits == "" || !isDigit(rune(digits[0])) && digits[0] != '.' {
		return nil, false
	}
	shift := 0
	if n := len(digits) - 2; n > 0 {
		if s, ok := suffixes[strings.ToLower(digits[n:])]; ok {
			digits, shift = digits[:n], s
		}
	}
	negative := text[0] == '-'
	if hex := strings.TrimPrefix(strings.ToLower(digits), "0x"); len(hex) < len(digits) {
		n, err := strconv.ParseUint(hex, 16, 63)
		if err != nil {
			return nil, false
		}
		return sized(float64(n), int64(n), true, shift, negative)
	}
	if !decimal(digits) {
		return nil, false
	}
	if n, err := strconv.ParseInt(digits, 10, 64); err == nil {
		return sized(float64(n), n, true, shift, negative)
	}
	f, err := strconv.ParseFloat(digits, 64)
	if err != nil {
		return nil, false
	}
	return sized(f, 0, false, shift, negative)
}

// decimal accepts digits [. digits] [e [sign] digits] with a digit somewhere
// before the exponent.
func decimal(s string) bool {
	mantissa, exponent, hasExp := s, "", false
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		mantissa, exponent, hasExp = s[:i], s[i+1:], true
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	if whole+fraction == "" || !allDigits(whole) || !allDigits(fraction) {
		return false
	}
	if !hasExp {
		return true
	}
	if exponent != "" && (exponent[0] == '+' || exponent[0] == '-') {
		exponent = exponent[1:]
	}
	return exponent != "" && allDigits(exponent)
}

func allDigits(s string) bool {
	for i := range len(s) {
		if !isDigit(rune(s[i])) {
			return false
		}
	}
	return true
}

// sized applies sign and suffix.
func sized(f float64, n int64, whole bool, shift int, negative bool) (any, bool) {
	if negative {
		f, n = -f, -n
	}
	if whole && n<<shift>>shift == n {
		return n << shift, true
	}
	f = math.Ldexp(f, shift)
	if shift > 0 && f == math.Trunc(f) && math.Abs(f) < 1<<62 {
		return int64(f), true
	}
	return f, true
}

// number reads a number in expression mode.
func (p *parser) number() Expr {
	start := p.pos
	for {
		r, second := p.peek(), p.peek2()
		if r == '.' && second == '.' || r == '.' && !isDigit(second) {
			break
		}
		if r == 'e' || r == 'E' {
			if second == '-' || second == '+' {
				p.next()
				p.next()
				continue
			}
		}
		if !isName(r) && r != '.' {
			break
		}
		p.next()
	}
	text := p.text[start:p.pos]
	n, ok := parseNumber(text)
	if !ok {
		for !endsWord(p.peek()) {
			p.next()
		}
		panic(p.fail(start, p.pos, "this is neither a number nor a command", "put quotes around text"))
	}
	return &Number{Span: p.span(start), Value: n, Text: text}
}
