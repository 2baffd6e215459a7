package logon_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/auth/userfile"
	"github.com/interchange-smtp/interchange/console/internal/guard"
	"github.com/interchange-smtp/interchange/console/internal/logon"
)

// password is that of every user.
const password = "correct horse"

// usersOf returns a file with users: name:groups.
func usersOf(t *testing.T, users ...string) *userfile.File {
	t.Helper()
	f := new(userfile.File)
	for _, user := range users {
		name, groups, _ := strings.Cut(user, ":")
		if err := f.Add(name, password, strings.Split(groups, ","), nil); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

// site is a console with three pages, and the log of what happens there.
type site struct {
	*logon.Logon
	handler http.Handler
	log     bytes.Buffer
	changed int // POSTs that have changed something
}

// newSite returns a console behind its guard, mounted at o.Base.
func newSite(t *testing.T, o logon.Options) *site {
	t.Helper()
	s := new(site)
	o.Page = writePage
	o.Logger = slog.New(slog.NewTextHandler(&s.log, nil))
	l, err := logon.New(o)
	if err != nil {
		t.Fatal(err)
	}
	s.Logon = l
	page := func(w http.ResponseWriter, r *http.Request) {
		u := logon.UserOf(r.Context())
		if r.Method == http.MethodPost {
			s.changed++
		}
		fmt.Fprintf(w, "%s|%s|%s|%s", u.Name, u.Role, u.Address, u.Session)
	}
	mux := http.NewServeMux()
	mux.HandleFunc(o.Base+"/logon", l.ServeLogon)
	mux.HandleFunc(o.Base+"/logoff", l.ServeLogoff)
	mux.Handle(o.Base+"/", l.Require(logon.View, http.HandlerFunc(page)))
	mux.Handle(o.Base+"/queues/retry", l.Require(logon.Operate, http.HandlerFunc(page)))
	mux.Handle(o.Base+"/changes", l.Require(logon.Change, http.HandlerFunc(page)))
	if s.handler, err = guard.New(guard.Options{Secure: o.Secure, Hosts: []string{"localhost", "console.contoso.com"}}, mux); err != nil {
		t.Fatal(err)
	}
	return s
}

// writePage is the plainest logon page.
func writePage(w http.ResponseWriter, _ *http.Request, p logon.Page) {
	w.WriteHeader(p.Status)
	fmt.Fprintf(w, "problem=%s action=%s password=%v link=%v token=%s name=%s to=%s user=%s", p.Problem, p.Action, p.Password, p.Link, p.Token, p.Name, p.To, p.User.Name)
}

// browser keeps cookies by name, as a browser does for one host.
type browser struct {
	site    *site
	base    string // https://console.contoso.com
	from    string // RemoteAddr
	cookies map[string]*http.Cookie
}

// open returns a browser of a site, on the machine of the console.
func (s *site) open() *browser {
	return &browser{s, "http://localhost:8026", "127.0.0.1:40001", map[string]*http.Cookie{}}
}

// do sends a request with the browser's cookies.
func (b *browser) do(method, target string, body url.Values, header ...string) *httptest.ResponseRecorder {
	var text io.Reader
	if body != nil {
		text = strings.NewReader(body.Encode())
	}
	r := httptest.NewRequest(method, b.base+target, text)
	r.RequestURI = target
	r.RemoteAddr = b.from
	if body != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if method == http.MethodPost {
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Set(name, value)
	}
	for _, c := range b.cookies {
		if !c.Secure || r.URL.Scheme == "https" {
			r.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value})
		}
	}
	w := httptest.NewRecorder()
	b.site.handler.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		if b.cookies[c.Name] = c; c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		}
	}
	return w
}

func (b *browser) get(target string, header ...string) *httptest.ResponseRecorder {
	return b.do(http.MethodGet, target, nil, header...)
}

func (b *browser) post(target string, body url.Values) *httptest.ResponseRecorder {
	return b.do(http.MethodPost, target, body)
}

// logOn logs on with a name and the password.
func (b *browser) logOn(name string) *httptest.ResponseRecorder {
	return b.post(b.site.Base+"/logon", url.Values{"name": {name}, "password": {password}})
}

// follow opens a one-time link and presses its button.
func (b *browser) follow(link string) *httptest.ResponseRecorder {
	u, _ := url.Parse(link)
	b.get(link)
	return b.post(u.Path, url.Values{"token": {u.Query().Get("token")}})
}

