package console

import (
	"encoding/csv"
	"errors"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/relay/gateway/control"
)

// relayed is a policy with a Send connector.
const relayed = relay + "New-SendConnector -Name Internet -Usage Internet -AddressSpaces *\n"

// TestQueueViewer: the lists have Exchange's columns, and texts of others can do no harm.
func TestQueueViewer(t *testing.T) {
	b := newTester(t, relayed, withGateway(newFakeGateway(3)))
	queues := b.get("/queues")
	b.expect(queues, http.StatusOK, "Next Hop Domain", "Delivery Type", "Status", "Message Count", "Next Retry Time", "Last Error", "contoso.com", "DnsConnectorDelivery", "Retry", "2026-11-30 12:01:00", "451 4.3.0", "Active")
	harmlessPage(t, queues)
	messages := b.get("/messages?p=Queue&o=eq&v=Internet+contoso.com")
	b.expect(messages, http.StatusOK, "From Address", "Size (KB)", "Subject", "Date Received", "Expiration Time", "Source IP", "Message Source Name", "SMTP:Printers", "Queue ID", "Internet Message ID", "Invoice 1", "1–3 of 3")
	harmlessPage(t, messages)
	message := b.get("/messages/L6HP0000")
	b.expect(message, http.StatusOK, "kim@contoso.com", "Wait until the next hop is available.", "waiting", "2026-11-30 12:01:00", "Track this message")
	harmlessPage(t, message)
	b.expect(b.get("/messages/L6HP9999"), http.StatusNotFound, "isn't on the queue", "Message Tracking")
}

// TestQueueFilter: filters, orders and pages come from the address; a wrong filter is shown with what is wrong.
func TestQueueFilter(t *testing.T) {
	b := newTester(t, relayed, withGateway(newFakeGateway(30)))
	b.expect(b.get("/queues?p=Status&o=eq&v=Active"), http.StatusOK, "fabrikam.com", "1–1 of 1")
	b.expect(b.get("/queues?p=MessageCount&o=gt&v=100"), http.StatusOK, "No queue matches the filter.")
	page := b.get("/messages?n=10&page=2&sort=-Subject")
	b.expect(page, http.StatusOK, "11–20 of 30", "Previous page", "Next page", `aria-sort="descending"`)
	b.expect(b.get("/messages?add=1&p=Subject&o=like&v=Invoice"), http.StatusOK, `value="Invoice"`)
	if n := strings.Count(b.get("/messages?add=1&p=Subject&o=like&v=Invoice").body, `<select name="p"`); n != 2 {
		t.Errorf("%d lines of the filter", n)
	}
	b.expect(b.get("/messages?p=Size&o=like&v=x"), http.StatusOK, "line 1: Size (KB) is compared as a number", `aria-invalid="true"`, "No message matches")
	b.expect(b.get("/messages.csv?p=Size&o=like&v=x"), http.StatusBadRequest, "The filter is wrong")
}

// TestQueueActions: each button asks the gateway for its action, and shows the cmdlet that it stands for.
func TestQueueActions(t *testing.T) {
	g := newFakeGateway(3)
	b := newTester(t, relayed, withGateway(g))
	for _, tt := range []struct{ do, asked, command string }{
		{"suspend", "suspend-hop Internet contoso.com", `Suspend-Queue -Identity 'localhost\Internet contoso.com'`},
		{"resume", "resume-hop Internet contoso.com", `Resume-Queue -Identity 'localhost\Internet contoso.com'`},
		{"retry", "retry Internet contoso.com", `Retry-Queue -Identity 'localhost\Internet contoso.com'`},
		{"resubmit", "resubmit Internet contoso.com", `Retry-Queue -Identity 'localhost\Internet contoso.com' -Resubmit $true`},
		{"redirect", "redirect Internet Internet contoso.com 3", `Redirect-Message -Queue 'localhost\Internet contoso.com' -Target 'Internet'`},
		{"remove-ndr", "drop Internet contoso.com 3 report", `Get-Message -Queue 'localhost\Internet contoso.com' -ResultSize Unlimited | Remove-Message -WithNDR $true`},
		{"remove", "drop Internet contoso.com 3", `Get-Message -Queue 'localhost\Internet contoso.com' -ResultSize Unlimited | Remove-Message -WithNDR $false`},
	} {
		g.suspend(0, tt.do == "resume")
		b.console.snapshots.Forget()
		form := []string{"do", tt.do, "id", "Internet contoso.com", "to", "Internet"}
		if strings.HasPrefix(tt.do, "re") && strings.Contains(tt.do, "m") && tt.do != "resume" && tt.do != "resubmit" || tt.do == "redirect" {
			b.expect(b.post("/queues", form...), http.StatusOK, "1 queue with 3 messages", tt.command, "Cancel")
			if got := g.changed(); got != "" {
				t.Errorf("%s: %s before it was confirmed", tt.do, got)
			}
			form = append(form, "sure", "yes")
		}
		b.expect(b.post("/queues", form...), http.StatusOK, "1 queue")
		if got := g.changed(); got != tt.asked {
			t.Errorf("%s: asked for %q, want %q", tt.do, got, tt.asked)
		}
		if !strings.Contains(b.log.String(), "action="+tt.do) || !strings.Contains(b.log.String(), "user=anna") {
			t.Errorf("%s isn't in the log:\n%s", tt.do, b.log)
		}
		b.expect(b.get("/history"), http.StatusOK, tt.command)
	}
}

