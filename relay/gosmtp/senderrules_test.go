package gosmtp_test

import (
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector/param"
)

// The backend gets the sender and the author that RewriteSender and RewriteFrom put in place of
// those that AllowedSenders doesn't list.
func TestRewrittenSender(t *testing.T) {
	const scanner = "scanner@contoso.com"
	r := applications()
	r.AllowedSenders = []param.Sender{param.MustParseSender("@fabrikam.com")}
	r.RewriteSender, r.RewriteFrom = scanner, scanner
	w := serve(t, internet(), r)
	c := w.hello(gateway)
	c.Do("MAIL FROM:<root@printer>", 250)
	c.Do("RCPT TO:<"+elsewhere+">", 250)
	c.Do("DATA", 354)
	c.SendRaw(message + ".\r\n")
	c.Expect(250)
	m := w.mailbox.last(t)
	if m.from != scanner || !strings.Contains(m.data, "From: <"+scanner+">\r\nX-Original-From: someone@example.com\r\n") {
		t.Errorf("from %q\n%s", m.from, m.data)
	}
	r.RewriteSender, r.RewriteFrom = "", ""
	w = serve(t, internet(), r)
	c = w.hello(gateway)
	c.Do("MAIL FROM:<root@printer>", 550)
}
