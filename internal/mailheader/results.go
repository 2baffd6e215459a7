package mailheader

import (
	"bytes"
	"strings"

	"github.com/interchange-smtp/interchange/internal/authres"
)

const resultsName = "Authentication-Results"

// FilterResults removes the Authentication-Results fields of servers that keep refuses.
// refused are the names of such servers in lower case; a field that can't be read is removed if
// it mentions one of them.
func (h *Header) FilterResults(keep func(service string) bool, refused []string) {
	if !h.mayHaveResults() {
		return
	}
	text := string(h.raw)
	for i, f := range h.fields {
		if f.dropped || f.colon < 0 {
			continue
		}
		first := h.refused(i, text, func(name string) bool { return !strings.EqualFold(name, resultsName) })
		if first < 0 || !authres.Claims(h.raw[f.colon+1:f.end], keep, refused) {
			continue
		}
		for ; first <= i; first++ {
			h.fields[first].dropped, h.cut = true, true
		}
	}
}

// mayHaveResults reports whether the name of some field ends as Authentication-Results does.
func (h *Header) mayHaveResults() bool {
	const end = "Results"
	for _, f := range h.fields {
		if name := h.name(f); len(name) >= len(end) && bytes.EqualFold(name[len(name)-len(end):], []byte(end)) {
			return true
		}
	}
	return false
}
