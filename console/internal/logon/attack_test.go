package logon_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/auth/userfile"
	"github.com/interchange-smtp/interchange/console/internal/logon"
	"github.com/interchange-smtp/interchange/permission"
)

// table are users with one password whose groups can change, as in a directory.
type table struct {
	mu     sync.Mutex
	groups map[string]string // by user
	down   error
	asked  int // lookups
}

func (t *table) Identity(_ context.Context, name string) (auth.Identity, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.asked++
	group, known := t.groups[strings.ToLower(name)]
	switch {
	case t.down != nil:
		return auth.Identity{}, t.down
	case !known:
		return auth.Identity{}, fmt.Errorf("the table has %w", auth.ErrNoUser)
	}
	return auth.Identity{Principal: permission.Authenticated(strings.ToLower(name), permission.NameSID(group))}, nil
}

func (t *table) Verify(ctx context.Context, c auth.Credentials, _ auth.Channel) (auth.Identity, error) {
	id, err := t.Identity(ctx, c.Username)
	if err == nil && c.Password.Reveal() != password {
		err = auth.ErrBadCredentials
	}
	return id, err
}

// set gives a user a group; "": removes the user.
func (t *table) set(user, group string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.groups[user] = group; group == "" {
		delete(t.groups, user)
	}
}

// admins are the users of most tests.
func admins() *table {
	return &table{groups: map[string]string{"ann": "Organization Management", "bob": "Server Management"}}
}

// A one-time link logs one browser on once, by a POST, within an hour, and only the newest does.
func TestLink(t *testing.T) {
	const gone = "This link was used before, has expired, or was replaced by a newer one."
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, logon.Options{LinkRole: logon.Operate})
		want(t, s.open().post("/logon", url.Values{"token": {""}}), http.StatusUnauthorized, "wrong") // before there is a link
		link := s.NewLink()
		u, _ := url.Parse(link)
		token := u.Query().Get("token")
		if len(token) != 43 || link != "/logon?token="+token || s.NewLink() == link {
			t.Fatalf("link %s", link)
		}
		want(t, s.open().follow(link), http.StatusUnauthorized, gone) // replaced

		link = s.NewLink()
		u, _ = url.Parse(link)
		token = u.Query().Get("token")
		b := s.open()
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodGet} { // a mail scanner looks at it
			w := b.do(method, link, nil)
			if w.Code != 200 || len(b.cookies) != 0 || !strings.Contains(w.Body.String(), "token="+token) {
				t.Errorf("%s: %d %s, cookies %v", method, w.Code, w.Body, b.cookies)
			}
		}
		want(t, b.do(http.MethodPost, link, url.Values{}), http.StatusUnauthorized, "") // the token of the address doesn't count
		want(t, b.follow(link), http.StatusSeeOther, "")
		want(t, b.get("/"), 200, "one-time link|Exchange Server Administrator|127.0.0.1|")
		want(t, b.get("/changes"), http.StatusForbidden, "")
		want(t, s.open().follow(link), http.StatusUnauthorized, gone) // used
		want(t, b.get("/"), 200, "one-time link")

		link = s.NewLink()
		time.Sleep(time.Hour)
		want(t, s.open().follow(link), http.StatusUnauthorized, gone) // expired
		want(t, s.open().follow("/logon?token="+strings.Repeat("A", 43)), http.StatusUnauthorized, gone)
		if strings.Contains(s.log.String(), token) {
			t.Errorf("the log has a token: %s", s.log.String())
		}
	})
	s := newSite(t, logon.Options{Verifier: admins()})
	if link := s.NewLink(); link != "" {
		t.Errorf("a link without a role: %s", link)
	}
	want(t, s.open().post("/logon", url.Values{"token": {"x"}}), http.StatusUnauthorized, gone)
}

// Two browsers that post the same link at the same time: one is logged on.
func TestLinkRace(t *testing.T) {
	s := newSite(t, logon.Options{LinkRole: logon.Change})
	link := s.NewLink()
	var wg sync.WaitGroup
	var mu sync.Mutex
	on := 0
	for range 8 {
		wg.Go(func() {
			if s.open().follow(link).Code == http.StatusSeeOther {
				mu.Lock()
				defer mu.Unlock()
				on++
			}
		})
	}
	wg.Wait()
	if on != 1 {
		t.Errorf("%d browsers are logged on", on)
	}
}

