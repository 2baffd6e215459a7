package browsertest

import (
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"

	"github.com/interchange-smtp/interchange/console"
)

// evil is a web server of an attacker. It serves a page for what the administrator is led to do.
func evil(t *testing.T, body string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `<!DOCTYPE html><html lang="en"><head><title>Evil</title><link rel="icon" href="data:,"></head><body><h1>Evil</h1>%s</body></html>`, body)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// removal is what attackers want done.
const removal = "Remove-ReceiveConnector FromInternetGateway -Confirm:$false"

// untouched fails the test if the policy isn't office any more.
func (d *desk) untouched() {
	d.t.Helper()
	if d.Policy() != office {
		d.t.Errorf("the policy was changed:\n%s", d.Policy())
	}
}

// TestForgedPost: a page of another site, or of another port of the same host, to which browsers send the cookie, posts
// the form of the shell, by a button and by a script.
func TestForgedPost(t *testing.T) {
	t.Parallel()
	d := newDesk(t, office, console.Change)
	forged := fmt.Sprintf(`<form method="post" action="%s/shell"><input type="hidden" name="commands" value="%s"><button>Win</button></form>`, d.url, html.EscapeString(removal))
	for _, host := range []string{"127.0.0.1", "localhost"} {
		p := d.LogOn()
		address := strings.Replace(evil(t, forged), "127.0.0.1", host, 1)
		p.Open(address)
		p.Click("Win")
		if !strings.HasPrefix(p.URL(), d.url) || p.has("button", "Apply") || p.has("textbox", "Commands") {
			t.Errorf("from %s: the form leads to %s:\n%s", host, p.URL(), p.Text())
		}
		p.Open(address)
		p.Errors()
		p.evaluate(fmt.Sprintf(`fetch(%q, {method: "POST", mode: "no-cors", credentials: "include", body: new URLSearchParams({commands: %q})}).then(() => 0, () => 0)`, d.url+"/shell", removal), nil)
		p.Open(d.url + "/")
		p.on("Overview") // the user is still logged on
		d.untouched()
	}
}

// TestReboundName: a name that an attacker's name server lets resolve to this address shows nothing of the console.
func TestReboundName(t *testing.T) {
	t.Parallel()
	d := newDesk(t, office, console.Change)
	at, err := url.Parse(d.url)
	if err != nil {
		t.Fatal(err)
	}
	link := d.console.NewLink()
	p := newPage(t)
	for _, path := range []string{"/", link, "/static/console.css", "/organization"} {
		p.Open("http://" + rebound + ":" + at.Port() + path)
		if p.Heading() != "Misdirected Request" || p.has("button", "Log on") || p.has("navigation", "Console tree") {
			t.Errorf("%s shows:\n%s", p.URL(), p.Text())
		}
	}
	// The link is still worth a logon: nothing has used it.
	p.Open(d.url + link)
	p.Click("Log on")
	p.on("Overview")
}

// TestFraming: a page can't show the console in a frame, under something else that is clicked.
func TestFraming(t *testing.T) {
	t.Parallel()
	d := newDesk(t, office, console.Change)
	p := d.LogOn()
	p.Open(evil(t, fmt.Sprintf(`<iframe title="Win" src="%s/shell"></iframe>`, d.url)))
	if p.has("textbox", "Commands") || strings.Contains(p.Text(), "Commands") {
		t.Errorf("the frame shows the console:\n%s", p.Text())
	}
	if found := strings.Join(p.Errors(), "\n"); !strings.Contains(found, "frame-ancestors") && !strings.Contains(found, "refused") {
		t.Errorf("the browser doesn't say why: %q", found)
	}
}

