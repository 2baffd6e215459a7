package main

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// TestConsoleAddress: an address that other machines can reach needs users and TLS, and the message says what to
// give.
func TestConsoleAddress(t *testing.T) {
	for _, tt := range []struct {
		f      consoleFlags
		shared bool
		want   string // in the error; "": none
	}{
		{f: consoleFlags{address: "127.0.0.1:8025"}},
		{f: consoleFlags{address: "127.9.9.9:8025"}},
		{f: consoleFlags{address: "[::1]:8025"}},
		{f: consoleFlags{address: "[::ffff:127.0.0.1]:8025"}},
		{f: consoleFlags{address: "LocalHost:8025"}},
		{f: consoleFlags{address: "unix:/run/console"}},
		{f: consoleFlags{address: "0.0.0.0:8025"}, want: "give -console-users, and -console-cert with -console-key (or -cert with -key); or give 127.0.0.1:8025, and reach it from another machine by ssh -L 8025:127.0.0.1:8025"},
		{f: consoleFlags{address: "[::]:8025"}, want: "-console-users"},
		{f: consoleFlags{address: ":8025"}, want: "-console-users"},
		{f: consoleFlags{address: "localhost.evil.example:8025"}, want: "-console-users"},
		{f: consoleFlags{address: "127.0.0.1.nip.io:8025"}, want: "-console-users"},
		{f: consoleFlags{address: "10.2.3.4:8025", users: "admins"}, want: "there: give -console-cert with -console-key"},
		{f: consoleFlags{address: "10.2.3.4:8025", users: "admins", cert: "c", key: "k"}},
		{f: consoleFlags{address: "10.2.3.4:8025", cert: "c", key: "k"}, want: "there: give -console-users;"},
		{f: consoleFlags{address: "10.2.3.4:8025", users: "admins"}, shared: true},
		{f: consoleFlags{address: "127.0.0.1"}, want: "with its port"},
		{f: consoleFlags{address: "127.0.0.1:"}, want: "with its port"},
		{f: consoleFlags{address: "unix:"}, want: "has no path"},
		{f: consoleFlags{address: "127.0.0.1:1", cert: "c"}, want: "give its -console-key"},
		{f: consoleFlags{address: "127.0.0.1:1", key: "k"}, want: "give its -console-cert"},
		{f: consoleFlags{address: "127.0.0.1:1", proxy: true}},
		{f: consoleFlags{address: "0.0.0.0:1", users: "admins", cert: "c", key: "k", proxy: true}, want: "could claim to be another"},
		{f: consoleFlags{users: "admins"}, want: "-console-users has no effect without -console"},
		{},
	} {
		tt.f.flag = "-console"
		if err := tt.f.check(tt.shared); tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%+v: %v, want %q", tt.f, err, tt.want)
		}
	}
}

// addAdministrator adds a user of the console to a file.
func addAdministrator(t *testing.T, file, name, password string, more ...string) {
	t.Helper()
	var out strings.Builder
	if code := run(append([]string{"user", "add", name, "-file", file}, more...), strings.NewReader(password+"\n"), &out, &out); code != exitOK {
		t.Fatal(out.String())
	}
}