// A cookie that an attacker knows is worth nothing after the logon, wherever it came from.
func TestFixation(t *testing.T) {
	s := newSite(t, logon.Options{Verifier: admins()})
	attacker, victim := s.open(), s.open()
	attacker.logOn("bob")
	for _, planted := range []*http.Cookie{attacker.cookie(), {Name: attacker.cookie().Name, Value: "planted"}, {Name: attacker.cookie().Name}} {
		victim.cookies = map[string]*http.Cookie{planted.Name: planted}
		want(t, victim.logOn("ann"), http.StatusSeeOther, "")
		if victim.cookie().Value == planted.Value || len(victim.cookie().Value) != 43 {
			t.Errorf("the cookie is %q", victim.cookie().Value)
		}
		want(t, victim.get("/"), 200, "ann")
		attacker.cookies = map[string]*http.Cookie{planted.Name: planted}
		want(t, attacker.get("/"), http.StatusSeeOther, "")
	}
	first := victim.cookie()
	victim.logOn("ann")
	if victim.cookie().Value == first.Value {
		t.Error("two logons have the same cookie")
	}
}

// Two cookies of one name: another program at the host has set one, so neither counts.
func TestTwoCookies(t *testing.T) {
	s := newSite(t, logon.Options{Verifier: admins()})
	b := s.open()
	b.logOn("ann")
	for _, values := range [][]string{{b.cookie().Value, "planted"}, {"planted", b.cookie().Value}} {
		r := httptest.NewRequest(http.MethodGet, "http://localhost:8026/", nil)
		r.RemoteAddr = b.from
		for _, value := range values {
			r.AddCookie(&http.Cookie{Name: b.cookie().Name, Value: value})
		}
		w := httptest.NewRecorder()
		s.handler.ServeHTTP(w, r)
		want(t, w, http.StatusSeeOther, "")
	}
	want(t, b.get("/"), 200, "ann")
}

// Passwords can be guessed slowly only, from one address and from many, and a user who has
// logged on from an address isn't kept out there.
func TestGuesses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, logon.Options{Verifier: admins()})
		s.open().logOn("ann")
		eve := s.open()
		eve.from = "[::1]:40001"
		guess := func() *httptest.ResponseRecorder {
			return eve.post("/logon", url.Values{"name": {"ann"}, "password": {"guess"}})
		}
		wrong := 0
		for ; guess().Code == http.StatusUnauthorized; wrong++ {
		}
		if wrong > 10 {
			t.Errorf("%d guesses at once", wrong)
		}
		for range 100 {
			w := eve.logOn("ann") // even the right one isn't checked
			want(t, w, http.StatusTooManyRequests, "Too many failed logons. Try again in ")
			if w.Header().Get("Retry-After") == "" {
				t.Error("no Retry-After")
			}
		}
		if n := strings.Count(s.log.String(), "too many guesses"); n != 10 {
			t.Errorf("%d lines about too many guesses", n)
		}
		want(t, s.open().logOn("ann"), http.StatusSeeOther, "")
		begin, checked := time.Now(), 0
		for time.Since(begin) < time.Hour {
			time.Sleep(time.Second)
			if guess().Code == http.StatusUnauthorized {
				checked++
			}
		}
		if checked > 150 {
			t.Errorf("%d guesses in an hour", checked)
		}
		time.Sleep(time.Hour)
		want(t, eve.logOn("ann"), http.StatusSeeOther, "")
	})
}