// TestUselessActions: queues to which an action would do nothing are left out, with the reason.
func TestUselessActions(t *testing.T) {
	g := newFakeGateway(3)
	b := newTester(t, relayed, withGateway(g))
	b.expect(b.post("/queues", "do", "resume", "id", "Internet contoso.com"), http.StatusOK, "Nothing was changed. Left out: Internet contoso.com isn't suspended.")
	g.suspend(0, true)
	b.console.snapshots.Forget()
	b.expect(b.post("/queues", "do", "retry", "id", "Internet contoso.com"), http.StatusOK, "is suspended; resume it first")
	if got := g.changed(); got != "" {
		t.Error(got)
	}
	b.expect(b.post("/queues", "do", "suspend", "which", "all", "sure", "yes"), http.StatusOK, "1 queue suspended. Left out: Internet contoso.com is suspended already.")
	if got := g.changed(); got != "suspend-hop Internet fabrikam.com" {
		t.Error(got)
	}
}

// TestMessageActions: the same for messages, for those that were chosen, and for all that the filter finds.
func TestMessageActions(t *testing.T) {
	g := newFakeGateway(30)
	b := newTester(t, relayed, withGateway(g))
	const key = "L6HP0001 Internet contoso.com"
	b.expect(b.post("/messages", "do", "suspend", "id", key), http.StatusOK, "1 message suspended.")
	if got := g.changed(); got != "suspend Internet contoso.com 1" {
		t.Error(got)
	}
	b.expect(b.post("/messages", "do", "retry", "id", key), http.StatusOK, "1 message to be retried now.")
	if got := g.changed(); got != "retry 1" {
		t.Error(got)
	}
	b.expect(b.post("/messages", "do", "remove", "id", key), http.StatusOK, "senders don't learn of it", `Remove-Message -Identity 'localhost\Internet contoso.com\L6HP0001' -WithNDR $false`)
	all := []string{"do", "remove-ndr", "which", "all", "query", "p=Subject&o=like&v=Invoice+1"}
	asked := b.post("/messages", all...)
	b.expect(asked, http.StatusOK, "Remove (with NDR): 11 messages", "Each sender gets a delivery report", `Remove-Message -WithNDR $true -Filter {Subject -like '*Invoice 1*'}`)
	if got := g.changed(); got != "" {
		t.Errorf("%s before it was confirmed", got)
	}
	b.expect(b.post("/messages", append(all, "sure", "yes")...), http.StatusOK, "11 messages removed.")
	if got := g.changed(); got != "drop Internet contoso.com 11 report" {
		t.Error(got)
	}
	b.expect(b.post("/messages", "do", "suspend"), http.StatusOK, "Nothing was changed, because no message was chosen")
	b.expect(b.post("/messages", "do", "suspend", "which", "all", "query", "p=Size&o=like&v=x", "sure", "yes"), http.StatusBadRequest, "The filter is wrong")
	b.expect(b.post("/messages", "do", "purge", "id", key), http.StatusBadRequest, "There is no action")
	b.expect(b.post("/messages", "do", "redirect", "id", key, "to", "Elsewhere"), http.StatusBadRequest, "needs a Send connector")
	if got := g.changed(); got != "" {
		t.Errorf("a refused request did: %s", got)
	}
}

// TestOnlyOperators: a user who may only look sees no buttons, and can't act or export.
func TestOnlyOperators(t *testing.T) {
	g := newFakeGateway(3)
	b := newTester(t, relayed, withGateway(g))
	b.role = View
	for _, page := range []string{"/queues", "/messages", "/messages/L6HP0001"} {
		a := b.get(page)
		b.expect(a, http.StatusOK, "need the role Exchange Server Administrator")
		if strings.Contains(a.body, `name="do"`) || strings.Contains(a.body, "content.eml") {
			t.Errorf("%s offers an action", page)
		}
	}
	b.expect(b.post("/queues", "do", "suspend", "id", "Internet contoso.com"), http.StatusForbidden)
	b.expect(b.post("/messages", "do", "remove", "which", "all", "sure", "yes"), http.StatusForbidden)
	b.expect(b.get("/messages/L6HP0001/content.eml"), http.StatusForbidden)
	if got := g.changed(); got != "" {
		t.Errorf("a viewer did: %s", got)
	}
	// Nothing changes by a GET.
	b.role = Change
	b.get("/queues?do=suspend&id=Internet+contoso.com&sure=yes")
	b.get("/messages?do=remove&which=all&sure=yes")
	if got := g.changed(); got != "" {
		t.Errorf("a GET did: %s", got)
	}
}

