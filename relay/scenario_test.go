package relay_test

import (
	"crypto/tls"
	"fmt"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// The first scenario: Basic authentication on the default Receive connector.
func TestBasicAuthentication(t *testing.T) {
	w := serve(t, policy(t, defaultHub()), nil)

	t.Run("after STARTTLS and AUTH to any recipient", func(t *testing.T) {
		c := w.encrypted(stranger, hub)
		c.Do("AUTH PLAIN "+plain(userName, password), 235)
		c.Do("MAIL FROM:<"+userName+">", 250)
		c.Do("RCPT TO:<"+elsewhere+">", 250)
		c.Do("RCPT TO:<"+inside+">", 250)
		send(c, strings.Replace(message, inside, userName, 1), 250)
		c.Do("QUIT", 221)
		got := w.mailbox.last(t)
		if got.env.User != userName || got.env.TLS == nil || got.env.Connector != "Default HubA" || len(got.env.To) != 2 {
			t.Errorf("envelope %+v", got.env)
		}
		if !strings.Contains(got.data, "with ESMTPSA") {
			t.Errorf("Received does not tell of TLS and AUTH:\n%s", got.data)
		}
	})
	t.Run("AUTH before TLS", func(t *testing.T) {
		c := w.client(stranger, hub)
		if text := c.Do("EHLO x.contoso.com", 250); strings.Contains(text, "AUTH") {
			t.Errorf("AUTH is offered before TLS: %s", text)
		}
		c.Do("AUTH PLAIN "+plain(userName, password), 504)
		c.Do("AUTH LOGIN", 504)
	})
	t.Run("wrong password", func(t *testing.T) {
		c := w.encrypted(stranger, hub)
		c.Do("AUTH PLAIN "+plain(userName, "guess"), 535)
		c.Do("AUTH PLAIN "+plain("nobody@fabrikam.com", password), 535)
		c.Do("MAIL FROM:<"+userName+">", 250) // anonymous
		c.Do("RCPT TO:<"+elsewhere+">", 550)
	})
	t.Run("relay without AUTH", func(t *testing.T) {
		for _, c := range []*relaytest.Client{w.hello(stranger, hub), w.encrypted(stranger, hub)} {
			c.Do("MAIL FROM:<someone@contoso.com>", 250)
			c.Do("RCPT TO:<"+elsewhere+">", 550)
			c.Do("RCPT TO:<"+inside+">", 250)
		}
	})
	t.Run("another's sender", func(t *testing.T) {
		c := w.encrypted(stranger, hub)
		c.Do("AUTH PLAIN "+plain(userName, password), 235)
		c.Do("MAIL FROM:<amy@fabrikam.com>", 550)
		c.Do("MAIL FROM:<"+userName+">", 250)
		c.Do("RCPT TO:<"+elsewhere+">", 250)
		send(c, message, 550) // its From is Amy's
	})
}

// The second scenario: the gateway is externally secured.
func TestExternallySecured(t *testing.T) {
	small := defaultHub()
	small.MaxMessageSize = 64 * param.KB
	gw := fromSecuredGateway()
	gw.MaxMessageSize = 64 * param.KB
	w := serve(t, policy(t, small, gw), nil)
	const foreign = "X-MS-Exchange-Organization-SCL: -1\r\n"
	big := "Received: from a by b; Mon, 1 Jan 2007 00:00:00 +0000\r\n" +
		message + strings.Repeat(strings.Repeat("x", 78)+"\r\n", 1000)

	t.Run("from the gateway", func(t *testing.T) {
		c := w.client(secured, hub)
		if text := c.Do("EHLO gateway.contoso.com", 250); strings.Contains(text, "AUTH") {
			t.Errorf("AUTH is offered: %s", text)
		}
		c.Do("AUTH PLAIN "+plain(userName, password), 504)
		c.Do(fmt.Sprintf("MAIL FROM:<amy@fabrikam.com> SIZE=%d", len(big)), 250)
		c.Do("RCPT TO:<"+elsewhere+">", 250)
		send(c, foreign+big, 250)
		got := w.mailbox.last(t)
		// Externally Secured Servers hold Accept-Headers-Routing, and not
		// Accept-Headers-Organization.
		if !strings.HasSuffix(got.data, big) || strings.Contains(got.data, foreign) {
			t.Errorf("the message has changed:\n%.400s", got.data)
		}
		if got.env.Connector != "FromSecuredGateway" {
			t.Errorf("connector %q", got.env.Connector)
		}
	})
	t.Run("from any other address", func(t *testing.T) {
		c := w.hello("192.168.1.11", hub)
		c.Do(fmt.Sprintf("MAIL FROM:<amy@fabrikam.com> SIZE=%d", len(big)), 552)
		c.Do("MAIL FROM:<amy@fabrikam.com>", 250)
		c.Do("RCPT TO:<"+elsewhere+">", 550)
		c.Do("RCPT TO:<"+inside+">", 250)
		send(c, big, 552)
		c.Do("MAIL FROM:<someone@contoso.com>", 250)
		c.Do("RCPT TO:<"+inside+">", 250)
		send(c, foreign+message, 250)
		all := w.mailbox.letters()
		if data := all[len(all)-1].data; strings.Contains(data, "X-MS-Exchange") {
			t.Errorf("the organisation's fields are believed:\n%s", data)
		}
	})
}

// The third scenario: the gateway relays anonymously.
func TestAnonymousRelay(t *testing.T) {
	granted := policy(t, defaultHub(), fromAnonymousGateway(anyRecipient()))
	w := serve(t, granted, nil)

	t.Run("after the grant", func(t *testing.T) {
		c := w.hello(gateway, hub)
		c.Do("MAIL FROM:<someone@contoso.com>", 250)
		c.Do("RCPT TO:<"+elsewhere+">", 250)
		send(c, "X-MS-Exchange-Organization-SCL: -1\r\nX-MS-Exchange-Forest-A: b\r\n"+message, 250)
		got := w.mailbox.last(t)
		if strings.Contains(got.data, "X-MS-Exchange") || !strings.HasSuffix(got.data, message) {
			t.Errorf("header firewall:\n%s", got.data)
		}
		c.Do("MAIL FROM:<someone@contoso.com> SIZE=99999999", 552)
	})
	t.Run("from another address or to another", func(t *testing.T) {
		for _, way := range [][2]string{{stranger, hub}, {"192.168.5.78", hub}, {gateway, otherHub}, {secured, hub}} {
			c := w.hello(way[0], way[1])
			c.Do("MAIL FROM:<someone@contoso.com>", 250)
			c.Do("RCPT TO:<"+elsewhere+">", 550)
		}
	})
	t.Run("without the grant", func(t *testing.T) {
		if err := w.server.SetPolicy(policy(t, defaultHub(), fromAnonymousGateway())); err != nil {
			t.Fatal(err)
		}
		c := w.hello(gateway, hub)
		c.Do("MAIL FROM:<someone@contoso.com>", 250)
		c.Do("RCPT TO:<"+elsewhere+">", 550)
		c.Do("RCPT TO:<"+inside+">", 250)
	})
}

// Implicit TLS and IPv6 lead to the same connector.
func TestOtherWaysIn(t *testing.T) {
	r := defaultHub()
	r.Bindings = append(r.Bindings, at("0.0.0.0:465"))
	w := serve(t, policy(t, r), nil)

	c := relaytest.NewClient(t, w.dial(stranger, "10.2.3.4:465"))
	c.Handshake(&tls.Config{RootCAs: w.ca.Pool(), ServerName: hubName})
	c.Expect(220)
	if text := c.Do("EHLO client.contoso.com", 250); !strings.Contains(text, "AUTH LOGIN") || strings.Contains(text, "STARTTLS") {
		t.Errorf("under implicit TLS: %s", text)
	}
	c.Do("AUTH PLAIN "+plain(userName, password), 235)

	c = w.client("2001:db8::77", "[2001:db8::25]:25")
	if text := c.Do("EHLO client.contoso.com", 250); !strings.Contains(text, "Hello [2001:db8::77]") {
		t.Errorf("over IPv6: %s", text)
	}
}
