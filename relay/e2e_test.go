package relay_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"net/netip"
	"strings"
	"testing"

	"github.com/emersion/go-msgauth/dkim"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/relaytest"
	"github.com/interchange-smtp/interchange/routing"
)

const smartHost = "smtpgateway1.contoso.com"

// through starts the hub of the guide with a Send connector to a smart host, its
// Receive connectors changed by each of changes.
func through(t *testing.T, send connector.Send, sink *relaytest.Sink, changes ...func(*connector.Receive)) *world {
	t.Helper()
	receive := []connector.Receive{defaultHub(), fromSecuredGateway(), fromAnonymousGateway(anyRecipient())}
	for i := range receive {
		for _, change := range changes {
			change(&receive[i])
		}
	}
	send.Name = "ToInternetGateway"
	send.AddressSpaces = []routing.AddressSpace{routing.MustParseAddressSpace("*")}
	send.SmartHosts = []param.SmartHost{param.MustParseSmartHost(smartHost)}
	p, err := connector.Compile(connector.Config{
		Server:   "HubA",
		Servers:  []routing.Server{{Name: "HubA", FQDN: hubName, Site: "Default"}},
		Accepted: []routing.AcceptedDomain{{DomainName: "fabrikam.com"}},
		Receive:  receive,
		Send:     []connector.Send{send},
	})
	if err != nil {
		t.Fatal(err)
	}
	ca, _ := certificates()
	resolver := new(relaytest.Resolver)
	resolver.AddHost(smartHost, netip.MustParseAddr(secured))
	sender := &delivery.Sender{Resolver: resolver, RootCAs: ca.Pool()}
	w := serve(t, p, func(s *relay.Server) { s.Handler = sender })
	host := w.network.Host(netip.MustParseAddr("10.2.3.4"))
	sender.Dial = host.Dial
	sender.Local = func(a netip.Addr) bool { return a == host.Addr() }
	l, err := w.network.Listen(secured + ":25")
	if err != nil {
		t.Fatal(err)
	}
	go sink.Serve(l)
	t.Cleanup(func() {
		w.stop()
		sender.Close()
		sink.Close()
	})
	return w
}

// hop returns the smart host, with a certificate for name.
func hop(t *testing.T, name string, users map[string]string) *relaytest.Sink {
	t.Helper()
	ca, _ := certificates()
	cert, err := ca.Issue(name)
	if err != nil {
		t.Fatal(err)
	}
	return &relaytest.Sink{Hostname: smartHost, Certificate: &cert, Users: users}
}

// From a client through the relay to a smart host that requires authentication.
func TestEndToEnd(t *testing.T) {
	credential := &param.Credential{UserName: "hub", Password: "out we go"}
	known := map[string]string{"hub": "out we go"}
	basic := connector.Send{SmartHostAuthMechanism: auth.BasicAuthRequireTLS, AuthenticationCredential: credential}
	for _, c := range []struct {
		name string
		send connector.Send
		sink *relaytest.Sink
		code int
		user string // the user that the smart host knows
	}{
		{"Basic authentication", basic, hop(t, smartHost, known), 250, "hub"},
		{"wrong password", basic, hop(t, smartHost, map[string]string{"hub": "other"}), 451, ""},
		{"wrong certificate", basic, hop(t, "elsewhere.contoso.com", known), 451, ""},
		{"no TLS any more", basic, &relaytest.Sink{Users: known, InsecureAuth: true}, 451, ""},
		{"in the clear", connector.Send{}, &relaytest.Sink{}, 250, ""},
		{"opportunistic", connector.Send{}, hop(t, "whatever.contoso.com", nil), 250, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := through(t, c.send, c.sink)
			client := w.hello(gateway, hub)
			client.Do("MAIL FROM:<someone@contoso.com>", 250)
			text := client.Do("RCPT TO:<"+elsewhere+">", c.code)
			if c.code == 250 {
				text = send(client, "X-MS-Exchange-Organization-SCL: 9\r\n"+message, c.code)
			}
			if strings.Contains(w.log.String()+text, "out we go") {
				t.Error("the password is seen")
			}
			got := c.sink.Messages()
			if c.code != 250 {
				if len(got) != 0 {
					t.Errorf("%d messages went out all the same", len(got))
				}
				return
			}
			if len(got) != 1 {
				t.Fatalf("%d messages arrived", len(got))
			}
			m := got[0]
			if m.From != "someone@contoso.com" || len(m.To) != 1 || m.To[0] != elsewhere ||
				m.User != c.user || m.TLS != (c.sink.Certificate != nil) || m.Helo != hubName {
				t.Errorf("arrived: %+v", m)
			}
			data := string(m.Data)
			if !strings.HasSuffix(data, message) || strings.Contains(data, "X-MS-Exchange") || strings.Count(data, "Received: ") != 1 {
				t.Errorf("arrived:\n%s", data)
			}
		})
	}
}

