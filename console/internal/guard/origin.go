package guard

import (
	"net/http"
	"strings"
)

// checkOrigin returns why a request that may change something is refused; nil: it isn't.
func (g *guard) checkOrigin(r *http.Request) *refusal {
	site, origin := r.Header.Get("Sec-Fetch-Site"), r.Header.Get("Origin")
	switch {
	case site == "" && origin == "":
		return noOrigin
	case g.origin.Check(r) != nil,
		site == "" && g.Secure(r) && !strings.HasPrefix(origin, "https://"): // a page of the same name without TLS
		return crossOrigin
	}
	return nil
}

// embedded reports whether a GET comes from a page of another site that doesn't just open this
// one in a window, but loads it as a part of its own.
func embedded(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
		return false
	}
	return r.Header.Get("Sec-Fetch-Mode") != "navigate" || r.Header.Get("Sec-Fetch-Dest") != "document"
}