// TestConsoleUsers: at an address for other machines, administrators log on by https, with the roles of their
// groups. The one who is removed from the file is out at the next request, and a new certificate is used at the next
// connection.
func TestConsoleUsers(t *testing.T) {
	ca, err := relaytest.NewAuthority("Fabrikam CA")
	if err != nil {
		t.Fatal(err)
	}
	s := &site{t: t, dir: t.TempDir(), ca: ca}
	s.certificate("console.fabrikam.com")
	admins := s.file("admins")
	addAdministrator(t, admins, "kim", "kim's password", "-group", "Organization Management")
	addAdministrator(t, admins, "lee", "lee's password", "-group", "View-Only Organization Management")
	addAdministrator(t, admins, "pat", "pat's password")
	web := startConsole(t, consolePolicyFile(t, "10.2.3.4:25"), "-listen", "0.0.0.0:0", "-console-users", admins, "-console-cert", s.file("cert"), "-console-key", s.file("key"))
	_, at, _ := strings.Cut(web.said.String(), "The console is at ")
	base, _, _ := strings.Cut(at, "/\n")
	if !strings.HasPrefix(base, "https://console.fabrikam.com:") || web.stderr.String() != "" {
		t.Fatalf("%s\n%s", web.said, web.stderr)
	}
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(base, "https://"))
	dial := func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, "127.0.0.1:"+port)
	}
	transport := &http.Transport{DialContext: dial, TLSClientConfig: &tls.Config{RootCAs: ca.Pool()}}
	logOn := func(name, password string) (*browser, page) {
		b := newBrowser(t, base, transport)
		return b, b.press(b.get("/logon"), "Log on", "name", name, "password", password)
	}
	kim, p := logOn("kim", "kim's password")
	kim.wants(p, http.StatusOK, "kim", "Exchange Organization Administrator")
	lee, p := logOn("lee", "lee's password")
	lee.wants(p, http.StatusOK, "Exchange View-Only Administrator")
	lee.wants(lee.run(`Set-ReceiveConnector Printers -Banner "220 x"`), http.StatusOK, "your commands run on a copy of it")
	pat, p := logOn("pat", "pat's password")
	pat.wants(p, http.StatusForbidden, "no role")
	_, p = logOn("kim", "guessed")
	kim.wants(p, http.StatusUnauthorized)

	old := &http.Transport{DialContext: dial, TLSClientConfig: &tls.Config{RootCAs: ca.Pool(), MaxVersion: tls.VersionTLS11}}
	if _, err := (&http.Client{Transport: old}).Get(base); err == nil {
		t.Error("TLS 1.1 is accepted")
	}
	if p := newBrowser(t, "https://127.0.0.1:"+port, &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}).get("/"); p.status != http.StatusMisdirectedRequest {
		t.Errorf("status %d for a name that isn't the console's", p.status)
	}
	var out strings.Builder
	if code := run([]string{"user", "remove", "kim", "-file", admins}, nil, &out, &out); code != exitOK {
		t.Fatal(out.String())
	}
	if p := kim.get("/shell"); p.at.Path != "/logon" && p.status == http.StatusOK {
		t.Errorf("a user who was removed still sees %s", p.at)
	}
	s.certificate("other.fabrikam.com")
	transport.CloseIdleConnections()
	if _, err := lee.client.Get(base); err == nil || !strings.Contains(err.Error(), "other.fabrikam.com") {
		t.Errorf("after a change of the certificate: %v", err)
	}
	web.end(t)
}

// TestConsoleSharesCertificate: serve shows the certificates of -cert at an address for other machines.
func TestConsoleSharesCertificate(t *testing.T) {
	s := newSite(t)
	admins := s.file("admins")
	addAdministrator(t, admins, "kim", "kim's password", "-group", "Organization Management")
	if err := os.Chmod(admins, 0o644); err != nil {
		t.Fatal(err)
	}
	g := startServing(t, s.flags("-console", "0.0.0.0:0", "-console-users", admins)...)
	_, at, _ := strings.Cut(g.said, "The console is at https://first.fabrikam.com:")
	port, _, _ := strings.Cut(at, "/\n")
	conn, err := tls.Dial("tcp", "127.0.0.1:"+port, &tls.Config{RootCAs: s.ca.Pool(), ServerName: "first.fabrikam.com"})
	if err != nil {
		t.Fatalf("%s\n%v", g.said, err)
	}
	conn.Close()
	said := g.stderr.String()
	if strings.Contains(said, "token=") {
		t.Error("a link is printed although users have passwords")
	}
	if runtime.GOOS != "windows" && !strings.Contains(said, "every user of this machine may read hashes of the administrators' passwords") {
		t.Errorf("no finding about the file of administrators:\n%s", said)
	}
	g.end(t)
}

