package observed

import (
	"strings"

	"github.com/interchange-smtp/interchange/connector/internal/semantics"
)

// addressText returns an address with its domain as policies compare them and its local part in
// quotes only where it needs them.
func addressText(text string) string {
	local := semantics.LocalOf(text)
	if quoted, ok := strings.CutPrefix(local, `"`); ok {
		local = unescape(strings.TrimSuffix(quoted, `"`))
	}
	if !isDotString(local) {
		local = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(local) + `"`
	}
	return local + "@" + semantics.DomainOf(text)
}

// unescape removes the backslashes of a quoted string.
func unescape(s string) string {
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		out.WriteByte(s[i])
	}
	return out.String()
}

// isDotString reports whether a local part needs no quotes (RFC 5321 section 4.1.2).
func isDotString(local string) bool {
	for _, atom := range strings.Split(local, ".") {
		if atom == "" || strings.ContainsFunc(atom, func(r rune) bool { return r <= ' ' || r == 0x7f || strings.ContainsRune(`()<>[]:;@\,"`, r) }) {
			return false
		}
	}
	return true
}
