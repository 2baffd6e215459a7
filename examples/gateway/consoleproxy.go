package main

import (
	"net/http"
	"net/netip"
	"strings"
)

// behindProxy gives next the requests as a proxy on this machine has got them: from the browser's address, which is
// the last one in X-Forwarded-For. Those before it are the browser's own words.
func behindProxy(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if browser, err := netip.ParseAddr(lastForwarded(r, "X-Forwarded-For")); err == nil {
			r = r.WithContext(r.Context()) // a copy
			r.RemoteAddr = netip.AddrPortFrom(browser.Unmap().WithZone(""), 0).String()
		}
		next.ServeHTTP(w, r)
	})
}

// cameByHTTPS reports whether the proxy got a request by HTTPS.
func cameByHTTPS(r *http.Request) bool { return lastForwarded(r, "X-Forwarded-Proto") == "https" }

// lastForwarded returns the last element of a header field, which the proxy has added.
func lastForwarded(r *http.Request, name string) string {
	all := strings.Split(strings.Join(r.Header.Values(name), ","), ",")
	return strings.TrimSpace(all[len(all)-1])
}
