package logon

import (
	"net/http"
	"net/url"
)

// cookieName returns the name of the cookie for a request. It has the port, because browsers keep
// one set of cookies for all ports of a host, so that two consoles don't end each other's
// sessions. By HTTPS it has a prefix with which browsers don't let other hosts, or pages without
// TLS, set it.
func (l *Logon) cookieName(r *http.Request) string {
	name := "interchange-console"
	if port := (&url.URL{Host: r.Host}).Port(); port != "" {
		name += "-" + port
	}
	switch {
	case !l.Secure(r):
		return name
	case l.Base == "":
		return "__Host-" + name
	}
	return "__Secure-" + name
}

// cookie returns the text of a request's cookie; "" without a cookie, and also with two:
// another program at the same host has set one of them.
func (l *Logon) cookie(r *http.Request) string {
	if all := r.CookiesNamed(l.cookieName(r)); len(all) == 1 {
		return all[0].Value
	}
	return ""
}

// setCookie sets the cookie of a session, which ends with the browser; a negative maxAge removes it.
func (l *Logon) setCookie(w http.ResponseWriter, r *http.Request, value string, maxAge int) {
	http.SetCookie(w, &http.Cookie{
		Name: l.cookieName(r), Value: value, Path: l.Base + "/", MaxAge: maxAge,
		Secure: l.Secure(r), HttpOnly: true, SameSite: http.SameSiteStrictMode,
	})
}
