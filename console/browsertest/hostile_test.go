package browsertest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"

	"github.com/interchange-smtp/interchange/console"
	"github.com/interchange-smtp/interchange/relay/gateway/control"
	"github.com/interchange-smtp/interchange/relay/tracking"
)

// hostile is text of somebody else: it closes what it may stand in, opens elements, runs scripts, turns the direction of
// writing, and has control characters. A page that shows it as text has no element with data-hostile.
const hostile = "\"'></textarea></title></script><b data-hostile><img data-hostile src=x onerror=hostile=1><script>hostile=1</script>" +
	"{{.}}\u202egnp.exe\u2066\x1b[31m\x08"

// short is hostile text for names, which have at most 64 characters.
const short = "\"><b data-hostile>\u202eexe.gnp\u2066<img data-hostile src=x>"

// crowd is a gateway whose clients and next hops say hostile things.
func crowd() answers {
	early := today.Add(-time.Hour)
	message := &control.Message{
		ID: "0123456789abcdef", Arrived: early, Size: 4096, From: hostile + "@example.net", Connector: short, Remote: "192.0.2.1:4242", Helo: hostile,
		User: hostile, Body: hostile, EnvID: hostile, MessageID: "<" + hostile + ">", Subject: hostile, Session: hostile,
		Recipients: []control.Recipient{{To: hostile + "@example.org", Status: "waiting", NextHop: hostile, Attempts: 3, Tried: early, Next: today, Host: hostile, Reply: "451 " + hostile, Advice: hostile}},
	}
	hop := &control.Hop{
		Name: hostile, Connector: short, DeliveryType: hostile, Destination: hostile, Suspended: true, SuspendedSince: early, SuspendedBy: hostile,
		Messages: 3, Oldest: early, Failures: 2, Tried: early, Retry: today, Host: hostile, Reply: "451 " + hostile, Advice: hostile,
	}
	status := &control.Status{
		Time: today, State: control.Serving, NotReady: []string{hostile}, Started: early, Policy: hostile, Since: early,
		Reload: &control.Reloaded{Time: early, Error: hostile}, Bindings: []control.Binding{{Address: hostile, Connectors: []string{short}}},
		Sessions: []control.Sessions{{Connector: short, Open: 1}},
		Clients:  []control.Client{{Session: hostile, Connector: short, Address: hostile, User: hostile, Since: early, Command: hostile, At: early}},
		Queue:    &control.Queued{Waiting: 1, Oldest: early, Bytes: 4096, Error: hostile},
		Failing:  []control.NextHop{{Name: hostile, Waiting: 1, Failures: 1, Tried: early, Retry: today, Host: hostile, Reply: hostile, Advice: hostile}},
		Refused:  []control.Refused{{Connector: short, Reason: hostile, Count: 7, Last: early}}, TrackingLog: hostile,
		Certificates: []control.Certificate{{Connector: short, Expires: today}}, LostLines: []control.LostLines{{Log: hostile, Lines: 1}},
	}
	return answers{
		control.List: {{Message: message}, {Problem: hostile}}, control.Show: {{Message: message}},
		control.Hops: {{Hop: hop}}, control.GetStatus: {{Status: status}},
		control.GetLimits: {{Limits: []control.Limit{{Name: hostile, By: hostile, Key: hostile, Bound: 3}}}},
	}
}

// hostileRow is a row of a message tracking log about a hostile message.
func hostileRow() tracking.Row {
	return tracking.Row{
		Timestamp: today.Add(-time.Hour), EventId: tracking.Receive, Source: "SMTP", ClientIp: "192.0.2.1", ClientHostname: hostile, ConnectorId: short,
		InternalMessageId: "1", MessageId: "<" + hostile + ">", MessageSubject: hostile, Sender: hostile + "@example.net",
		Recipients: []string{hostile + "@example.org"}, RecipientStatus: []string{"250 " + hostile}, RecipientCount: 1, TotalBytes: 4096, Reference: hostile, SourceContext: hostile,
	}
}

// harmless fails the test unless hostile text is text on the page, and each of its characters is to be seen.
func (p *page) harmless() {
	p.t.Helper()
	var found struct {
		Elements, Ran int
		Hidden        string
	}
	p.evaluate(`({
		elements: document.querySelectorAll("[data-hostile]").length,
		ran: "hostile" in window ? 1 : 0,
		hidden: (document.documentElement.textContent + document.title + [...document.querySelectorAll("*")].flatMap(e => [...e.attributes].filter(a => a.name != "value" && a.name != "href").map(a => a.value)).join("")).match(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g)?.map(c => c.codePointAt(0).toString(16)).join(" ") ?? "",
	})`, &found)
	if found.Elements > 0 || found.Ran > 0 || found.Hidden != "" {
		p.t.Errorf("%s: hostile text has made %d elements and run %d scripts; these characters can't be seen: %s", p.URL(), found.Elements, found.Ran, found.Hidden)
	}
}