// TestConsoleProxy: behind a proxy, the log and the cookie are as the browser came, by the last words of the header,
// which are the proxy's. A browser that came to the proxy without TLS can't log on.
func TestConsoleProxy(t *testing.T) {
	admins := filepath.Join(t.TempDir(), "admins")
	addAdministrator(t, admins, "kim", "kim's password", "-group", "Organization Management")
	s := startConsole(t, "-demo", "-listen", "127.0.0.1:0", "-console-users", admins, "-console-proxy", "-console-host", "console.contoso.com")
	_, at, _ := strings.Cut(s.said.String(), "http://")
	address, _, _ := strings.Cut(at, "/\n")
	logOn := func(proto string) *http.Response {
		r, err := http.NewRequest(http.MethodPost, "http://"+address+"/logon", strings.NewReader("name=kim&password=kim's+password"))
		if err != nil {
			t.Fatal(err)
		}
		r.Host = "console.contoso.com"
		r.Header = http.Header{
			"Content-Type": {"application/x-www-form-urlencoded"}, "Origin": {"https://console.contoso.com"},
			"X-Forwarded-For": {"10.9.9.9", "127.0.0.1, 192.0.2.77"}, "X-Forwarded-Proto": {proto},
		}
		answer, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		return answer
	}
	answer := logOn("https")
	cookies := answer.Cookies()
	if answer.StatusCode != http.StatusSeeOther || len(cookies) != 1 || !cookies[0].Secure || !strings.HasPrefix(cookies[0].Name, "__Host-") {
		t.Errorf("by https: %s, %v", answer.Status, cookies)
	}
	s.stderr.wait(t, "client=192.0.2.77", 1)
	if answer := logOn("http"); answer.StatusCode != http.StatusForbidden || len(answer.Cookies()) > 0 {
		t.Errorf("by http: %s, %v", answer.Status, answer.Cookies())
	}
	s.end(t)
}

// TestConsoleSocket: a Unix socket is its owner's only, is removed at the end, and replaces only one that was left
// behind.
func TestConsoleSocket(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("modes of files mean nothing")
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "console")
	s := startConsole(t, consolePolicyFile(t, "10.2.3.4:25"), "-listen", "unix:"+path)
	info, err := os.Stat(path)
	if err != nil || info.Mode() != os.ModeSocket|0o600 {
		t.Fatalf("%v, %v", info.Mode(), err)
	}
	b := newBrowser(t, "http://localhost", &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", path)
	}})
	b.wants(b.press(b.open(oneTimeLink.FindString(s.stderr.String())), "Log on"), http.StatusOK, "Overview")
	if said := ranAs(t, exitInvalid, "console", "-demo", "-listen", "unix:"+path, "-console-users", ""); !strings.Contains(said, "another process listens") {
		t.Error(said)
	}
	s.end(t)
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	stale, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	stale.SetUnlinkOnClose(false)
	stale.Close()
	l, err := listenPrivately(path)
	if err != nil {
		t.Fatalf("a socket that was left behind: %v", err)
	}
	l.Close()
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := listenPrivately(path); err == nil || !strings.Contains(err.Error(), "isn't a socket") {
		t.Errorf("a file: %v", err)
	}
}

// TestPrivate: the one-time link isn't printed where others can read it.
func TestPrivate(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("modes of files mean nothing")
	}
	f, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for mode, want := range map[os.FileMode]bool{0o600: true, 0o640: false, 0o604: false, 0o644: false} {
		if err := f.Chmod(mode); err != nil {
			t.Fatal(err)
		}
		if got := private(f); got != want {
			t.Errorf("mode %o: %v", mode, got)
		}
	}
	var said strings.Builder
	c := newCLI(strings.NewReader(""), &said, f) // with the last mode, if that is public
	if err := f.Chmod(0o644); err != nil {
		t.Fatal(err)
	}
	if code := c.run([]string{"console", "-demo", "-listen", "127.0.0.1:0"}); code != exitInvalid {
		t.Errorf("exit %d", code)
	}
	if text, err := os.ReadFile(f.Name()); err != nil || !strings.Contains(string(text), "others could read the one-time link") || strings.Contains(string(text), "token=") {
		t.Errorf("%v: %s", err, text)
	}
}
