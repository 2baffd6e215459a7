package logon

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	guesses "github.com/interchange-smtp/interchange/internal/logon"
	"github.com/interchange-smtp/interchange/internal/network"
)

const (
	maxForm     = 64 << 10 // bytes of the logon form
	maxName     = 512      // bytes of a user name, as in AUTH
	maxPassword = 9216
	checkTime   = 30 * time.Second
)

// Page is the content of the logon page, or of the page that says why a user may not do
// something. A form is posted to Action with the fields name and password, or token; both have
// the field to. A form for logging off has no fields.
type Page struct {
	Status  int    // of the answer
	Problem string // one or two sentences about what went wrong; "": nothing did
	User    User   // who is logged on; zero: no user

	Action   string // the address that the form is posted to; "": there is no form
	Password bool   // the form asks for name and password
	Link     bool   // users may log on by a one-time link, for which they ask the program that prints it
	Token    string // the token of the link that the user has opened: the form has a button only; "": none
	Name     string // the name that was given
	To       string // the address to which the logon leads
}

// write writes a page; without a logon page of its own there is no form.
func (l *Logon) write(w http.ResponseWriter, r *http.Request, p Page) {
	if p.User == (User{}) && l.Authenticate == nil && p.Status != http.StatusServiceUnavailable {
		p.Action, p.Password, p.Link = l.Base+"/logon", l.Verifier != nil, l.LinkRole != None
	}
	if p.To == "" {
		p.To = l.Base + "/"
	}
	l.Page(w, r, p)
}

// ServeLogon shows the logon page, and logs on users who post its form.
func (l *Logon) ServeLogon(w http.ResponseWriter, r *http.Request) {
	switch {
	case l.Authenticate != nil:
		http.NotFound(w, r)
	case !l.confidential(r):
		l.Page(w, r, Page{Status: http.StatusForbidden, Problem: "Passwords and links are accepted by HTTPS only. Open this address with https."})
	case r.Method == http.MethodPost:
		l.logOn(w, r)
	default:
		l.showLogon(w, r)
	}
}

// showLogon shows the logon page. It uses up no link, because programs open links, too.
func (l *Logon) showLogon(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	p := Page{Status: http.StatusOK, Token: q.Get("token"), To: l.place(q.Get("to"))}
	if u, err := l.user(r, true); err == nil && u.Role != None && p.Token == "" {
		http.Redirect(w, r, p.To, http.StatusSeeOther)
		return
	}
	l.write(w, r, p)
}

// logOn logs on the user who posts the form.
func (l *Logon) logOn(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		status, problem := http.StatusBadRequest, "The browser sent a form that can't be read."
		if errors.As(err, new(*http.MaxBytesError)) {
			status, problem = http.StatusRequestEntityTooLarge, "The name or the password is too long."
		}
		l.write(w, r, Page{Status: status, Problem: problem})
		return
	}
	p := Page{To: l.place(r.PostForm.Get("to"))}
	var u User
	var err error
	token, account := r.PostForm.Get("token"), ""
	if token != "" {
		u, err = l.byLink(r, token)
	} else {
		account = r.PostForm.Get("name")
		u, err = l.byPassword(r, account, auth.Secret(r.PostForm.Get("password")))
		p.Name = account
	}
	if err != nil {
		l.refuse(w, r, p, token != "", err)
		return
	}
	l.sessions.end(l.cookie(r))
	cookie, u := l.sessions.begin(u, account)
	l.setCookie(w, r, cookie, 0)
	l.Logger.Info("logged on to the console", "user", u.Name, "role", u.Role.String(), "client", u.Address)
	http.Redirect(w, r, p.To, http.StatusSeeOther)
}

// noRoleError says that a user has proved who it is, and has no role.
type noRoleError struct{ name string }

func (e noRoleError) Error() string { return e.name + " has no role in the console" }

// byLink returns the user of a one-time link.
func (l *Logon) byLink(r *http.Request, token string) (User, error) {
	err := guesses.Check(r.Context(), &l.guesses, source(r), "", func() error {
		if l.LinkRole == None || !l.link.use(token) {
			return auth.ErrBadCredentials
		}
		return nil
	})
	return User{Name: linkUser, Role: l.LinkRole, Address: address(r)}, err
}