// hostileDesk is a console whose policy, gateway and tracking log are full of hostile text.
func hostileDesk(t *testing.T) *desk {
	t.Helper()
	quoted := "'" + strings.ReplaceAll(short, "'", "''") + "'"
	policy := "New-AcceptedDomain -Name " + quoted + " -DomainName contoso.com\n" +
		"New-RemoteDomain -Name " + quoted + " -DomainName example.net\n" +
		"New-SendConnector -Name " + quoted + " -AddressSpaces '*' -SmartHosts smtpgateway1.contoso.com -DNSRoutingEnabled $false -Comment " + quoted + "\n" +
		"New-ReceiveConnector -Name " + quoted + " -Usage Custom -PermissionGroups AnonymousUsers -Bindings 10.2.3.4:25 -RemoteIPRanges 192.168.5.77 -Comment " + quoted + "\n" +
		"Get-ReceiveConnector " + quoted + " | Add-ADPermission -User 'NT AUTHORITY\\ANONYMOUS LOGON' -ExtendedRights Ms-Exch-SMTP-Accept-Any-Recipient\n"
	return newDesk(t, policy, console.Change, track(t, hostileRow()), func(o *console.Options) { o.Gateway = crowd() })
}

// TestHostileText shows hostile text on every page that a link leads to, and on those of the actions.
func TestHostileText(t *testing.T) {
	t.Parallel()
	p := hostileDesk(t).LogOn()
	shown := 0
	look := func(name string) {
		t.Helper()
		p.harmless()
		p.quiet()
		if strings.Contains(p.Text(), "data-hostile") {
			shown++
		}
	}
	p.crawl(look)
	if shown < 8 {
		t.Errorf("hostile text is shown on %d pages only", shown)
	}
	for _, at := range []string{"organization?tab=send-connectors", "organization?tab=accepted-domains", "organization?tab=remote-domains", "server"} {
		for _, name := range []string{"Disable", "Remove", "Properties", "Allow relay to any domain…", "Grant or deny a right…", "All parameters"} {
			p.Open(p.home + at)
			p.Click(named(p, "data-hostile"))
			if p.has("button", name) || p.has("link", name) {
				p.Click(name)
				look(at + name)
			}
		}
	}
}

// named is the name of the first link that contains a text.
func named(p *page, text string) string {
	p.t.Helper()
	for _, e := range p.tree() {
		if e.role == "link" && strings.Contains(e.name, text) {
			return e.name
		}
	}
	p.t.Fatalf("%s has no link with %q", p.URL(), text)
	return ""
}

// TestHostileInput types hostile text into every field of the wizards' first pages, and of the shell and the filters.
func TestHostileInput(t *testing.T) {
	t.Parallel()
	d := hostileDesk(t)
	p := d.LogOn()
	before := d.Policy()
	for _, c := range []struct {
		page, open string
		buttons    []string
	}{
		{"organization", "New Send Connector…", []string{"Next", "Add…", "OK", "Next"}},
		{"server", "New Receive Connector…", []string{"Next", "Add…", "OK", "Next"}},
		{"organization?tab=accepted-domains", "New Accepted Domain…", []string{"Next"}},
		{"shell", "", []string{"Run"}},
		{"organization", "", []string{"Filter"}},
		{"queues", "", nil}, {"messages", "", nil}, {"ask", "", []string{"Explain"}},
	} {
		p.Open(p.home + c.page)
		if c.open != "" {
			p.Click(c.open)
		}
		for _, button := range append(c.buttons, "") {
			for _, e := range p.tree() {
				if slices.Contains([]string{"textbox", "searchbox"}, e.role) && e.properties["readonly"] != "true" {
					p.focus(e)
					call(p, input.InsertText, input.InsertTextParams{Text: strings.Map(printable, hostile)})
				}
			}
			p.harmless()
			if button != "" && p.has("button", button) {
				p.Click(button)
				p.harmless()
			}
		}
		p.Errors() // of statuses that say that the input is wrong
	}
	if d.Policy() != before {
		t.Errorf("the input has changed the policy:\n%s", d.Policy())
	}
}

// printable drops control characters, which no keyboard has.
func printable(r rune) rune {
	if r < ' ' {
		return -1
	}
	return r
}
