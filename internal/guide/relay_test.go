package guide_test

import (
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/interchange-smtp/interchange/internal/guide"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// attempt is one message that a client tries to send through HubA.
type attempt struct {
	what     string
	from, to string // addresses of client and server; to empty: hubAddr
	user     string // logs on after STARTTLS; empty: doesn't
	sender   string
	rcpt     string
	body     int    // bytes
	reply    string // the refusal begins with it; empty: accepted
	arrives  string // store, gateway or partner
	kept     bool   // the organisation's header fields arrive too
}

const (
	stranger = "dora@example.net" // who writes, if nothing else is said
	inside   = "bob@fabrikam.com"
	outside  = "carl@example.org"
	partner  = "carl@partner.example"

	// What Exchange 2007 says to those who may not.
	unauthenticated = "530 5.7.1 Client was not authenticated"
	noRelay         = "550 5.7.1 Unable to relay"
)

const organisation = "X-MS-Exchange-Organization-SCL: -1\r\nX-MS-Exchange-Organization-AuthAs: Internal\r\n"

// TestScenarios runs the guide's commands and then what must work and what must
// be refused.
func TestScenarios(t *testing.T) {
	relayRows := []attempt{
		{what: "to any domain", from: gatewayAddr, rcpt: partner, arrives: "partner"},
		{what: "to the organisation", from: gatewayAddr, rcpt: inside, arrives: "store"},
		{what: "over the size limit", from: gatewayAddr, rcpt: inside, body: 1_400_000, reply: "552 "},
		{what: "from another address", from: securedAddr, rcpt: partner, reply: unauthenticated},
		{what: "from the neighbour", from: "192.168.5.78", rcpt: partner, reply: unauthenticated},
		{what: "from a stranger", from: strangerAddr, rcpt: partner, reply: unauthenticated},
		{what: "at another local address", from: gatewayAddr, to: hubOtherAddr, rcpt: partner, reply: unauthenticated},
		{what: "office to the Internet", from: officeAddr, user: annUser, sender: annUser, rcpt: outside, arrives: "gateway"},
	}
	tests := []struct {
		scenario guide.Scenario
		gateway  gatewayConfig
		rows     []attempt
	}{
		{guide.Basic, gatewayConfig{login: true}, []attempt{
			{what: "as itself", from: gatewayAddr, user: gatewayUser, sender: gatewayUser, rcpt: outside, arrives: "gateway"},
			{what: "to the organisation", from: gatewayAddr, user: gatewayUser, rcpt: inside, arrives: "store"},
			{what: "to any domain", from: strangerAddr, user: gatewayUser, rcpt: partner, arrives: "partner"},
			{what: "office to the Internet", from: officeAddr, user: annUser, sender: annUser, rcpt: outside, arrives: "gateway"},
			{what: "office as somebody else", from: officeAddr, user: annUser, sender: inside, rcpt: outside, reply: "550 5.7.1"},
			{what: "without AUTH", from: gatewayAddr, rcpt: outside, reply: unauthenticated},
			{what: "without AUTH, inward", from: gatewayAddr, rcpt: inside, reply: unauthenticated},
		}},
		{guide.Secured, gatewayConfig{}, []attempt{
			{what: "to any domain", from: securedAddr, rcpt: partner, arrives: "partner"},
			{what: "to the organisation, with its headers", from: securedAddr, rcpt: inside, arrives: "store", kept: true},
			{what: "as an internal sender", from: securedAddr, sender: annUser, rcpt: inside, arrives: "store", kept: true},
			{what: "over the size limit", from: securedAddr, rcpt: inside, body: 1_400_000, arrives: "store", kept: true},
			{what: "from another address", from: gatewayAddr, sender: annUser, rcpt: inside, reply: unauthenticated},
			{what: "from the neighbour", from: "192.168.1.11", sender: annUser, rcpt: inside, reply: unauthenticated},
			{what: "from a stranger", from: strangerAddr, rcpt: partner, reply: unauthenticated},
			{what: "office to the Internet", from: officeAddr, user: annUser, sender: annUser, rcpt: outside, arrives: "gateway"},
		}},
		{guide.Relay, gatewayConfig{}, relayRows},
		{guide.RelayConsole, gatewayConfig{}, relayRows},
	}
	for _, tt := range tests {
		t.Run(string(tt.scenario), func(t *testing.T) {
			w := serve(t, policy(t, tt.scenario, ""), tt.gateway)
			arrived := map[string]int{}
			for _, a := range tt.rows {
				if reply := w.try(t, a); !strings.HasPrefix(reply, a.reply) || (a.reply == "") != strings.HasPrefix(reply, "250") {
					t.Errorf("%s: %q, want %q", a.what, reply, a.reply)
					continue
				}
				if a.reply == "" {
					arrived[a.arrives]++
					w.check(t, a, arrived[a.arrives])
				}
			}
			for name, sink := range w.sinks() {
				if got := len(sink.Messages()); got != arrived[name] {
					t.Errorf("%d messages arrived at %s, want %d", got, name, arrived[name])
				}
			}
		})
	}
}

func (w *world) sinks() map[string]*relaytest.Sink {
	return map[string]*relaytest.Sink{"store": w.store, "gateway": w.gateway, "partner": w.partner}
}

// try sends a message and returns the first refusal, or the last reply.
func (w *world) try(t *testing.T, a attempt) string {
	t.Helper()
	if a.to == "" {
		a.to = hubAddr
	}
	if a.sender == "" {
		a.sender = stranger
	}
	c := w.dial(t, a.from, a.to)
	if a.user != "" {
		c.StartTLS(&tls.Config{RootCAs: w.ca.Pool(), ServerName: hubName})
		c.Do("EHLO client.example", 250)
		c.Do("AUTH PLAIN "+plain(a.user, inboundPassword), 235)
	}
	message := organisation + "Subject: test\r\n\r\n" + strings.Repeat(strings.Repeat("x", 70)+"\r\n", a.body/72)
	for _, line := range []string{
		fmt.Sprintf("MAIL FROM:<%s> SIZE=%d", a.sender, len(message)), "RCPT TO:<" + a.rcpt + ">", "DATA",
	} {
		c.Send(line)
		if code, text := c.Reply(); code >= 400 {
			return fmt.Sprint(code, " ", text)
		}
	}
	c.SendRaw(message + ".\r\n")
	code, text := c.Reply()
	return fmt.Sprint(code, " ", text)
}

// check looks at the n-th message that arrived where the attempt should.
func (w *world) check(t *testing.T, a attempt, n int) {
	t.Helper()
	m := next(t, w.sinks()[a.arrives], n)
	want := a.sender
	if want == "" {
		want = stranger
	}
	if m.From != want || len(m.To) != 1 || m.To[0] != a.rcpt {
		t.Errorf("%s: it came from <%s> to %v", a.what, m.From, m.To)
	}
	if kept := strings.Contains(string(m.Data), organisation); kept != a.kept {
		t.Errorf("%s: organisation headers kept: %v, want %v\n%.500s", a.what, kept, a.kept, m.Data)
	}
	if logged := m.TLS && m.User == hubUser; a.arrives == "gateway" && logged != (w.gateway.Users != nil) {
		t.Errorf("%s: HubA logged on to the gateway as %q, TLS %v", a.what, m.User, m.TLS)
	}
}

// plain is the initial response of AUTH PLAIN.
func plain(user, password string) string {
	return base64.StdEncoding.EncodeToString([]byte("\x00" + user + "\x00" + password))
}

// TestBasicRefusals holds what a client of the default connector may not do on
// the way to being somebody.
func TestBasicRefusals(t *testing.T) {
	synctest.Test(t, refusedBasic) // a wrong password takes five seconds
}

func refusedBasic(t *testing.T) {
	w := serve(t, policy(t, guide.Basic, ""), gatewayConfig{login: true})
	c := w.dial(t, gatewayAddr, hubAddr)
	c.Send("EHLO client.example")
	if _, text := c.Reply(); strings.Contains(text, "AUTH") || !strings.Contains(text, "STARTTLS") {
		t.Errorf("before TLS these are offered:\n%s", text)
	}
	c.Do("AUTH PLAIN "+plain(gatewayUser, inboundPassword), 504)
	c.StartTLS(&tls.Config{RootCAs: w.ca.Pool(), ServerName: hubName})
	if text := c.Do("EHLO client.example", 250); !strings.Contains(text, "AUTH LOGIN PLAIN") {
		t.Errorf("after TLS these are offered:\n%s", text)
	}
	c.Do("AUTH PLAIN "+plain(gatewayUser, "guess"), 535)
	c.Do("MAIL FROM:<"+gatewayUser+">", 530)
}

// TestSecuredOffersNoAuth: who is trusted by address has nothing to prove.
func TestSecuredOffersNoAuth(t *testing.T) {
	w := serve(t, policy(t, guide.Secured, ""), gatewayConfig{})
	c := w.dial(t, securedAddr, hubAddr)
	if text := c.Do("EHLO client.example", 250); strings.Contains(text, "AUTH") || strings.Contains(text, "STARTTLS") {
		t.Errorf("these are offered:\n%s", text)
	}
	c.Do("AUTH PLAIN "+plain(gatewayUser, inboundPassword), 504)
}

// TestSmartHostCertificate: neither mail nor the password go to a gateway whose
// certificate names somebody else, once that is asked for.
func TestSmartHostCertificate(t *testing.T) {
	w := serve(t, policy(t, guide.Basic, ""), gatewayConfig{login: true, certName: "smtpgateway2.contoso.com"})
	office := attempt{from: officeAddr, user: annUser, sender: annUser, rcpt: outside}
	if reply := w.try(t, office); !strings.HasPrefix(reply, "4") {
		t.Errorf("not put off: %s", reply)
	}
	if len(w.gateway.Messages()) > 0 {
		t.Error("the mail went out")
	}
}

// TestUngranted takes the grant away: only accepted domains are left.
func TestUngranted(t *testing.T) {
	for _, s := range []guide.Scenario{guide.Relay, guide.RelayConsole} {
		w := serve(t, policy(t, s, "Get-ReceiveConnector \""), gatewayConfig{})
		if reply := w.try(t, attempt{from: gatewayAddr, rcpt: partner}); !strings.HasPrefix(reply, noRelay) {
			t.Errorf("%s: relayed, or refused otherwise: %s", s, reply)
		}
		if reply := w.try(t, attempt{from: gatewayAddr, rcpt: inside}); !strings.HasPrefix(reply, "250") {
			t.Errorf("%s: mail for the organisation: %s", s, reply)
		}
	}
}
