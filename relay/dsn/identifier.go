package dsn

import (
	"bytes"
	"strings"
)

// maxAncestors is how many of the original's References a report repeats.
const maxAncestors = 10

// identifiers returns the Message-ID of a message and the last of its References,
// without malformed ones.
func identifiers(header []byte) (id string, references []string) {
	var ids, refs, current *strings.Builder
	for line := range bytes.Lines(header) {
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			break
		}
		if line[0] == ' ' || line[0] == '\t' {
			if current != nil {
				current.Write(line)
			}
			continue
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		current = nil
		switch name := strings.TrimRight(string(name), " \t"); {
		case strings.EqualFold(name, "Message-ID") && ids == nil:
			ids = new(strings.Builder)
			current = ids
		case strings.EqualFold(name, "References") && refs == nil:
			refs = new(strings.Builder)
			current = refs
		default:
			continue
		}
		current.Write(value)
	}
	if ids != nil {
		id = strings.TrimSpace(ids.String())
	}
	if !isMessageID(id) {
		return "", nil
	}
	if refs != nil {
		for _, ref := range strings.Fields(refs.String()) {
			if isMessageID(ref) {
				references = append(references, ref)
			}
		}
	}
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
