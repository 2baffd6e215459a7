package browsertest

import (
	"context"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/console"
	"github.com/interchange-smtp/interchange/relay/gateway/control"
)

// injected is text of strangers: markup, an escape sequence, and a character that turns the direction of text.
const injected = `"><img src=x onerror=alert(1)><script>alert(2)</script>` + "\x1b[31m\u202egnp.exe"

// mail is a gateway whose queue a test changes.
type mail struct {
	mu       sync.Mutex
	messages []*control.Message
	asked    []control.Request // the changes
}

// newMail returns a gateway with n messages for each of two next hops.
func newMail(n int) *mail {
	m := new(mail)
	for i := range 2 * n {
		m.messages = append(m.messages, &control.Message{
			ID: fmt.Sprintf("L6HP%04d", i), Arrived: today.Add(-time.Hour), Size: 2048, From: "printer@fabrikam.com", Subject: "Scan " + injected, MessageID: "<" + injected + ">", Connector: "Printers", Remote: "192.168.5.77:4711",
			Recipients: []control.Recipient{{To: "kim@contoso.com", Status: "waiting", NextHop: []string{"Internet contoso.com", "Internet adatum.com"}[i%2], Attempts: 2, Tried: today.Add(-time.Minute), Next: today.Add(time.Minute),
				Host: "mx.contoso.com", Reply: "451 4.3.0 " + injected, Advice: "Wait until the next hop is available."}},
		})
	}
	return m
}

// drop removes messages from the end of the queue.
func (m *mail) drop(n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.messages = m.messages[:len(m.messages)-n]
}

// Do implements console.Gateway.
func (m *mail) Do(_ context.Context, r control.Request) iter.Seq2[control.Event, error] {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := m.messages
	var events []control.Event
	switch r.Action {
	case control.GetStatus:
		events = append(events, control.Event{Status: &control.Status{Time: today, State: control.Serving, Started: today.Add(-time.Hour), Since: today.Add(-time.Hour),
			Bindings: []control.Binding{{Address: "0.0.0.0:25", Connectors: []string{"Printers"}, Listening: true}},
			Queue:    &control.Queued{Waiting: len(all), Oldest: today.Add(-time.Hour)},
			Failing:  []control.NextHop{{Name: "Internet contoso.com", Waiting: len(all), Host: "mx.contoso.com", Reply: injected, Advice: "Wait."}},
			Refused:  []control.Refused{{Connector: "Printers", Reason: "relay-denied", Count: 3, Last: today}},
		}})
	case control.Hops:
		for i, name := range []string{"Internet adatum.com", "Internet contoso.com"} {
			events = append(events, control.Event{Hop: &control.Hop{Name: name, Destination: strings.TrimPrefix(name, "Internet "), Connector: "Internet", DeliveryType: "DnsConnectorDelivery",
				Messages: len(all) / 2, Failures: i, Retry: today.Add(time.Minute), Host: "mx", Reply: "451 4.3.0 " + injected, Advice: "Wait."}})
		}
	case control.List, control.Show, control.Export:
		for _, one := range all {
			if len(r.Filter.IDs) == 0 || r.Filter.IDs[0] == one.ID {
				events = append(events, control.Event{Message: one})
			}
		}
	default:
		m.asked = append(m.asked, r)
		events = append(events, control.Event{End: &control.End{Messages: max(1, len(r.Filter.IDs))}})
	}
	return func(yield func(control.Event, error) bool) {
		for _, e := range events {
			if !yield(e, nil) {
				return
			}
		}
	}
}

