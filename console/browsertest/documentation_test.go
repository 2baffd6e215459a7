package browsertest

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/console"
	"github.com/interchange-smtp/interchange/internal/guide"
)

// plainly lets pages show the policy's file without its directory, which has another name each time.
func plainly(t *testing.T) func(*console.Options) {
	return func(o *console.Options) {
		t.Chdir(filepath.Dir(o.Files[0]))
		o.Files[0] = filepath.Base(o.Files[0])
	}
}

// lower makes the window of a page less high than others, so that pictures of short pages have little room below.
func lower(p *page) { p.t.Helper(); p.Size(1280, 700) }

// run types commands into the Management Shell.
func (p *page) run(commands string) {
	p.t.Helper()
	p.Open(p.home + "shell")
	p.Type("Commands", commands)
	p.Click("Run")
}

// TestDocumentation compares pages with the pictures of the documentation. Every page has one.
func TestDocumentation(t *testing.T) {
	policy, _ := newDesk(t, office, console.Change).Loaded()
	g := newGallery(t, policy)
	t.Run("pictures", func(t *testing.T) {
		t.Run("pages", g.pages)
		t.Run("changes", g.changes)
		t.Run("properties", g.properties)
		t.Run("wizards", g.wizards)
	})
	if !t.Failed() {
		g.Complete()
	}
}

// pages takes pictures of the pages that aren't a part of a change.
func (g *gallery) pages(t *testing.T) {
	p := newDesk(t, office, console.Change, running(t), plainly(t)).LogOn(lower)
	for _, c := range []struct{ name, address string }{
		{"overview", ""},
		{"send-connectors", "organization?tab=send-connectors&selected=ToInternetGateway"},
		{"accepted-domains", "organization?tab=accepted-domains&selected=Contoso"},
		{"remote-domains", "organization?tab=remote-domains&selected=Partner"},
		{"receive-connectors", "server?server=HubA&selected=FromInternetGateway"},
		{"all-parameters", `parameters?kind=receive&id=HubA%5CFromInternetGateway&filter=address`},
		{"findings", "findings"},
		{"queue-viewer", "queues"},
		{"messages", "messages"},
		{"message", "messages/4b1f0c2a9d3e5f61"},
		{"map", "map"},
		{"effective-access", "access?connector=FromInternetGateway"},
		{"right", "access/why?connector=FromInternetGateway&principal=S-1-5-7&right=ms-Exch-SMTP-Accept-Any-Recipient"},
		{"explain", "ask?remote=203.0.113.50&local=10.2.3.4:25&ehlo=smtpgateway1.contoso.com&from=dora@example.net&to=carl@tailspintoys.com"},
		{"replay-form", "replay"},
		{"audit", "audit"},
	} {
		p.Open(p.home + c.address)
		g.Take(p, c.name)
	}
	p.Open(p.home + "tracking")
	p.Type("Sender", "dora")
	p.Click("Search")
	g.Take(p, "tracking")
	p.replay(strings.ReplaceAll(scans, "<img src=x>", "scanner7.contoso.com"))
	g.Take(p, "replay")
	p.run("Get-ReceiveConnector")
	g.Take(p, "shell")
	p.Open(p.home + "queues")
	p.Check("Select tailspintoys.com")
	p.Click("Remove Messages (with NDR)…")
	g.Take(p, "confirm")
	p.Open(p.home + "messages/gone")
	p.Errors() // of the status 404
	g.Take(p, "problem")
}

// properties takes pictures of the dialogs with tabs.
func (g *gallery) properties(t *testing.T) {
	t.Parallel()
	p := newDesk(t, office, console.Change).LogOn(lower)
	for _, c := range []struct{ name, address, button string }{
		{"send-properties", "organization?tab=send-connectors&selected=ToInternetGateway", "Properties"},
		{"receive-properties", "server?server=HubA&selected=FromInternetGateway", "Properties"},
		{"server-properties", "server?server=HubA", "Server Properties"},
		{"new-accepted-domain", "organization?tab=accepted-domains", "New Accepted Domain…"},
		{"accepted-domain", "organization?tab=accepted-domains&selected=Contoso", "Properties"},
		{"new-remote-domain", "organization?tab=remote-domains", "New Remote Domain…"},
		{"remote-domain", "organization?tab=remote-domains&selected=Partner", "Properties"},
	} {
		p.Open(p.home + c.address)
		g.Tabs(p, c.name, c.button)
	}
}

// wizards takes pictures of the wizards' pages, as the guide fills them in.
func (g *gallery) wizards(t *testing.T) {
	t.Parallel()
	p := newDesk(t, "", console.Change).LogOn(lower)
	g.Walk(p, "new-send-connector", procedures[guide.Basic])

	p = newDesk(t, "", console.Change).LogOn(lower)
	steps := procedures[guide.Relay]
	until := func(number string) int {
		return slices.IndexFunc(steps, func(s step) bool { return s.number == number })
	}
	walk(p, steps[:until("1.5")], p.quiet)
	walk(p, []step{{actions: hosts[:2]}}, p.quiet)
	g.Take(p, "add-smart-host")
	walk(p, []step{{actions: hosts[2:]}}, p.quiet)
	walk(p, steps[until("1.6"):until("2.1")], p.quiet)
	g.Walk(p, "new-receive-connector", steps[until("2.1"):until("3.1")])
	walk(p, steps[until("3.1"):until("4.1")], p.quiet)
	ofReceive := func(name string, more ...action) []step {
		return []step{{actions: append([]action{click(receiveName), click(name)}, more...)}}
	}
	g.Walk(p, "allow-relay", ofReceive("Allow relay to any domain…", click("Next"), click("Grant"), click("Finish")))
	g.Walk(p, "grant", ofReceive("Grant or deny a right…", typed("Security principal", `CONTOSO\printers`), check("ms-Exch-SMTP-Accept-Any-Sender"), click("Next"), click("Grant"), click("Finish")))
}

// changes takes pictures of what is shown before and after a change, and of the logon.
func (g *gallery) changes(t *testing.T) {
	d := newDesk(t, office[:strings.Index(office, "Get-")], console.Change, plainly(t), func(o *console.Options) {
		o.LinkHelp = "On the server, this command prints it: gateway console -link -data DIR, with the gateway's data directory."
	})
	p := d.LogOn(lower)
	p.run(relayGrant)
	g.Take(p, "review")
	p.Click("Apply")
	p.Open(p.home + "history")
	g.Take(p, "changes")
	p.run("Set-ReceiveConnector FromInternetGateway -RemoteIPRanges 192.168.5.77,192.168.5.78")
	other := d.LogOn()
	other.run("New-AcceptedDomain -Name Tailspin -DomainName tailspintoys.com")
	other.Click("Apply")
	p.Click("Apply")
	p.Errors() // of the status 409
	g.Take(p, "conflict")
	p.run("$mycred = Get-Credential\nSet-SendConnector ToInternetGateway -AuthenticationCredential $mycred")
	g.Take(p, "credentials")
	p = newPage(t)
	p.Size(1280, 200)
	p.Open(d.url + "/")
	g.Take(p, "logon-again")
	p.Open(d.url + d.console.NewLink())
	g.Take(p, "logon")
}