// A user who is removed, or loses the role, is out at the next request; a directory that is down
// ends no session.
func TestRoleRemoved(t *testing.T) {
	users := admins()
	s := newSite(t, logon.Options{Verifier: users})
	b := s.open()
	b.logOn("Ann")
	want(t, b.get("/changes"), 200, "ann")
	still := func(need logon.Role) bool {
		r := httptest.NewRequest(http.MethodGet, "http://localhost:8026/events", nil)
		r.RemoteAddr = b.from
		r.AddCookie(&http.Cookie{Name: "interchange-console-8026", Value: b.cookie().Value})
		return s.Still(r, need)
	}
	if !still(logon.View) || !still(logon.Change) || still(logon.None) {
		t.Error("Still is wrong about the role Change")
	}

	users.set("ann", "View-Only Organization Management")
	want(t, b.get("/changes"), http.StatusForbidden, "ann has the role Exchange View-Only Administrator")
	want(t, b.post("/queues/retry", url.Values{}), http.StatusForbidden, "")
	want(t, b.get("/"), 200, "ann|Exchange View-Only Administrator")
	if !still(logon.View) || still(logon.Operate) {
		t.Error("Still is wrong about the role View")
	}

	users.down = errors.New("connection refused")
	want(t, b.get("/"), http.StatusServiceUnavailable, "can't look up your account now")
	want(t, s.open().logOn("ann"), http.StatusServiceUnavailable, "The password can't be checked now.")
	if still(logon.View) {
		t.Error("Still trusts a directory that is down")
	}
	users.down = nil
	want(t, b.get("/"), 200, "ann")

	users.set("ann", "Staff")
	if still(logon.View) {
		t.Error("Still is wrong about a user without a role")
	}
	want(t, b.get("/"), http.StatusSeeOther, "")
	users.set("ann", "Organization Management")
	want(t, b.get("/"), http.StatusSeeOther, "") // the session is over

	b.logOn("ann")
	users.set("ann", "")
	want(t, b.get("/"), http.StatusSeeOther, "")
	if !strings.Contains(s.log.String(), `msg="session of the console ended: the user is gone, or has no role any more" user=ann`) {
		t.Errorf("log: %s", s.log.String())
	}
}

// The users of a file are looked up, also behind auth.Methods; those of a Verifier that can't find
// users keep their roles.
func TestFinders(t *testing.T) {
	file := func() *userfile.File { return usersOf(t, "ann:Organization Management") }
	remove := func(f *userfile.File) { _ = f.Remove("ann") }
	f := file()
	for name, tc := range map[string]struct {
		users  *userfile.File
		of     func(f *userfile.File) auth.Verifier
		status int
	}{
		"file":    {f, func(f *userfile.File) auth.Verifier { return f }, http.StatusSeeOther},
		"methods": {file(), func(f *userfile.File) auth.Verifier { return auth.MethodsOf(f) }, http.StatusSeeOther},
		"func":    {file(), func(f *userfile.File) auth.Verifier { return auth.VerifierFunc(f.Verify) }, 200},
	} {
		t.Run(name, func(t *testing.T) {
			b := newSite(t, logon.Options{Verifier: tc.of(tc.users)}).open()
			b.logOn("ann")
			want(t, b.get("/"), 200, "ann")
			remove(tc.users)
			want(t, b.get("/"), tc.status, "")
		})
	}
}

// A session ends after 12 hours without a request, and after a day.
func TestSessionTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, logon.Options{Verifier: admins()})
		b := s.open()
		b.logOn("ann")
		time.Sleep(12*time.Hour - time.Second)
		want(t, b.get("/"), 200, "ann")
		time.Sleep(12 * time.Hour)
		want(t, b.get("/"), http.StatusSeeOther, "")

		b.logOn("ann")
		for range 23 {
			time.Sleep(time.Hour)
			want(t, b.get("/"), 200, "ann")
		}
		time.Sleep(time.Hour)
		want(t, b.get("/"), http.StatusSeeOther, "")

		b.logOn("ann")
		r := httptest.NewRequest(http.MethodGet, "http://localhost:8026/events", nil)
		r.RemoteAddr = b.from
		r.AddCookie(&http.Cookie{Name: b.cookie().Name, Value: b.cookie().Value})
		for range 12 { // a page that only listens
			if !s.Still(r, logon.View) {
				t.Error("the session has ended too early")
			}
			time.Sleep(time.Hour)
		}
		want(t, b.get("/"), http.StatusSeeOther, "")

		b.logOn("ann")
		for hour := range 13 { // a page that brings itself up to date
			w := b.get("/", logon.RefreshHeader+": 1")
			if (w.Code == http.StatusOK) != (hour < 12) {
				t.Errorf("after %d hours: status %d", hour, w.Code)
			}
			time.Sleep(time.Hour)
		}
	})
}

