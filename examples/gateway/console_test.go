package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/interchange-smtp/interchange/examples/internal/exampletest"
)

// browser opens pages of a console as a browser without scripts does.
type browser struct {
	*testing.T
	base   string
	client *http.Client
}

// page is what a browser has opened.
type page struct {
	status int
	at     *url.URL // after redirects
	text   string
	root   *html.Node
}

func newBrowser(t *testing.T, base string, transport http.RoundTripper) *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{T: t, base: base, client: &http.Client{Jar: jar, Transport: transport, Timeout: time.Minute}}
}

func (b *browser) open(address string) page {
	b.Helper()
	r, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		b.Fatal(err)
	}
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.do(r)
}

// get opens a page of the console.
func (b *browser) get(path string) page {
	b.Helper()
	return b.open(b.base + path)
}

func (b *browser) do(r *http.Request) page {
	b.Helper()
	answer, err := b.client.Do(r)
	if err != nil {
		b.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		b.Fatal(err)
	}
	root, err := html.Parse(bytes.NewReader(text))
	if err != nil {
		b.Fatal(err)
	}
	return page{status: answer.StatusCode, at: answer.Request.URL, text: string(text), root: root}
}

// press sends the form of p that has a button, with its hidden fields and fields, given as name, value.
func (b *browser) press(p page, button string, fields ...string) page {
	b.Helper()
	form := formWith(p.root, button)
	if form == nil {
		b.Fatalf("%s has no form with the button %q:\n%s", p.at, button, p.text)
	}
	values := make(url.Values)
	for input := range form.Descendants() {
		if input.Data == "input" && attr(input, "type") == "hidden" {
			values.Set(attr(input, "name"), attr(input, "value"))
		}
	}
	for i := 0; i+1 < len(fields); i += 2 {
		values.Set(fields[i], fields[i+1])
	}
	action, err := p.at.Parse(attr(form, "action"))
	if err != nil {
		b.Fatal(err)
	}
	r, err := http.NewRequest(http.MethodPost, action.String(), strings.NewReader(values.Encode()))
	if err != nil {
		b.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.do(r)
}

// formWith returns the form with a button of that text, or nil.
func formWith(root *html.Node, button string) *html.Node {
	for n := range root.Descendants() {
		if n.Data != "button" || textOf(n) != button {
			continue
		}
		for form := n.Parent; form != nil; form = form.Parent {
			if form.Data == "form" {
				return form
			}
		}
	}
	return nil
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func textOf(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// wants fails the test unless p has the status and the texts.
func (b *browser) wants(p page, status int, texts ...string) {
	b.Helper()
	if p.status != status {
		b.Errorf("%s: status %d, want %d:\n%s", p.at, p.status, status, textOf(p.root))
	}
	for _, text := range texts {
		if !strings.Contains(textOf(p.root), text) {
			b.Errorf("%s doesn't say %q:\n%s", p.at, text, textOf(p.root))
		}
	}
}

// run runs commands in the page Management Shell up to their review.
func (b *browser) run(commands string) page {
	b.Helper()
	return b.press(b.get("/shell"), "Run", "commands", commands)
}

var oneTimeLink = regexp.MustCompile(`http\S+/logon\?token=\S+`)

// consolePolicy writes a policy in which printers may send to contoso.com only.
func consolePolicyFile(t *testing.T, binding string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "policy.ps1")
	text := fmt.Sprintf(`New-AcceptedDomain -Name Contoso -DomainName contoso.com
Get-ReceiveConnector | Remove-ReceiveConnector -Confirm:$false
New-ReceiveConnector -Name Printers -Usage Custom -PermissionGroups AnonymousUsers -Bindings %s -RemoteIPRanges 127.0.0.1 -TarpitInterval 00:00:00
New-SendConnector -Name Internet -AddressSpaces * -SmartHosts mailbox.fabrikam.com
`, binding)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestServeConsole: an administrator logs on by the one-time link and lets printers relay, and the running gateway
// does so. A change that the gateway refuses is taken back, and the page says why.
func TestServeConsole(t *testing.T) {
	binding, data := exampletest.Free(t), filepath.Join(t.TempDir(), "data")
	file := consolePolicyFile(t, binding)
	s := startServing(t, file, "-console", "127.0.0.1:0", "-data", data, "-connect-to", "mailbox.fabrikam.com:25:"+exampletest.Free(t))
	link := oneTimeLink.FindString(s.stderr.wait(t, "/logon?token=", 1))
	if !strings.Contains(s.said, "The console is at http://127.0.0.1:") {
		t.Errorf("the start doesn't say where the console is:\n%s", s.said)
	}
	base, _, _ := strings.Cut(link, "/logon")
	b := newBrowser(t, base, http.DefaultTransport)
	if p := b.get("/shell"); !strings.HasPrefix(p.at.Path, "/logon") && p.status == http.StatusOK {
		t.Errorf("%s is shown without a logon", p.at)
	}
	b.wants(b.press(b.open(link), "Log on"), http.StatusOK, "Overview")

	relays := func(code int) {
		t.Helper()
		c := (&site{t: t}).session(binding)
		c.Do("MAIL FROM:<scan@contoso.com>", 250)
		c.Do("RCPT TO:<kim@example.org>", code)
		c.Do("QUIT", 221)
	}
	relays(550)
	const grant = `Get-ReceiveConnector Printers | Add-ADPermission -User "NT AUTHORITY\ANONYMOUS LOGON" -ExtendedRights ms-Exch-SMTP-Accept-Any-Recipient`
	review := b.run(grant)
	b.wants(review, http.StatusOK, "Allowed afterwards, and not before")
	relays(550)
	b.wants(b.press(review, "Apply"), http.StatusOK, "Applied")
	relays(250)

	applied, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(applied), grant) {
		t.Errorf("the file of the policy, %v:\n%s", err, applied)
	}
	refused := b.press(b.run("Set-ReceiveConnector Printers -AuthMechanism Tls -RequireTLS $true"), "Apply")
	if refused.status < 400 {
		t.Errorf("status %d of a change that the gateway refuses", refused.status)
	}
	b.wants(refused, refused.status, "the gateway refuses the change", "certificate")
	if now, err := os.ReadFile(file); err != nil || !bytes.Equal(now, applied) {
		t.Errorf("the file isn't as before, %v:\n%s", err, now)
	}
	relays(250)
	said := s.stderr.wait(t, "msg=reloaded", 1)
	if !strings.Contains(said, `msg="reload by operator" action=reload user="one-time link"`) {
		t.Errorf("the log doesn't say who had the gateway reload:\n%s", said)
	}
	s.end(t)
}

// TestServeConsoleWithoutQueue: a gateway without a data directory has a console, which says that there is no queue,
// and has the findings about the files that the gateway uses.
func TestServeConsoleWithoutQueue(t *testing.T) {
	users := filepath.Join(t.TempDir(), "users")
	if err := errors.Join(os.WriteFile(users, []byte("kim:*\n"), 0o600), os.Chmod(users, 0o644)); err != nil {
		t.Fatal(err)
	}
	s := startServing(t, consolePolicyFile(t, exampletest.Free(t)), "-console", "127.0.0.1:0", "-users", users)
	link := oneTimeLink.FindString(s.stderr.wait(t, "/logon?token=", 1))
	base, _, _ := strings.Cut(link, "/logon")
	b := newBrowser(t, base, http.DefaultTransport)
	b.wants(b.press(b.open(link), "Log on"), http.StatusOK, "Overview")
	b.wants(b.get("/queues"), http.StatusOK, "This gateway has no queue")
	b.wants(b.get("/findings"), http.StatusOK, "file-readable", users)
	s.end(t)
}

// TestConsoleLink: with a data directory, gateway console -link prints another link, which replaces the one before.
func TestConsoleLink(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	s := startServing(t, consolePolicyFile(t, exampletest.Free(t)), "-console", "127.0.0.1:0", "-data", data)
	first := oneTimeLink.FindString(s.stderr.wait(t, "/logon?token=", 1))
	second := strings.TrimSpace(ranAs(t, exitOK, "console", "-link", "-data", data))
	base, _, _ := strings.Cut(first, "/logon")
	if !strings.HasPrefix(second, base+"/logon?token=") || second == first {
		t.Fatalf("the links are %s and %s", first, second)
	}
	b := newBrowser(t, base, http.DefaultTransport)
	b.wants(b.get("/"), http.StatusOK, "On the server, this command prints it: gateway console -link -data DIR")
	b.wants(b.press(b.open(first), "Log on"), http.StatusUnauthorized)
	b.wants(b.press(b.open(second), "Log on"), http.StatusOK, "Overview")
	s.stderr.wait(t, "console link shown by operator", 1)
	s.end(t)

	without := startServing(t, consolePolicyFile(t, exampletest.Free(t)), "-data", data)
	if said := ranAs(t, exitInvalid, "console", "-link", "-data", data); !strings.Contains(said, "this gateway has no console") {
		t.Error(said)
	}
	without.end(t)
}

// servingConsole is a running gateway console.
type servingConsole struct {
	stop         context.CancelFunc
	code         chan int
	said, stderr *logged
}

func startConsole(t *testing.T, args ...string) *servingConsole {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	s := &servingConsole{stop: stop, code: make(chan int, 1), said: newLogged(), stderr: newLogged()}
	t.Cleanup(stop)
	c := newCLI(strings.NewReader(""), s.said, s.stderr)
	c.fqdn = nil
	ready := make(chan struct{})
	c.serving = func(server func(context.Context, events) int, _ time.Duration) int {
		return server(ctx, events{ready: func() { close(ready) }})
	}
	go func() { s.code <- c.run(append([]string{"console"}, args...)) }()
	select {
	case <-ready:
	case code := <-s.code:
		t.Fatalf("exit %d: %s", code, s.stderr)
	}
	return s
}

func (s *servingConsole) end(t *testing.T) {
	t.Helper()
	s.stop()
	if code := <-s.code; code != exitOK {
		t.Errorf("exit %d: %s", code, s.stderr)
	}
}

// TestConsole: gateway console changes files without a gateway, and shows the demonstration without changing it.
func TestConsole(t *testing.T) {
	file := consolePolicyFile(t, "10.2.3.4:25")
	s := startConsole(t, file, "-listen", "127.0.0.1:0")
	link := oneTimeLink.FindString(s.stderr.String())
	base, _, _ := strings.Cut(link, "/logon")
	b := newBrowser(t, base, http.DefaultTransport)
	b.press(b.open(link), "Log on")
	b.wants(b.press(b.run(`Set-ReceiveConnector Printers -Banner "220 printers"`), "Apply"), http.StatusOK, "Applied")
	if text, err := os.ReadFile(file); err != nil || !strings.Contains(string(text), `"220 printers"`) {
		t.Errorf("%v:\n%s", err, text)
	}
	s.end(t)
	if said := s.stderr.String(); strings.Contains(said, "level=ERROR") {
		t.Errorf("log:\n%s", said)
	}

	s = startConsole(t, "-demo", "-listen", "127.0.0.1:0")
	link = oneTimeLink.FindString(s.stderr.String())
	base, _, _ = strings.Cut(link, "/logon")
	b = newBrowser(t, base, http.DefaultTransport)
	b.press(b.open(link), "Log on")
	b.wants(b.run(`Set-ReceiveConnector FromSecuredGateway -Banner "220 x"`), http.StatusOK, "can't be changed")
	s.end(t)
}

// TestConsoleWithData: gateway console beside a running gateway makes that reload after a change, and works while
// the gateway doesn't run.
func TestConsoleWithData(t *testing.T) {
	data, file := filepath.Join(t.TempDir(), "data"), consolePolicyFile(t, exampletest.Free(t))
	s := startServing(t, file, "-data", data)
	web := startConsole(t, file, "-listen", "127.0.0.1:0", "-data", data)
	const warning = "works by the policy"
	if said := web.stderr.String(); strings.Contains(said, warning) {
		t.Errorf("of the same files:\n%s", said)
	}
	other := startConsole(t, consolePolicyFile(t, "10.2.3.4:25"), "-listen", "127.0.0.1:0", "-data", data)
	if said := other.stderr.String(); !strings.Contains(said, warning) {
		t.Errorf("of other files:\n%s", said)
	}
	other.end(t)
	link := oneTimeLink.FindString(web.stderr.String())
	base, _, _ := strings.Cut(link, "/logon")
	b := newBrowser(t, base, http.DefaultTransport)
	b.press(b.open(link), "Log on")
	b.wants(b.press(b.run(`Set-ReceiveConnector Printers -Banner "220 one"`), "Apply"), http.StatusOK, "Applied")
	s.stderr.wait(t, "msg=reloaded", 1)
	s.end(t)
	b.wants(b.press(b.run(`Set-ReceiveConnector Printers -Banner "220 two"`), "Apply"), http.StatusOK, "Applied")
	web.end(t)
}

// TestConsoleStoresPassword: without -credentials, the console stores the password of a wizard beside the policy, also
// if a symbolic link led there, and commands on the policy read it there.
func TestConsoleStoresPassword(t *testing.T) {
	file := consolePolicyFile(t, "10.2.3.4:25")
	named := filepath.Join(t.TempDir(), "current.ps1")
	if err := os.Symlink(file, named); err != nil {
		named = file // Windows, without the right to make links
	}
	s := startConsole(t, named, "-listen", "127.0.0.1:0")
	link := oneTimeLink.FindString(s.stderr.String())
	base, _, _ := strings.Cut(link, "/logon")
	b := newBrowser(t, base, http.DefaultTransport)
	b.press(b.open(link), "Log on")
	p := b.press(b.newSendConnector(), "New", "do", "finish")
	b.wants(p, http.StatusOK, "The commands were carried out")
	s.end(t)

	info, err := os.Stat(file + ".credentials")
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("the file of the password: %v, %v", info, err)
	}
	var out, errs bytes.Buffer
	for _, name := range []string{file, named} {
		if code := run([]string{"check", name}, nil, &out, &errs); code != exitOK {
			t.Errorf("check %s ends with %d:\n%s%s", name, code, out.String(), errs.String())
		}
	}
}
