package guard

import (
	"net/http"
	"net/netip"
)

// ContentSecurityPolicy is the policy of every page: files of this server only, no inline script
// or style, no frame around a page, and forms for this server only.
const ContentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// permissions forbids pages everything that a console doesn't need.
const permissions = "camera=(), display-capture=(), geolocation=(), microphone=(), midi=(), payment=(), " +
	"publickey-credentials-get=(), serial=(), usb=()"

// setHeaders sets the security headers of an answer to a request for host.
func setHeaders(h http.Header, host string, secure bool) {
	h.Set("Content-Security-Policy", ContentSecurityPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY") // for browsers without frame-ancestors
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", permissions)
	h.Set("Cache-Control", "no-store")
	if secure && takesHSTS(host) {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

// takesHSTS reports whether browsers are told to use HTTPS only with a host. It holds for all
// ports of the host, so it would make other programs at localhost unreachable.
func takesHSTS(host string) bool {
	_, err := netip.ParseAddr(host)
	return err != nil && host != "localhost" && host != ""
}