// One user has ten sessions, and all users together have a hundred; the one ends that was not
// used for the longest time.
func TestSessionLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		users := admins()
		s := newSite(t, logon.Options{Verifier: users})
		logOn := func(name string) *browser {
			b := s.open()
			time.Sleep(time.Second)
			want(t, b.logOn(name), http.StatusSeeOther, "")
			return b
		}
		bob := logOn("bob")
		first, second := logOn("ann"), logOn("ann")
		time.Sleep(time.Second)
		want(t, first.get("/"), 200, "ann")
		third := logOn("ANN")
		for range 8 {
			logOn("ANN")
		}
		want(t, first.get("/"), 200, "ann")
		want(t, second.get("/"), http.StatusSeeOther, "") // the eleventh of ann
		want(t, bob.get("/"), 200, "bob")
		for i := range 90 {
			users.set(fmt.Sprint("user", i), "Server Management")
			logOn(fmt.Sprint("user", i))
		}
		want(t, third.get("/"), http.StatusSeeOther, "") // the hundred and first
		want(t, bob.get("/"), 200, "bob")                // used after the sessions of ann
		want(t, logOn("ann").get("/"), 200, "ann")
	})
}

// Names and passwords, and cookies, cross no network without TLS.
func TestWithoutTLS(t *testing.T) {
	s := newSite(t, logon.Options{Verifier: admins(), LinkRole: logon.Change})
	b := s.open()
	b.base, b.from = "http://console.contoso.com", "192.0.2.7:40001"
	const https = "accepted by HTTPS only"
	want(t, b.get("/logon"), http.StatusForbidden, https)
	want(t, b.logOn("ann"), http.StatusForbidden, https)
	want(t, b.follow(s.NewLink()), http.StatusForbidden, https)

	b.base = "https://console.contoso.com"
	want(t, b.logOn("ann"), http.StatusSeeOther, "")
	c := b.cookie()
	if c.Name != "__Host-interchange-console" || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.Domain != "" {
		t.Errorf("cookie %v", c)
	}
	want(t, b.get("/"), 200, "ann|Exchange Organization Administrator|192.0.2.7|")
	for _, name := range []string{c.Name, "interchange-console"} { // a thief on the network
		for _, from := range []string{"192.0.2.8:1", "127.0.0.1:1"} {
			thief := s.open()
			thief.base, thief.from = "http://console.contoso.com", from
			thief.cookies[name] = &http.Cookie{Name: name, Value: c.Value}
			if w := thief.get("/"); name == c.Name || from != "127.0.0.1:1" {
				want(t, w, http.StatusSeeOther, "")
			}
		}
	}
	c = func() *http.Cookie { b := s.open(); b.logOn("ann"); return b.cookie() }()
	if c.Name != "interchange-console-8026" || c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" {
		t.Errorf("cookie without TLS: %v", c)
	}
}

// A Unix socket, and a proxy that ends TLS, are as good as TLS.
func TestOtherWays(t *testing.T) {
	s := newSite(t, logon.Options{Verifier: admins()})
	r := httptest.NewRequest(http.MethodGet, "http://localhost/logon", nil)
	r.RemoteAddr = "@"
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	want(t, w, http.StatusForbidden, "HTTPS only")
	w = httptest.NewRecorder()
	s.handler.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, &net.UnixAddr{Name: "/run/console"})))
	want(t, w, 200, "password=true")

	proxied := newSite(t, logon.Options{Verifier: admins(), Secure: func(r *http.Request) bool { return r.Header.Get("X-Forwarded-Proto") == "https" }}).open()
	proxied.base, proxied.from = "http://console.contoso.com", "192.0.2.7:40001"
	want(t, proxied.get("/logon"), http.StatusForbidden, "HTTPS only")
	want(t, proxied.get("/logon", "X-Forwarded-Proto: https"), 200, "password=true")
}