// What the smart host says is what the client hears, and nothing is
// acknowledged that was not taken.
func TestNextHopsAnswers(t *testing.T) {
	for answer, code := range map[string]int{
		"550 5.7.1 Not from you": 550,
		"452 4.3.1 Full":         451,
		relaytest.Drop:           451,
	} {
		sink := &relaytest.Sink{Script: func(stage relaytest.Stage, _ string) string {
			if stage == relaytest.StageData {
				return answer
			}
			return ""
		}}
		w := through(t, connector.Send{}, sink)
		c := w.encrypted(stranger, hub)
		c.Do("AUTH PLAIN "+plain(userName, password), 235)
		c.Do("MAIL FROM:<"+userName+">", 250)
		c.Do("RCPT TO:<"+elsewhere+">", 250)
		send(c, strings.Replace(message, inside, userName, 1), code)
	}
}

// A signature made before the relay verifies at the next hop, whichever way
// the message comes in, and whether it leaves by DATA or, being long, by BDAT.
func TestDKIMSurvivesToTheNextHop(t *testing.T) {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	lookup := func(string) ([]string, error) {
		return []string{"v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public)}, nil
	}
	const header = "Received: from a by b; Mon, 1 Jan 2007 00:00:00 +0000\r\nFrom: Bob <bob@contoso.com>\r\n" +
		"Subject:  two  blanks \t\r\n folded\r\nX-Odd:no blank\r\nX-MS-Exchange-Organization-SCL: -1\r\n"
	for _, length := range []int{999, 5_000, 100_000} {
		body := strings.Repeat("gr\xfc\xdfe", length/5+1) + "\r\n.\r\n..\r\n" + strings.Repeat(".", length) + " \t\r\n\r\n"
		var signed bytes.Buffer
		err := dkim.Sign(&signed, strings.NewReader(header+"\r\n"+body), &dkim.SignOptions{
			Domain: "contoso.com", Selector: "s", Signer: private, HeaderKeys: []string{"From", "Subject", "X-Odd"},
		})
		if err != nil {
			t.Fatal(err)
		}
		want := strings.Replace(signed.String(), "X-MS-Exchange-Organization-SCL: -1\r\n", "", 1)
		for way, transfer := range transfers {
			sink := &relaytest.Sink{}
			transfer(through(t, connector.Send{}, sink).hello(gateway, hub), elsewhere, signed.String())
			m := sink.Messages()
			if len(m) != 1 {
				t.Fatalf("%s, lines of %d: %d messages arrived", way, length, len(m))
			}
			got := string(m[0].Data)
			results, err := dkim.VerifyWithOptions(strings.NewReader(got), &dkim.VerifyOptions{LookupTXT: lookup})
			if err != nil || len(results) != 1 || results[0].Err != nil {
				t.Errorf("%s, lines of %d: verification: %v, %+v", way, length, err, results)
			}
			added, _, _ := strings.Cut(got, "DKIM-Signature:")
			if !strings.HasPrefix(added, "Received: ") || got != added+want {
				t.Errorf("%s, lines of %d: more has changed than the header firewall and our Received account for", way, length)
			}
		}
	}
}
