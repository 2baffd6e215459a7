package logon

import (
	"context"
	"errors"
	"fmt"
	"html"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/interchange-smtp/interchange/auth"
)

// lookupTime bounds how long it may take to find the user of a session.
const lookupTime = 10 * time.Second

// User is the user of a request. The zero User is not logged on.
type User struct {
	Name    string // as the place of the users spells it
	Role    Role
	Address string // the IP address of the browser; "": a Unix socket
	Session string // stands for the session, to keep drafts by; it is not the cookie
}

// RefreshHeader is the header of requests that a page makes by itself to stay up to date. They don't count as a use of
// the session, so that a page that is left open doesn't keep it from ending.
const RefreshHeader = "Interchange-Refresh"

// userKey is the key of the User in a request's context.
type userKey struct{}

// UserOf returns the user of a request to a page behind Require; elsewhere the zero User, who
// may do nothing.
func UserOf(ctx context.Context) User {
	u, _ := ctx.Value(userKey{}).(User)
	return u
}

// errUnavailable says that the user of a session can't be looked up now.
var errUnavailable = errors.New("the user can't be looked up now")

// Require returns a handler that passes requests of users with the role need, or a greater one,
// to next, which finds the user by UserOf. A user who isn't logged on is sent to the logon page,
// from which the logon leads back; one without the role gets a page with the status 403.
// need must not be None.
func (l *Logon) Require(need Role, next http.Handler) http.Handler {
	if need == None {
		panic("a page for users without a role needs no Require")
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		u, err := l.user(r, r.Header.Get(RefreshHeader) == "")
		switch {
		case err != nil:
			l.write(w, r, Page{Status: http.StatusServiceUnavailable, Problem: "The console can't look up your account now. Try again later; the log says why."})
		case u.Role == None:
			l.sendToLogon(w, r)
		case u.Role < need:
			l.Logger.Warn("refused by the console: role missing", "user", u.Name, "role", u.Role.String(), "needs", need.String(), "method", r.Method, "path", r.URL.Path, "client", u.Address)
			l.write(w, r, Page{Status: http.StatusForbidden, User: u, Problem: "This needs the role " + need.String() + ". " + u.Name + " has the role " + u.Role.String() + "."})
		default:
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), userKey{}, u)))
		}
	})
}

// Still reports whether the user of a request has the role need, or a greater one, as it is now.
// A handler of a stream asks again before it sends more. It doesn't count as a use of the session,
// so a page that only listens doesn't keep it from ending.
func (l *Logon) Still(r *http.Request, need Role) bool {
	u, err := l.user(r, false)
	return err == nil && need != None && u.Role >= need
}

// user returns the user of a request; the zero User if none is logged on. used says that a person
// makes the request.
func (l *Logon) user(r *http.Request, used bool) (User, error) {
	if l.Authenticate != nil {
		return l.programsUser(r)
	}
	cookie := l.cookie(r)
	if cookie == "" || !l.confidential(r) {
		return User{}, nil
	}
	s, ok := l.sessions.find(cookie, used)
	if !ok {
		return User{}, nil
	}
	u := s.user
	u.Address = address(r)
	if s.account == "" || l.find == nil {
		return u, nil
	}
	ctx, cancel := context.WithTimeout(r.Context(), lookupTime)
	defer cancel()
	id, err := l.find(ctx, s.account)
	switch {
	case err == nil:
		u.Role = l.roles.of(id)
	case errors.Is(err, auth.ErrBadCredentials):
		u.Role = None
	default:
		l.Logger.Error("user of the console can't be looked up", "user", u.Name, "client", u.Address, "error", err)
		return User{}, errUnavailable
	}
	if u.Role == None {
		l.sessions.end(cookie)
		l.Logger.Warn("session of the console ended: the user is gone, or has no role any more", "user", u.Name, "client", u.Address)
		return User{}, nil
	}
	return u, nil
}

// programsUser returns the user that the embedding program names.
func (l *Logon) programsUser(r *http.Request) (User, error) {
	u, err := l.Authenticate(r)
	if err != nil {
		l.Logger.Warn("logon to the console failed", "client", address(r), "error", err)
		return User{}, nil
	}
	if u.Name == "" || u.Role > Change {
		return User{}, nil
	}
	if u.Address == "" {
		u.Address = address(r)
	}
	if u.Session == "" {
		u.Session = "user:" + u.Name
	}
	return u, nil
}

// address returns the address of a browser as text.
func address(r *http.Request) string {
	if a := remote(r); a.IsValid() {
		return a.Addr().String()
	}
	return ""
}

// remote returns the address of a browser; zero if it isn't an IP address.
func remote(r *http.Request) netip.AddrPort {
	a, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(a.Addr().Unmap().WithZone(""), a.Port())
}

// confidential reports whether others can't read the request on its way.
func (l *Logon) confidential(r *http.Request) bool {
	if l.Secure(r) || remote(r).Addr().IsLoopback() {
		return true
	}
	_, unix := r.Context().Value(http.LocalAddrContextKey).(*net.UnixAddr)
	return unix
}

// sendToLogon answers a request that needs a logon: a page in a window leads to the logon page,
// and everything else is refused.
func (l *Logon) sendToLogon(w http.ResponseWriter, r *http.Request) {
	mode := r.Header.Get("Sec-Fetch-Mode")
	place := l.place(r.RequestURI)
	switch {
	case l.Authenticate != nil, r.Method != http.MethodGet, mode != "" && mode != "navigate":
		l.write(w, r, Page{Status: http.StatusUnauthorized, Problem: "You are not logged on, or your session has ended."})
	case r.Header.Get("Sec-Fetch-Site") == "cross-site", r.Header.Get("Sec-Fetch-Site") == "same-site":
		l.openAgain(w, place)
	case place == l.Base+"/":
		http.Redirect(w, r, l.Base+"/logon", http.StatusSeeOther)
	default:
		http.Redirect(w, r, l.Base+"/logon?"+url.Values{"to": {place}}.Encode(), http.StatusSeeOther)
	}
}

// openAgain makes the browser open a page again from a page of the console. It sends no
// SameSite=Strict cookie if the user has followed a link from another site, such as a webmail,
// so the user may be logged on.
func (l *Logon) openAgain(w http.ResponseWriter, place string) {
	w.Header().Set("Refresh", "0; url="+place)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = fmt.Fprintf(w, `<!DOCTYPE html><html lang="en"><title>Console</title><link rel="icon" href="data:,"><p><a href="%s">Open the console</a></p></html>`, html.EscapeString(place))
}