// A console below a path has its cookie and its redirects there.
func TestBase(t *testing.T) {
	s := newSite(t, logon.Options{Verifier: admins(), LinkRole: logon.View, Base: "/mail/console"})
	b := s.open()
	b.base, b.from = "https://console.contoso.com:8443", "192.0.2.7:40001"
	if w := b.get("/mail/console/queues"); w.Header().Get("Location") != "/mail/console/logon?to=%2Fmail%2Fconsole%2Fqueues" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	if w := b.get("/mail/console/"); w.Header().Get("Location") != "/mail/console/logon" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	want(t, b.get("/mail/console/logon?to=/elsewhere"), 200, "action=/mail/console/logon password=true link=true token= name= to=/mail/console/ ")
	if w := b.logOn("ann"); w.Header().Get("Location") != "/mail/console/" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	if c := b.cookie(); c.Name != "__Secure-interchange-console-8443" || c.Path != "/mail/console/" || !c.Secure {
		t.Errorf("cookie %v", c)
	}
	want(t, b.get("/mail/console/"), 200, "ann")
	if !strings.HasPrefix(s.NewLink(), "/mail/console/logon?token=") {
		t.Error(s.NewLink())
	}
}

// Browsers send no SameSite=Strict cookie with a link from another site: the page opens itself again.
func TestLinkFromElsewhere(t *testing.T) {
	b := newSite(t, logon.Options{Verifier: admins()}).open()
	for _, site := range []string{"cross-site", "same-site"} {
		w := b.get(`/messages?id="><script>`, "Sec-Fetch-Site: "+site, "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document")
		want(t, w, 200, `<a href="/messages?id=`)
		if w.Header().Get("Refresh") != `0; url=/messages?id="><script>` || strings.Contains(w.Body.String(), "<script>") {
			t.Errorf("%v %s", w.Header(), w.Body)
		}
	}
	want(t, b.get("/messages", "Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: navigate"), http.StatusSeeOther, "")
}

// The logon leads to pages of the console only.
func TestPlace(t *testing.T) {
	s := newSite(t, logon.Options{Verifier: admins()})
	for _, to := range []string{"//evil.example", "https://evil.example/", "http:/evil", "/\\evil.example", "\\\\evil.example", "/\t/evil.example", "javascript:alert(1)",
		"evil", "", "?x", "/logon", "/logoff", "/../x", "/%2e%2e/x", "/a/..", "@evil.example", "///evil.example", "/%zz", "/\r\nSet-Cookie: a=b"} {
		w := s.open().post("/logon", url.Values{"name": {"ann"}, "password": {password}, "to": {to}})
		if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/" {
			t.Errorf("%q: %d %v", to, w.Code, w.Header())
		}
	}
}

// A program with a logon of its own says who the user is; there is no other way in.
func TestAuthenticate(t *testing.T) {
	s := newSite(t, logon.Options{Authenticate: func(r *http.Request) (logon.User, error) {
		switch name := r.Header.Get("X-User"); name {
		case "":
			return logon.User{}, nil
		case "broken":
			return logon.User{Name: name, Role: logon.Change}, errors.New("broken header")
		case "nameless":
			return logon.User{Role: logon.Change}, nil
		case "mighty":
			return logon.User{Name: name, Role: 200}, nil
		case "known":
			return logon.User{Name: name, Role: logon.View, Address: "192.0.2.1", Session: "s1"}, nil
		default:
			return logon.User{Name: name, Role: logon.Operate}, nil
		}
	}})
	b := s.open()
	want(t, b.get("/", "X-User: ann"), 200, "ann|Exchange Server Administrator|127.0.0.1|user:ann")
	want(t, b.get("/", "X-User: known"), 200, "known|Exchange View-Only Administrator|192.0.2.1|s1")
	want(t, b.get("/changes", "X-User: ann"), http.StatusForbidden, "")
	for _, name := range []string{"", "broken", "nameless", "mighty"} {
		want(t, b.get("/", "X-User: "+name), http.StatusUnauthorized, "You are not logged on, or your session has ended. action= ")
	}
	want(t, b.get("/logon"), http.StatusNotFound, "")
	want(t, b.post("/logon", url.Values{"token": {"x"}}), http.StatusNotFound, "")
	want(t, b.post("/logoff", url.Values{}), http.StatusNotFound, "")
	w := b.do(http.MethodPost, "/queues/retry", url.Values{}, "X-User: ann", "Sec-Fetch-Site: cross-site") // the program's cookie comes with it
	if w.Code != http.StatusForbidden || s.changed != 0 {
		t.Errorf("cross-site POST: %d", w.Code)
	}
}

