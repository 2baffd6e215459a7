package intake

import (
	"strings"

	"github.com/interchange-smtp/interchange/internal/mailheader"
)

// messageIDOf returns the Message-ID of h if it can be shown in a reply, or "".
func messageIDOf(h *mailheader.Header) string {
	for f := range h.Fields() {
		if !equalFold(f.Name, "Message-ID") {
			continue
		}
		value := string(f.Raw[min(len(f.Name)+1, len(f.Raw)):])
		return visibleID(value)
	}
	return ""
}

// maxMessageID bounds the bytes of a Message-ID in a reply, whose line may have 512.
const maxMessageID = 250

// visibleID returns a Message-ID that can be shown in a reply, or "": it is in angle
// brackets, visible ASCII and short.
func visibleID(value string) string {
	id := strings.Trim(value, " \t\r\n")
	if len(id) < 3 || len(id) > maxMessageID || id[0] != '<' || id[len(id)-1] != '>' {
		return ""
	}
	if strings.ContainsFunc(id[1:len(id)-1], func(c rune) bool {
		return c <= ' ' || c > '~' || strings.ContainsRune(`<>\"`, c)
	}) {
		return ""
	}
	return id
}

// equalFold compares ASCII text without case.
func equalFold(a, b string) bool { return len(a) == len(b) && strings.EqualFold(a, b) }

// networkID is the field with which the servers of an organisation tell each other the network id of
// a message. The header firewall removes it from messages of others.
const networkID = "X-MS-Exchange-Organization-Network-Message-Id"