// TestViewerChangesNothing: commands of a user who may only look change nothing, and neither do the requests of forms
// that the user doesn't get.
func TestViewerChangesNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t, office, console.View)
	p := d.LogOn()
	p.Open(d.url + "/shell")
	p.Type("Commands", removal)
	p.Click("Run")
	if p.has("button", "Apply") {
		t.Errorf("the viewer may apply a change:\n%s", p.Text())
	}
	for path, form := range map[string]string{
		"/drafts":               "dialog=receive-connector&server=HubA",
		"/enable":               "noun=ReceiveConnector&id=HubA%5CFromInternetGateway&enabled=false",
		"/remove":               "noun=ReceiveConnector&id=HubA%5CFromInternetGateway",
		"/propose":              "title=x&commands=" + url.QueryEscape(removal),
		"/undo":                 "",
		"/queues":               "do=suspend&id=tailspintoys.com",
		"/messages":             "do=remove&id=4b1f0c2a9d3e5f61",
		"/parameters":           "kind=receive&id=HubA%5CFromInternetGateway&parameter=Enabled&value=$false",
		"/findings/acknowledge": "code=relay-anonymous",
	} {
		var status int
		p.evaluate(fmt.Sprintf(`fetch(%q, {method: "POST", headers: {"Content-Type": "application/x-www-form-urlencoded"}, body: %q}).then(r => r.status)`, path, form), &status)
		if status != http.StatusForbidden {
			t.Errorf("%s: the viewer gets the status %d", path, status)
		}
	}
	d.untouched()
}

// TestTwoAdministrators: the second of two changes that were begun at the same time isn't applied unseen, and isn't
// lost.
func TestTwoAdministrators(t *testing.T) {
	t.Parallel()
	d := newDesk(t, office, console.Change)
	first, second := d.LogOn(), d.LogOn()
	for p, command := range map[*page]string{
		first:  "Set-ReceiveConnector FromInternetGateway -RemoteIPRanges 192.168.5.77,192.168.5.78",
		second: "New-AcceptedDomain -Name Tailspin -DomainName tailspintoys.com",
	} {
		p.Open(d.url + "/shell")
		p.Type("Commands", command)
		p.Click("Run")
	}
	first.Click("Apply")
	first.quiet()
	second.Click("Apply")
	if !strings.Contains(second.Text(), "changed meanwhile") || !strings.Contains(second.Text(), "192.168.5.78") {
		t.Errorf("the second administrator isn't told of the first one's change:\n%s", second.Text())
	}
	if strings.Contains(d.Policy(), "Tailspin") {
		t.Error("the second change was applied unseen")
	}
	second.Errors() // of the status 409
	second.Inspect("conflict")
	second.Click("Apply")
	second.quiet()
	for _, applied := range []string{"192.168.5.78", "Tailspin"} {
		if !strings.Contains(d.Policy(), applied) {
			t.Errorf("%q is lost:\n%s", applied, d.Policy())
		}
	}
}

// cookies are the cookies that the browser has for the console.
func (p *page) cookies(d *desk) []*network.Cookie {
	p.t.Helper()
	return call(p, network.GetCookies, network.GetCookiesParams{URLs: []string{d.url}}).Cookies
}

// TestFixation: a cookie that an attacker knows, because it is the attacker's own or was made up, and has put into the
// administrator's browser, doesn't become the administrator's session.
func TestFixation(t *testing.T) {
	t.Parallel()
	d := newDesk(t, office, console.Change)
	attacker := d.LogOn()
	known := attacker.cookies(d)
	if len(known) != 1 {
		t.Fatalf("the console sets the cookies %v", known)
	}
	if c := known[0]; !c.HTTPOnly || c.SameSite != network.CookieSameSiteStrict || c.Path != "/" {
		t.Errorf("the cookie is %+v", c)
	}
	for _, value := range []string{known[0].Value, strings.Repeat("A", len(known[0].Value))} {
		p := d.LogOn(func(p *page) {
			p.t.Helper()
			call(p, network.SetCookie, network.SetCookieParams{Name: known[0].Name, Value: value, URL: d.url})
		})
		p.on("Overview")
		if after := p.cookies(d); len(after) != 1 || after[0].Value == value {
			t.Errorf("after the logon the cookies are %v", after)
		}
	}
}
