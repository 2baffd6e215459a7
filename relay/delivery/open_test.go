package delivery_test

import (
	"net/netip"
	"net/smtp"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/relay/relaytest"
	"github.com/interchange-smtp/interchange/routing"
)

// TestOpen: the client of net/smtp goes on where Open ends, at the second address if
// the first doesn't answer.
func TestOpen(t *testing.T) {
	w := newWorld(t, credentialed("gw.fabrikam.com", auth.BasicAuth))
	w.dns.AddHost("gw.fabrikam.com", netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2"))
	sink := w.sink("192.0.2.2:25", &relaytest.Sink{Users: map[string]string{"hub": password}, InsecureAuth: true})
	var out *connector.Outbound
	for out = range w.policy.Send() {
	}
	conn, err := w.sender.Open(t.Context(), out, routing.Domain{})
	if err != nil {
		t.Fatal(err)
	}
	c, err := smtp.NewClient(conn, "gw.fabrikam.com")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Mail("a@contoso.com"); err != nil {
		t.Fatal(err)
	}
	if err := c.Rcpt("b@fabrikam.com"); err != nil {
		t.Fatal(err)
	}
	data, err := c.Data()
	if err != nil {
		t.Fatal(err)
	}
	if _, err = data.Write([]byte("Subject: x\r\n\r\n")); err == nil {
		err = data.Close()
	}
	if m := sink.Messages(); err != nil || len(m) != 1 || m[0].User != "hub" {
		t.Errorf("%v, %v", err, m)
	}
	_ = sink.Close()
	if _, err := w.sender.Open(t.Context(), out, routing.Domain{}); err == nil || !strings.Contains(err.Error(), `"out": `) {
		t.Errorf("no host answers: %v", err)
	}
	if _, err := w.sender.Open(t.Context(), nil, routing.Domain{}); err == nil {
		t.Error("no connector is needed")
	}
}
