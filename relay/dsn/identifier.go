package dsn

import (
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/internal/mailheader"
)

// maxAncestors is how many of the original's References a report repeats.
const maxAncestors = 10

// identifiers returns the Message-ID of a message and the last of its References,
// without malformed ones.
func identifiers(h *mailheader.Header) (id string, references []string) {
	if id = h.Value("Message-ID"); !isMessageID(id) {
		return "", nil
	}
	references = slices.DeleteFunc(strings.Fields(h.Value("References")), func(ref string) bool { return !isMessageID(ref) })
	return id, references[max(0, len(references)-maxAncestors):]
}

// isMessageID reports whether s is a msg-id, less strictly than RFC 5322, section 3.6.4,
// because many in use don't follow it. Its characters can do no harm.
func isMessageID(s string) bool {
	if len(s) < 5 || len(s) > 250 || s[0] != '<' || s[len(s)-1] != '>' {
		return false
	}
	inner := s[1 : len(s)-1]
	return strings.Count(inner, "@") == 1 && inner[0] != '@' && inner[len(inner)-1] != '@' &&
		strings.IndexFunc(inner, func(c rune) bool { return c <= ' ' || c > '~' || strings.ContainsRune(`<>()",;:\`, c) }) < 0
}
