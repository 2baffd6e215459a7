package relay_test

import (
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// scanner is the mailbox as which devices send.
const scanner = "scanner@contoso.com"

// device sets the parameters for devices that can't set their sender.
func device(r *connector.Receive) {
	r.AllowedSenders = []param.Sender{param.MustParseSender(scanner), param.MustParseSender("@fabrikam.com")}
	r.RewriteSender, r.RewriteFrom = scanner, scanner
}

// A device without a sender of its own sends as the mailbox, with and without a logon; what
// it gave as sender and author is in the log and in the header. The message has one From field,
// also if the device gave none.
func TestRewrittenSender(t *testing.T) {
	for name, connect := range map[string]func(w *world) *relaytest.Client{
		"anonymous": func(w *world) *relaytest.Client { return w.hello(gateway, hub) },
		"logged on": func(w *world) *relaytest.Client {
			c := w.encrypted(stranger, hub)
			c.Do("AUTH PLAIN "+plain(userName, password), 235)
			return c
		},
	} {
		w := completed(t, device)
		_, m := submit(t, w, connect(w), "root@printer", "From: Scanner <root@printer>\r\n"+scan)
		if m.env.From.String() != scanner {
			t.Errorf("%s: the message goes on from %v", name, m.env.From)
		}
		if strings.Count(m.data, "From:") != 2 || !strings.Contains(m.data, "From: \"Scanner\" <"+scanner+">\r\nX-Original-From: Scanner <root@printer>\r\n") {
			t.Errorf("%s: it reads\n%s", name, m.data)
		}
		if log := w.log.String(); !strings.Contains(log, "mail-from=root@printer from="+scanner) {
			t.Errorf("%s: the log has\n%s", name, log)
		}
	}
	w := completed(t, device)
	if _, m := submit(t, w, w.hello(gateway, hub), "root@printer", scan); strings.Count(m.data, "From:") != 1 || !strings.Contains(m.data, "From: <"+scanner+">\r\n") {
		t.Errorf("without an author it reads\n%s", m.data)
	}
	w = completed(t, device)
	if _, m := submit(t, w, w.hello(gateway, hub), "kim@fabrikam.com", "From: kim@fabrikam.com\r\n"+scan); m.env.From.String() != "kim@fabrikam.com" || !strings.Contains(m.data, "From: kim@fabrikam.com\r\n") ||
		strings.Contains(m.data, "X-Original") || strings.Contains(w.log.String(), "mail-from") {
		t.Errorf("an allowed sender is replaced: %v\n%s", m.env.From, m.data)
	}
}

// Without RewriteSender and RewriteFrom other senders than AllowedSenders are refused, in MAIL,
// in From and in Sender.
func TestAllowedSenders(t *testing.T) {
	w := completed(t, device, func(r *connector.Receive) { r.RewriteSender, r.RewriteFrom = "", "" })
	c := w.hello(gateway, hub)
	c.Do("MAIL FROM:<ceo@example.net>", 550)
	for _, header := range []string{"From: ceo@example.net\r\n", "From: " + scanner + "\r\nSender: ceo@example.net\r\n", "From: " + scanner + "\r\nFrom: ceo@example.net\r\n", "From: ceo\r\n"} {
		c.Do("MAIL FROM:<"+scanner+">", 250)
		c.Do("RCPT TO:<"+inside+">", 250)
		if text := send(c, header+scan, 550); text != "5.7.1 Anonymous client does not have permissions to send as this sender" {
			t.Errorf("%q gets %q", header, text)
		}
	}
	if log := w.log.String(); !strings.Contains(log, "reason=sender-not-allowed") {
		t.Errorf("the log has\n%s", log)
	}
	submit(t, w, c, scanner, "From: "+scanner+"\r\n"+scan)
}