// cookie returns the browser's only cookie.
func (b *browser) cookie() *http.Cookie {
	for _, c := range b.cookies {
		return c
	}
	return &http.Cookie{}
}

// want checks the status of an answer, and that its text has a part.
func want(t *testing.T, w *httptest.ResponseRecorder, status int, part string) {
	t.Helper()
	if w.Code != status || !strings.Contains(w.Body.String(), part) {
		t.Errorf("%d %s %v, want %d %s", w.Code, w.Body, w.Header(), status, part)
	}
}

// Example: the program prints a link, with which one browser logs on once.
func Example() {
	l, err := logon.New(logon.Options{LinkRole: logon.Change, Page: func(w http.ResponseWriter, _ *http.Request, p logon.Page) {
		w.WriteHeader(p.Status)
		fmt.Fprint(w, p.Problem)
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	overview := l.Require(logon.View, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "Hello, ", logon.UserOf(r.Context()).Role)
	}))
	link, err := url.Parse(l.NewLink())
	if err != nil {
		fmt.Println(err)
		return
	}
	for range 2 {
		form := httptest.NewRequest(http.MethodPost, "http://localhost/logon", strings.NewReader(link.RawQuery))
		form.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		form.RemoteAddr = "127.0.0.1:40001"
		answer := httptest.NewRecorder()
		l.ServeLogon(answer, form)
		fmt.Println(strings.TrimSpace(fmt.Sprint(answer.Code, " ", answer.Body)))

		if cookies := answer.Result().Cookies(); len(cookies) > 0 {
			page := httptest.NewRequest(http.MethodGet, "http://localhost/", nil)
			page.RemoteAddr = "127.0.0.1:40001"
			page.AddCookie(cookies[0])
			answer = httptest.NewRecorder()
			overview.ServeHTTP(answer, page)
			fmt.Println(strings.TrimSpace(fmt.Sprint(answer.Code, " ", answer.Body)))
		}
	}
	// Output:
	// 303
	// 200 Hello, Exchange Organization Administrator
	// 401 This link was used before, has expired, or was replaced by a newer one. Ask for a new link where the console was started.
}

// A user logs on, is led back to the page, sees it, and logs off.
func TestPassword(t *testing.T) {
	s := newSite(t, logon.Options{Verifier: usersOf(t, "ann:Organization Management")})
	b := s.open()
	w := b.get("/messages?id=a%26b&x=1")
	if place := w.Header().Get("Location"); w.Code != http.StatusSeeOther || place != "/logon?to=%2Fmessages%3Fid%3Da%2526b%26x%3D1" {
		t.Fatalf("%d %s", w.Code, place)
	}
	want(t, b.get(w.Header().Get("Location")), 200, "problem= action=/logon password=true link=false token= name= to=/messages?id=a%26b&x=1 user=")
	w = b.post("/logon", url.Values{"name": {"ANN"}, "password": {password}, "to": {"/messages?id=a%26b&x=1"}})
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/messages?id=a%26b&x=1" {
		t.Fatalf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	want(t, b.get("/messages"), 200, "ann|Exchange Organization Administrator|127.0.0.1|")
	if w := b.get("/logon?to=/queues"); w.Header().Get("Location") != "/queues" {
		t.Errorf("the logon page of a user who is logged on: %d %v", w.Code, w.Header())
	}
	session := b.cookie().Value
	want(t, b.get("/logoff"), http.StatusMethodNotAllowed, "")
	want(t, b.get("/"), 200, "ann")
	want(t, b.post("/logoff", nil), http.StatusSeeOther, "")
	want(t, b.get("/"), http.StatusSeeOther, "")
	if len(b.cookies) != 0 {
		t.Errorf("the cookie stays: %v", b.cookies)
	}
	b.cookies["x"] = &http.Cookie{Name: "interchange-console-8026", Value: session}
	want(t, b.get("/"), http.StatusSeeOther, "")
	for _, line := range []string{
		`msg="logged on to the console" user=ann role="Exchange Organization Administrator" client=127.0.0.1`,
		`msg="logged off from the console" user=ann client=127.0.0.1`,
	} {
		if !strings.Contains(s.log.String(), line) {
			t.Errorf("the log has no %s:\n%s", line, s.log.String())
		}
	}
	if strings.Contains(s.log.String(), password) || strings.Contains(s.log.String(), session) {
		t.Errorf("the log has a secret:\n%s", s.log.String())
	}
}