// byPassword returns the user with a name and password.
func (l *Logon) byPassword(r *http.Request, name string, password auth.Secret) (User, error) {
	if l.Verifier == nil || name == "" || password == "" || len(name) > maxName || len(password) > maxPassword {
		return User{}, auth.ErrBadCredentials
	}
	ctx, cancel := context.WithTimeout(r.Context(), checkTime)
	defer cancel()
	var id auth.Identity
	err := guesses.Check(ctx, &l.guesses, source(r), name, func() (err error) {
		id, err = l.Verifier.Verify(ctx, auth.Credentials{Mechanism: auth.Plain, Username: name, Password: password}, l.channel(r))
		return err
	})
	u := User{Name: id.Name, Role: l.roles.of(id), Address: address(r)}
	if err == nil && u.Role == None {
		err = noRoleError{id.Name}
	}
	return u, err
}

// source returns the address by which guesses are counted.
func source(r *http.Request) netip.Addr { return network.Source(remote(r).Addr()) }

// channel describes the browser's connection to a Verifier.
func (l *Logon) channel(r *http.Request) auth.Channel {
	ch := auth.Channel{Remote: remote(r), TLS: l.Secure(r)}
	if a, ok := r.Context().Value(http.LocalAddrContextKey).(interface{ String() string }); ok {
		ch.Local, _ = netip.ParseAddrPort(a.String()) // a Unix socket has no address
	}
	return ch
}

// refuse answers a logon that failed.
func (l *Logon) refuse(w http.ResponseWriter, r *http.Request, p Page, byLink bool, err error) {
	cause := "wrong name or password"
	switch reached := guesses.Reached(err); {
	case errors.As(err, new(noRoleError)):
		cause = err.Error()
		p.Status, p.Problem = http.StatusForbidden, cause+": it is in no group that gives one, such as "+strings.Join(names(l.Roles), ", ")+"."
	case reached != nil:
		cause = err.Error()
		wait := max(1, int(time.Until(reached.Until)/time.Second)+1)
		w.Header().Set("Retry-After", strconv.Itoa(wait))
		p.Status, p.Problem = http.StatusTooManyRequests, "Too many failed logons. Try again in "+strconv.Itoa(wait)+" seconds."
	case !errors.Is(err, auth.ErrBadCredentials):
		cause = err.Error()
		p.Status, p.Problem = http.StatusServiceUnavailable, "The password can't be checked now. Try again later; the log says why."
	case byLink:
		cause = "the one-time link was used, has expired or was replaced"
		p.Status, p.Problem = http.StatusUnauthorized, "This link was used before, has expired, or was replaced by a newer one. Ask for a new link where the console was started."
	default:
		p.Status, p.Problem = http.StatusUnauthorized, "The name or the password is wrong."
	}
	more, write := 0, true
	if p.Status == http.StatusTooManyRequests {
		more, write = l.tooMany.Line()
	}
	if write {
		l.Logger.Warn("logon to the console failed", "user", p.Name[:min(len(p.Name), maxTried)], "client", address(r), "error", cause, "more", more)
	}
	l.write(w, r, p)
}

// maxTried is how many bytes of a user name that can't log on are logged.
const maxTried = 64

// ServeLogoff ends the session of the user who posts its form, and leads to the logon page.
func (l *Logon) ServeLogoff(w http.ResponseWriter, r *http.Request) {
	if l.Authenticate != nil {
		http.NotFound(w, r)
		return
	}
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "Logging off needs a POST.", http.StatusMethodNotAllowed)
		return
	}
	if s, ok := l.sessions.end(l.cookie(r)); ok {
		l.Logger.Info("logged off from the console", "user", s.user.Name, "client", address(r))
	}
	l.setCookie(w, r, "", -1)
	http.Redirect(w, r, l.Base+"/logon", http.StatusSeeOther)
}

// place returns to if it is the address of a page of the console, and else the one of its first page.
func (l *Logon) place(to string) string {
	u, err := url.Parse(to)
	switch {
	case err != nil, u.Scheme != "", u.Host != "", u.User != nil, u.Opaque != "",
		!strings.HasPrefix(to, l.Base+"/"), strings.HasPrefix(to, "//"), strings.ContainsAny(to, "\\\t\r\n"),
		strings.Contains(u.Path+"/", "/../"), u.Path == l.Base+"/logon", u.Path == l.Base+"/logoff":
		return l.Base + "/"
	}
	return to
}