// The zero options let no user in; others are mistakes.
func TestOptions(t *testing.T) {
	s := newSite(t, logon.Options{})
	want(t, s.open().logOn("ann"), http.StatusUnauthorized, "password=false link=false")
	want(t, s.open().follow("/logon?token=x"), http.StatusUnauthorized, "")
	for name, o := range map[string]logon.Options{
		"set Page":            {},
		"begins with a slash": {Page: writePage, Base: "console"},
		"end with one":        {Page: writePage, Base: "/console/"},
		"can't be that":       {Page: writePage, Base: "/a;b"},
		"unset Verifier":      {Page: writePage, Verifier: admins(), Authenticate: func(*http.Request) (logon.User, error) { return logon.User{}, nil }},
		"one-time links":      {Page: writePage, LinkRole: 9},
		`of "x" is no`:        {Page: writePage, Roles: map[string]logon.Role{"x": logon.None}},
		"is Role(7)":          {Page: writePage, Roles: map[string]logon.Role{"x": 7}},
		`to "Everyone"`:       {Page: writePage, Roles: map[string]logon.Role{"Everyone": logon.View}},
		"have logged on":      {Page: writePage, Roles: map[string]logon.Role{`NT AUTHORITY\ANONYMOUS LOGON`: logon.View}},
	} {
		if _, err := logon.New(o); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	own := newSite(t, logon.Options{Verifier: admins(), Roles: map[string]logon.Role{"BOB": logon.Change}})
	want(t, own.open().logOn("ann"), http.StatusForbidden, "")
	b := own.open()
	b.logOn("bob")
	want(t, b.get("/changes"), 200, "bob")
}

// Many browsers at once.
func TestConcurrency(t *testing.T) {
	s := newSite(t, logon.Options{Verifier: admins(), LinkRole: logon.View})
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			b := s.open()
			b.from = fmt.Sprintf("127.0.0.%d:1", i+1)
			for range 5 {
				want(t, b.logOn([]string{"ann", "bob"}[i%2]), http.StatusSeeOther, "")
				want(t, b.get("/"), 200, "")
				b.follow(s.NewLink())
				b.post("/logoff", nil)
			}
		})
	}
	wg.Wait()
}

// What is kept for a session goes with it, however it ends.
func TestEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		users := admins()
		ended := make(map[string]int)
		s := newSite(t, logon.Options{Verifier: users, Ended: func(session string) { ended[session]++ }})
		begin := func() (*browser, string) {
			b := s.open()
			b.logOn("ann")
			fields := strings.Split(b.get("/").Body.String(), "|")
			return b, fields[len(fields)-1]
		}
		over := func(session, how string) {
			t.Helper()
			if len(session) != 26 || ended[session] != 1 || len(ended) != 1 {
				t.Errorf("%s: session %q, ended %v", how, session, ended)
			}
			clear(ended)
		}
		b, session := begin()
		b.post("/logoff", nil)
		b.post("/logoff", nil)
		over(session, "log off")

		b, session = begin()
		b.logOn("bob")
		over(session, "another logon")

		b, session = begin()
		users.set("ann", "")
		b.get("/")
		over(session, "user gone")
		users.set("ann", "Organization Management")
		b, session = begin()
		time.Sleep(12 * time.Hour)
		b.get("/")
		delete(ended, session)
		if len(ended) != 0 { // bob's is found at the next logon
			t.Errorf("ended %v", ended)
		}
		begin()
		if len(ended) != 1 {
			t.Errorf("ended %v", ended)
		}
	})
}