// sees waits until an expression about the page is true.
func (p *page) sees(expression string) {
	p.t.Helper()
	late := time.Now().Add(patience)
	for {
		var yes bool
		if p.evaluate(expression, &yes); yes {
			return
		}
		if time.Now().After(late) {
			p.t.Fatalf("never: %s\n%s", expression, p.Text())
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// newMailDesk returns a desk with a gateway and a tracking log.
func newMailDesk(t *testing.T, m *mail, role console.Role) *desk {
	t.Helper()
	log := filepath.Join(t.TempDir(), "MSGTRK2026113011-1.LOG")
	quoted := `"` + strings.ReplaceAll(injected, `"`, `""`) + `"`
	text := "#Fields: date-time,client-hostname,server-hostname,event-id,source,message-id,recipient-address,recipient-status,sender-address,message-subject,custom-data\r\n" +
		"2026-11-30T11:00:00.000Z,printer,ex01,RECEIVE,SMTP,<1@fabrikam.com>,kim@contoso.com,,printer@fabrikam.com," + quoted + ",S:Id=L6HP0001\r\n" +
		"2026-11-30T11:00:01.000Z,ex01,mx,DEFER,SMTP,<1@fabrikam.com>,kim@contoso.com," + quoted + ",printer@fabrikam.com," + quoted + ",S:Id=L6HP0001\r\n"
	if err := os.WriteFile(log, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return newDesk(t, "New-SendConnector -Name Internet -Usage Internet -AddressSpaces *\n", role, func(o *console.Options) {
		o.Gateway, o.Now = m, nil
		o.Tracking = func(context.Context) ([]string, error) { return []string{log}, nil }
	})
}

// TestLive: a list changes by itself when the queue does, and what the user has chosen and focused stays.
func TestLive(t *testing.T) {
	t.Parallel()
	m := newMail(3)
	d := newMailDesk(t, m, console.Operate)
	p := d.LogOn()
	p.Open(d.url + "/queues")
	p.Check("Select Internet contoso.com")
	p.evaluate(`document.querySelectorAll("[name=id]")[1].focus(); window.before = document.querySelector("#list"); true`, new(bool))
	m.drop(2)
	p.sees(`[...document.querySelectorAll("td.number")].every((e) => e.textContent === "2") && document.querySelector("#list") !== window.before`)
	p.sees(`document.querySelectorAll("[name=id]")[1].checked && !document.querySelectorAll("[name=id]")[0].checked`)
	p.sees(`document.activeElement === document.querySelectorAll("[name=id]")[1]`)
	p.Open(d.url + "/")
	m.drop(2)
	p.sees(`document.body.textContent.includes("2 messages waiting")`)
	p.quiet()
}

// TestQueueViewer: an administrator suspends a queue and removes a message, with a question before.
func TestQueueViewer(t *testing.T) {
	t.Parallel()
	m := newMail(3)
	d := newMailDesk(t, m, console.Operate)
	p := d.LogOn()
	p.Open(d.url + "/queues")
	p.Check("Select Internet contoso.com")
	p.Click("Suspend")
	p.sees(`document.querySelector(".notice").textContent.includes("1 queue suspended")`)
	p.Click("Messages")
	p.Check("Select L6HP0002")
	p.Click("Remove (without sending NDR)…")
	p.sees(`document.body.textContent.includes("Remove-Message -Identity") && document.body.textContent.includes("1 message")`)
	p.Click("Remove (without sending NDR)")
	p.sees(`document.querySelector(".notice").textContent.includes("1 message removed")`)
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.asked) != 2 || m.asked[0].Action != control.SuspendHop || m.asked[1].Action != control.Drop || m.asked[1].Report || len(m.asked[1].Filter.IDs) != 1 || m.asked[1].Filter.IDs[0] != "L6HP0002" {
		t.Errorf("asked: %+v", m.asked)
	}
	p.quiet()
}

// TestMailPages: the pages about mail are readable for everyone, in light and dark, and take no text of strangers for
// markup.
func TestMailPages(t *testing.T) {
	t.Parallel()
	d := newMailDesk(t, newMail(3), console.Operate)
	p := d.LogOn()
	for name, address := range map[string]string{
		"overview-mail": "/", "queues": "/queues?p=Status&o=ne&v=Active", "messages": "/messages?p=Size&o=like&v=1", "messages-list": "/messages", "message": "/messages/L6HP0002", "tracking": "/tracking?from=printer", "tracking-form": "/tracking?since=noon",
	} {
		p.Open(d.url + address)
		p.Inspect(name)
		p.sees(`!document.querySelector("main img[src=x]")`)
	}
}

// TestMailWithoutJavaScript: the pages about mail work without scripts.
func TestMailWithoutJavaScript(t *testing.T) {
	t.Parallel()
	m := newMail(3)
	d := newMailDesk(t, m, console.Operate)
	p := d.LogOn((*page).WithoutJavaScript)
	p.Open(d.url + "/queues")
	m.drop(2)
	time.Sleep(1100 * time.Millisecond) // the list is a second old at most
	p.Click("Refresh")
	if text := p.Text(); !strings.Contains(text, "2") || !strings.Contains(text, "Internet contoso.com") {
		t.Errorf("%s", text)
	}
	p.Check("Select Internet contoso.com")
	p.Click("Suspend")
	if !strings.Contains(p.Text(), "1 queue suspended") {
		t.Errorf("%s", p.Text())
	}
	p.Click("Message Tracking")
	p.Type("Sender", "printer")
	p.Click("Search")
	if text := p.Text(); !strings.Contains(text, "deferred by mx") || !strings.Contains(text, "kim@contoso.com") {
		t.Errorf("%s", text)
	}
}