// TestExportList: no cell of the file is a formula.
func TestExportList(t *testing.T) {
	g := newFakeGateway(3)
	g.messages[1].Subject, g.messages[1].From, g.messages[2].Subject = "\t=1+1", "+a@contoso.com", "plain, with comma"
	b := newTester(t, relayed, withGateway(g))
	for _, page := range []string{"/messages.csv", "/queues.csv"} {
		a := b.get(page)
		b.expect(a, http.StatusOK)
		if !strings.HasPrefix(a.header.Get("Content-Disposition"), "attachment") || !strings.HasPrefix(a.header.Get("Content-Type"), "text/csv") {
			t.Errorf("%s: %v", page, a.header)
		}
		rows, err := csv.NewReader(strings.NewReader(a.body)).ReadAll()
		if err != nil || len(rows) < 3 {
			t.Fatalf("%s: %v, %v", page, rows, err)
		}
		for _, row := range rows {
			for _, cell := range row {
				if cell = strings.TrimLeft(cell, " \t\r\n"); cell != "" && strings.ContainsAny(cell[:1], "=+-@") || strings.ContainsAny(cell, "\x1b\u202e") {
					t.Errorf("%s: the cell %q", page, cell)
				}
			}
		}
	}
	b.expect(b.get("/messages.csv"), http.StatusOK, "'=cmd", "' =1+1", "'+a@contoso.com", `"plain, with comma"`)
}

// TestExportMessage: the content comes as a file that browsers don't open, and the log says who has it.
func TestExportMessage(t *testing.T) {
	g := newFakeGateway(3)
	b := newTester(t, relayed, withGateway(g))
	a := b.get("/messages/L6HP0001/content.eml")
	b.expect(a, http.StatusOK)
	if a.body != g.content || a.header.Get("Content-Type") != "application/octet-stream" || !regexp.MustCompile(`^attachment; filename=L6HP0001.eml$`).MatchString(a.header.Get("Content-Disposition")) ||
		!strings.HasPrefix(a.header.Get("Content-Security-Policy"), "sandbox") || !strings.Contains(b.log.String(), "message exported") {
		t.Errorf("%v\n%s\n%s", a.header, a.body, b.log)
	}
	b.expect(b.get("/messages/NONE/content.eml"), http.StatusNotFound)
	for range maxDownloads {
		b.console.downloads <- struct{}{}
	}
	b.expect(b.get("/messages/L6HP0001/content.eml"), http.StatusServiceUnavailable, "Try again")
}

// TestWithoutGateway: the pages say why they have nothing to show, and what to do.
func TestWithoutGateway(t *testing.T) {
	for _, tt := range []struct {
		gateway Gateway
		want    string
	}{
		{nil, "isn't connected to a running gateway"},
		{&fakeGateway{fail: control.ErrNoGateway}, "No gateway is running now"},
		{&fakeGateway{fail: errors.New("spool: no space left")}, "spool: no space left"},
		{withoutQueue{}, "This gateway has no queue"},
	} {
		b := newTester(t, relayed, withGateway(tt.gateway))
		for _, page := range []string{"/queues", "/messages"} {
			b.expect(b.get(page), http.StatusOK, tt.want)
		}
		if _, some := tt.gateway.(withoutQueue); some {
			continue
		}
		b.expect(b.get("/messages/L6HP0001"), http.StatusServiceUnavailable, tt.want)
		b.expect(b.post("/queues", "do", "suspend", "id", "Internet contoso.com"), http.StatusServiceUnavailable, tt.want)
	}
}

// TestPartly: an action that fails on the way says what was done before.
func TestPartly(t *testing.T) {
	g := newFakeGateway(3)
	b := newTester(t, relayed, withGateway(unwilling{g}))
	b.expect(b.post("/queues", "do", "suspend", "which", "all", "sure", "yes"), http.StatusBadGateway, "The gateway said: disk full.", "1 queue suspended")
}

// BenchmarkQueues shows the list with 1,000 queues.
func BenchmarkQueues(b *testing.B) {
	g := newFakeGateway(1000)
	c, err := New(Options{Gateway: g, Authenticate: func(*http.Request) (User, error) { return User{Name: "anna", Role: Change, Session: "one"}, nil }})
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	for b.Loop() {
		w := httptest.NewRecorder()
		c.ServeHTTP(w, httptest.NewRequest("GET", "http://localhost/messages?n=1000", nil))
		if w.Code != http.StatusOK {
			b.Fatal(w.Body)
		}
	}
}

// TestDeepList: a page beyond the rows that are sorted says how many there are.
func TestDeepList(t *testing.T) {
	b := newTester(t, relayed, withGateway(newFakeGateway(3)))
	b.expect(b.get("/messages?sort=Subject&n=1000&page=11"), http.StatusOK, "A sorted list has at most 10000 rows.")
}