// An unknown user is told, and costs, the same as a wrong password.
func TestUnknownUser(t *testing.T) {
	asked := 0
	users := usersOf(t, "ann:Organization Management")
	s := newSite(t, logon.Options{Verifier: auth.VerifierFunc(func(ctx context.Context, c auth.Credentials, ch auth.Channel) (auth.Identity, error) {
		asked++
		if ch.Remote.String() != "127.0.0.1:40001" || ch.TLS {
			t.Errorf("channel %v", ch)
		}
		return users.Verify(ctx, c, ch)
	})})
	b := s.open()
	known := b.post("/logon", url.Values{"name": {"ann"}, "password": {"wrong"}})
	unknown := b.post("/logon", url.Values{"name": {"eve"}, "password": {"wrong"}})
	if known.Code != http.StatusUnauthorized || unknown.Code != known.Code || strings.ReplaceAll(unknown.Body.String(), "eve", "ann") != known.Body.String() || asked != 2 {
		t.Errorf("%d %s\n%d %s\nasked %d times", known.Code, known.Body, unknown.Code, unknown.Body, asked)
	}
	if !regexp.MustCompile(`msg="logon to the console failed" user=eve client=127.0.0.1 error="wrong name or password"`).MatchString(s.log.String()) {
		t.Errorf("log: %s", s.log.String())
	}
	for _, form := range []url.Values{{}, {"name": {"ann"}}, {"password": {password}}, {"name": {strings.Repeat("a", 513)}, "password": {password}}, {"name": {"ann"}, "password": {strings.Repeat("a", 9217)}}} {
		want(t, b.post("/logon", form), http.StatusUnauthorized, "The name or the password is wrong.")
	}
	want(t, b.post("/logon", url.Values{"name": {"ann"}, "password": {strings.Repeat("a", 70_000)}}), http.StatusRequestEntityTooLarge, "too long")
	want(t, b.do(http.MethodPost, "/logon?name=ann&password=correct+horse", url.Values{}), http.StatusUnauthorized, "") // not from the address
}

// Every role may do what it may, and nothing beyond.
func TestRoles(t *testing.T) {
	s := newSite(t, logon.Options{Verifier: usersOf(t, "ann:Organization Management", "bob:server management", "cyd:Exchange View-Only Administrators",
		"dan:Staff", "eve:CONTOSO\\Organization Management", "fay:Exchange View-Only Administrators,Exchange Organization Administrators")})
	for name, codes := range map[string][3]int{
		"ann": {200, 200, 200}, "bob": {200, 200, 403}, "cyd": {200, 403, 403}, "fay": {200, 200, 200},
	} {
		b := s.open()
		want(t, b.logOn(name), http.StatusSeeOther, "")
		changed := 0
		for i, place := range []string{"/", "/queues/retry", "/changes"} {
			s.changed = 0
			want(t, b.get(place), codes[i], name)
			want(t, b.post(place, url.Values{}), codes[i], name)
			if changed += s.changed; (s.changed == 1) != (codes[i] == 200) {
				t.Errorf("%s: %d changes by a POST to %s", name, s.changed, place)
			}
		}
	}
	for _, name := range []string{"dan", "eve"} {
		b := s.open()
		want(t, b.logOn(name), http.StatusForbidden, name+" has no role in the console: it is in no group that gives one, such as Exchange Organization Administrators, ")
		if len(b.cookies) != 0 {
			t.Errorf("%s has a cookie", name)
		}
	}
	s.changed = 0
	b := s.open() // not logged on
	want(t, b.post("/changes", url.Values{}), http.StatusUnauthorized, "problem=You are not logged on")
	want(t, b.get("/changes", "Sec-Fetch-Mode: cors", "Sec-Fetch-Site: same-origin"), http.StatusUnauthorized, "")
	if s.changed != 0 {
		t.Error("a client that isn't logged on has changed something")
	}
	if !strings.Contains(s.log.String(), `msg="refused by the console: role missing" user=cyd role="Exchange View-Only Administrator" needs="Exchange Organization Administrator" method=POST path=/changes client=127.0.0.1`) {
		t.Errorf("log: %s", s.log.String())
	}
}
