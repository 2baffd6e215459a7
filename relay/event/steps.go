package event

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
)

// steps prints a trace for logs, as text or as JSON with stable names. It prints
// nothing but printable ASCII, because the addresses in it are the client's.
type steps struct{ trace connector.Trace }

// MarshalText implements [encoding.TextMarshaler].
func (s steps) MarshalText() ([]byte, error) {
	var b strings.Builder
	for step := range s.trace.All() {
		if b.Len() > 0 {
			b.WriteString("; ")
		}
		b.WriteString(Printable(strings.Join(strings.Fields(step.String()), " ")))
		for _, basis := range step.Basis() {
			b.WriteString(" {" + Printable(basis.String()) + "}")
		}
	}
	return []byte(b.String()), nil
}

// MarshalJSON implements [json.Marshaler].
func (s steps) MarshalJSON() ([]byte, error) {
	plain, err := json.Marshal(s.trace)
	if err != nil {
		return nil, err
	}
	var b []byte
	for _, c := range string(plain) {
		switch {
		case c <= '~':
			b = append(b, byte(c))
		case c > 0xFFFF: // JSON has UTF-16 (RFC 8259, section 7)
			c -= 0x10000
			b = fmt.Appendf(b, `\u%04x\u%04x`, 0xD800+c>>10, 0xDC00+c&0x3FF)
		default:
			b = fmt.Appendf(b, `\u%04x`, c)
		}
	}
	return b, nil
}
