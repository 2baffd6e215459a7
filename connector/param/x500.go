package param

import (
	"encoding/asn1"
	"encoding/hex"
	"slices"
	"strings"
)

// x500Types are the types of attributes by the names that Windows or RFC 4514 gives them.
var x500Types = map[string]string{
	"CN": "2.5.4.3", "SN": "2.5.4.4", "SERIALNUMBER": "2.5.4.5", "C": "2.5.4.6", "L": "2.5.4.7", "S": "2.5.4.8", "ST": "2.5.4.8",
	"STREET": "2.5.4.9", "O": "2.5.4.10", "OU": "2.5.4.11", "T": "2.5.4.12", "TITLE": "2.5.4.12", "DESCRIPTION": "2.5.4.13",
	"POSTALCODE": "2.5.4.17", "G": "2.5.4.42", "GIVENNAME": "2.5.4.42", "I": "2.5.4.43", "INITIALS": "2.5.4.43",
	"DNQUALIFIER": "2.5.4.46", "E": "1.2.840.113549.1.9.1", "EMAILADDRESS": "1.2.840.113549.1.9.1",
	"DC": "0.9.2342.19200300.100.1.25", "UID": "0.9.2342.19200300.100.1.1",
}

// sameX500 reports whether two texts are the same X.500 name.
func sameX500(a, b string) bool { return slices.EqualFunc(readX500(a), readX500(b), slices.Equal) }

// readX500 returns the relative names in an X.500 name, each with its attributes as "type=value". It reads
// the escapes of RFC 4514, and the quotes of Windows, in which backslashes are text. Text that is no attribute
// stays as it is.
func readX500(name string) (relative [][]string) {
	for separator := byte(','); separator != 0; {
		var attributes []string
		for separator = '+'; separator == '+'; {
			var attribute string
			attribute, separator, name = cutAttribute(name)
			attributes = append(attributes, attribute)
		}
		slices.Sort(attributes) // they are a set
		relative = append(relative, attributes)
	}
	return relative
}

// cutAttribute reads the first attribute of a name, and the separator after it, which is 0 at the end.
func cutAttribute(name string) (attribute string, separator byte, rest string) {
	kind := ""
	if i := strings.IndexAny(name, `=,+;"\`); i >= 0 && name[i] == '=' {
		kind = strings.TrimPrefix(strings.ToUpper(strings.TrimSpace(name[:i])), "OID.")
		if id, ok := x500Types[kind]; ok {
			kind = id
		}
		kind += "="
		name = name[i+1:]
	}
	value, separator, rest := cutValue(strings.TrimLeft(name, " "))
	return kind + strings.ToLower(strings.Join(strings.Fields(value), " ")), separator, rest
}

// cutValue reads the first value of text, and the separator after it, which is 0 at the end.
func cutValue(text string) (value string, separator byte, rest string) {
	var b strings.Builder
	quoted := false
	for i := 0; i < len(text) && separator == 0; i++ {
		switch c := text[i]; {
		case c == '"' && quoted && strings.HasPrefix(text[i+1:], `"`): // so Windows writes a quote in quotes
			b.WriteByte(c)
			i++
		case c == '"':
			quoted = !quoted
		case c == '\\' && !quoted:
			escaped, n := unescapeX500(text[i+1:])
			b.WriteString(escaped)
			i += n
		case !quoted && strings.IndexByte(",+;", c) >= 0:
			separator, rest = c, text[i+1:]
		default:
			b.WriteByte(c)
		}
	}
	value = b.String()
	if strings.HasPrefix(text, "#") {
		value = decodeX500(value)
	}
	return value, separator, rest
}

// unescapeX500 returns the text that a backslash and the n bytes after it stand for. Windows escapes no backslashes.
func unescapeX500(after string) (text string, n int) {
	if after != "" && strings.IndexByte(`,+;"\<>=# `, after[0]) >= 0 {
		return after[:1], 1
	}
	if len(after) >= 2 {
		if b, err := hex.DecodeString(after[:2]); err == nil {
			return string(b), 2
		}
	}
	return `\`, 0
}

// decodeX500 returns the text in a value of the form #hexadecimal, in which Go prints types that it has no name for.
func decodeX500(value string) string {
	der, err := hex.DecodeString(strings.TrimSpace(value[1:]))
	if err != nil {
		return value
	}
	var decoded any
	if rest, err := asn1.Unmarshal(der, &decoded); err != nil || len(rest) > 0 {
		return value
	}
	if text, ok := decoded.(string); ok {
		return text
	}
	return value
}
