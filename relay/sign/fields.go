package sign

import (
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/relay/message"
)

// onceMore are the fields that are signed, present or not, and listed once more than they are present.
var onceMore = []string{
	"From", "To", "Cc", "Subject", "Date", "Message-ID", "Reply-To", "Sender", "MIME-Version", "Content-Type", "Content-Transfer-Encoding",
	"In-Reply-To", "References",
}

// ifPresent are listed once more than they are present, unless the message has none: mailing lists add them.
var ifPresent = []string{
	"List-Id", "List-Help", "List-Unsubscribe", "List-Unsubscribe-Post", "List-Subscribe", "List-Post", "List-Owner", "List-Archive",
}

// maxList bounds the length of the list in a signature, in bytes: the line that it stands on must be shorter than
// 998 bytes (RFC 5322, section 2.1.1), because a relay would fold a longer one and break the signature.
const maxList = 900

// signedFields returns the names of the fields to sign, as the tag h= lists them. A message that repeats fields so
// often that the list grows too long has the last of each signed.
func signedFields(h *message.Header) []string {
	present := make(map[string]int)
	for f := range h.Fields() {
		present[strings.ToLower(f.Name)]++
	}
	var names []string
	length := 0
	for round := 0; ; round++ {
		added := false
		for _, name := range slices.Concat(onceMore, ifPresent) {
			n := present[strings.ToLower(name)]
			if round > n || n == 0 && slices.Contains(ifPresent, name) {
				continue
			}
			if length += len(name) + 1; length > maxList {
				return names
			}
			names, added = append(names, name), true
		}
		if !added {
			return names
		}
	}
}
