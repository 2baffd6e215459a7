package envelope

import "strings"

// BodyType is the BODY parameter of MAIL. The zero value is 7BIT, which is also
// what MAIL without BODY means. Spools hold the numbers of the constants.
type BodyType uint8

// The body types of RFC 6152 and RFC 3030.
const (
	SevenBit BodyType = iota
	EightBitMIME
	BinaryMIME
)

// ParseBodyType parses the value of BODY, in upper or lower case.
func ParseBodyType(s string) (b BodyType, ok bool) {
	for b = range BinaryMIME + 1 {
		if strings.EqualFold(s, b.String()) {
			return b, true
		}
	}
	return SevenBit, false
}

// String returns the value of BODY.
func (b BodyType) String() string {
	switch b {
	case EightBitMIME:
		return "8BITMIME"
	case BinaryMIME:
		return "BINARYMIME"
	}
	return "7BIT"
}
