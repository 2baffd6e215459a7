package relay_test

import (
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/relaytest"
	"github.com/interchange-smtp/interchange/routing"
)

// Without the permission to relay, no recipient outside of the accepted domains is
// accepted, however its address is written.
func TestRelayTricks(t *testing.T) {
	for _, domain := range []string{"", "fabrikam.com"} {
		t.Run("DefaultDomain "+domain, func(t *testing.T) { relayTricks(t, domain) })
	}
}

func relayTricks(t *testing.T, domain string) {
	w := only(t, func(r *connector.Receive) {
		r.MaxProtocolErrors = param.Value(param.Unlimited)
		r.DefaultDomain = domain
	})
	c := w.hello(stranger, hub)
	accepted := 0
	for _, path := range []string{
		"<bob@contoso.com>",
		"bob@contoso.com",
		"<bob%contoso.com@fabrikam.com>",
		"<contoso.com!bob@fabrikam.com>",
		"<contoso.com!bob>",
		"<bob@contoso.com@fabrikam.com>",
		"<bob@fabrikam.com@contoso.com>",
		"<\"bob@contoso.com\"@fabrikam.com>",
		"<\"bob@contoso.com\">",
		"<bob@contoso.com\">@fabrikam.com>",
		"<\"bob@contoso.com> ORCPT=rfc822;x\"@fabrikam.com>",
		"<\"bob\\@contoso.com\"@fabrikam.com>",
		"<@fabrikam.com:bob@contoso.com>",
		"<@contoso.com:amy@fabrikam.com>",
		"<@fabrikam.com,@contoso.com:bob@contoso.com>",
		"<@fabrikam.com:bob%contoso.com@fabrikam.com>",
		"<@fabrikam.com:bob@contoso.com@fabrikam.com>",
		"@fabrikam.com:bob@contoso.com",
		"bob@contoso.com amy@fabrikam.com",
		"amy@fabrikam.com,bob@contoso.com",
		"amy@fabrikam.com>bob@contoso.com",
		"<SMTP:bob@contoso.com>",
		"<bob%contoso.com>",
		"bob%contoso.com",
		"contoso.com!bob",
		"\"bob@contoso.com\"",
		"< amy@fabrikam.com >",
		"\tamy@fabrikam.com\tNOTIFY=NEVER",
		"<amy..lee@fabrikam.com>",
		"<bob@[192.0.2.1]>",
		"<bob@[10.2.3.4]>",
		"<bob@[IPv6:2001:db8::1]>",
		"<bob@fabrikam.com.contoso.com>",
		"<bob@sub.fabrikam.com>",
		"<bob@fabrikam.com.>",
		"<bob@FABRIKAM.COM>",
		"<bob@fabri\u212aam.com>",        // Kelvin sign
		"<bob@\uff46abrikam.com>",        // full-width f
		"<bob@\ufb01nance.fabrikam.com>", // ligature of f and i
		"<bob@fabrikam\u3002com>",        // ideographic full stop
		"<bob@fabrikam.com\x00.contoso.com>",
		"<bob@contoso.com\x00@fabrikam.com>",
		"<bob@xn--fabrikam-.com>",
		"<bob@contoso.com> <amy@fabrikam.com>",
		"<bob@contoso.com>,<amy@fabrikam.com>",
		"<amy@fabrikam.com>,<bob@contoso.com>",
		"<amy@fabrikam.com> ORCPT=rfc822;bob@contoso.com",
		"<bob @fabrikam.com>",
		"< bob@contoso.com>",
		"<>",
		"<bob>",
		"<@fabrikam.com>",
		"<IMCEASMTP-bob+40contoso+2Ecom@fabrikam.com>",
	} {
		c.Do("MAIL FROM:<someone@contoso.com>", 250)
		c.Send("RCPT TO:" + path)
		code, text := c.Reply()
		switch {
		case code == 421:
			c = w.hello(stranger, hub)
			continue
		case code != 250 && code < 500:
			t.Errorf("%q: %d %s", path, code, text)
		case code == 250:
			send(c, message, 250)
			accepted++
			all := w.mailbox.letters()
			to := all[len(all)-1].env.To[0].To
			again, err := routing.ParseAddress(to.String())
			if err != nil || again != to || to.Domain() != routing.MustParseDomain("fabrikam.com") {
				t.Errorf("%q was accepted as %q, %v", path, to, err)
			}
			continue
		}
		c.Do("RSET", 250)
	}
	if accepted == 0 {
		t.Error("no form of a local address is accepted")
	}
}

// STARTTLS, EHLO, RSET and AUTH forget what the RFCs say that they do.
func TestNothingLeaksBetweenStates(t *testing.T) {
	basic := func(r *connector.Receive) { r.AuthMechanism = param.Value(auth.TLS | auth.BasicAuth) }
	t.Run("an identity from before TLS", func(t *testing.T) {
		c := only(t, basic).hello(stranger, hub)
		c.Do("AUTH PLAIN "+plain(userName, password), 235)
		c.StartTLS(nil)
		c.Do("MAIL FROM:<a@contoso.com>", 503)
		c.Do("EHLO x", 250)
		c.Do("MAIL FROM:<a@contoso.com>", 250)
		c.Do("RCPT TO:<"+elsewhere+">", 550)
	})
	t.Run("a transaction from before TLS", func(t *testing.T) {
		c := only(t, basic).hello(stranger, hub)
		c.Do("MAIL FROM:<a@contoso.com>", 250)
		c.Do("STARTTLS", 503)
	})
	t.Run("commands from before TLS", func(t *testing.T) {
		w := only(t, basic)
		c := w.hello(stranger, hub)
		c.Send("STARTTLS", "EHLO x", "MAIL FROM:<a@contoso.com>", "RCPT TO:<"+inside+">", "DATA", message, ".")
		c.Expect(554)
		c.Closed()
		w.waitForEnd()
		if n := len(w.mailbox.letters()); n != 0 {
			t.Errorf("%d messages from the clear were believed", n)
		}
	})
	t.Run("recipients after EHLO and RSET", func(t *testing.T) {
		c := only(t, basic).hello(stranger, hub)
		for _, command := range []string{"RSET", "EHLO y", "HELO y"} {
			c.Do("MAIL FROM:<a@contoso.com>", 250)
			c.Do("RCPT TO:<"+inside+">", 250)
			c.Do(command, 250)
			c.Do("RCPT TO:<"+inside+">", 503)
			c.Do("DATA", 503)
		}
	})
	t.Run("a failed AUTH gives nothing and takes nothing", func(t *testing.T) {
		c := only(t, basic).hello(stranger, hub)
		c.Do("AUTH PLAIN "+plain(userName, "guess"), 535)
		c.Do("MAIL FROM:<a@contoso.com>", 250)
		c.Do("RCPT TO:<"+elsewhere+">", 550)
		c.Do("RSET", 250)
		c.Do("AUTH PLAIN "+plain(userName, password), 235)
		c.Do("AUTH PLAIN "+plain(userName, "guess"), 503)
		c.Do("MAIL FROM:<"+userName+">", 250)
		c.Do("RCPT TO:<"+elsewhere+">", 250)
	})
	t.Run("the next connection", func(t *testing.T) {
		w := only(t, basic)
		c := w.hello(stranger, hub)
		c.Do("AUTH PLAIN "+plain(userName, password), 235)
		c.Do("QUIT", 221)
		c = w.hello(stranger, hub)
		c.Do("MAIL FROM:<"+userName+">", 250)
		c.Do("RCPT TO:<"+elsewhere+">", 550)
	})
	t.Run("anonymous grants after AUTH", func(t *testing.T) {
		c := only(t, func(r *connector.Receive) {
			basic(r)
			r.Permissions = []permission.Grant{
				{To: permission.SIDAnonymous, Allow: permission.SetOf(permission.AcceptAnyRecipient)},
				{To: permission.SIDAuthenticatedUsers, Deny: permission.SetOf(permission.AcceptAnyRecipient)},
			}
		}).hello(stranger, hub)
		c.Do("AUTH PLAIN "+plain(userName, password), 235)
		c.Do("MAIL FROM:<"+userName+">", 250)
		c.Do("RCPT TO:<"+elsewhere+">", 550)
	})
}

// A user without Accept-Any-Sender can't hide another author in the header.
func TestHeaderAuthors(t *testing.T) {
	w := only(t, func(r *connector.Receive) { r.MaxProtocolErrors = param.Value(param.Unlimited) })
	c := w.encrypted(stranger, hub)
	c.Do("AUTH PLAIN "+plain(userName, password), 235)
	const own = "From: Gateway <" + userName + ">\r\n"
	for header, code := range map[string]int{
		own:                                                            250,
		"FROM:" + userName + "\r\n":                                    250,
		own + "Sender: <a@b.com>\r\n":                                  550,
		own + "From: <a@b.com>\r\n":                                    550,
		"From: <a@b.com>\r\n" + own:                                    550,
		own + "from : <a@b.com>\r\n":                                   550,
		"From: <a@b.com>,\r\n\t<" + userName + ">\r\n":                 550,
		"From: \"" + userName + "\" <a@b.com>\r\n":                     550,
		"From: root\r\n":                                               550,
		"From: " + userName + " <a@b.com>\r\n":                         550,
		"From: friends: <a@b.com>;\r\n":                                550,
		"From: <a@b.com> (" + userName + ")\r\n":                       550,
		"Subject: x\r\nno colon\r\nFrom: <a@b.com>\r\n":                550,
		"From: =?utf-8?q?a=40b.com?= <" + userName + ">\r\n":           250,
		"From:\r\n <" + userName + ">\r\nSender: " + userName + "\r\n": 250,
	} {
		c.Do("MAIL FROM:<"+userName+">", 250)
		c.Do("RCPT TO:<"+inside+">", 250)
		c.Do("DATA", 354)
		c.SendRaw(header + "\r\nx\r\n.\r\n")
		if got, text := c.Reply(); got != code {
			t.Errorf("%q: %d %s, want %d", header, got, text, code)
			if got == 421 {
				t.FailNow()
			}
		}
	}
}

// Bytes of a client reach logs and the Received field escaped only, and credentials
// reach neither.
func TestLogsAreCleanAndKeepSecrets(t *testing.T) {
	w := only(t, func(r *connector.Receive) {
		r.ProtocolLoggingLevel = param.LoggingVerbose
		r.AuthMechanism = param.Value(auth.TLS | auth.BasicAuth)
		r.MaxProtocolErrors = param.Value(param.Unlimited)
		r.MaxLogonFailures = param.Value(0)
		r.Name = "Quoted, \"name\""
	})
	encoded := base64.StdEncoding.EncodeToString([]byte(password))
	c := w.hello(stranger, hub)
	c.Do("AUTH PLAIN "+plain(userName, password+"x"), 535)
	c.Do("AUTH LOGIN", 334)
	c.Do(base64.StdEncoding.EncodeToString([]byte(userName)), 334)
	c.Do(encoded+"!", 501) // not base64
	c.Send(encoded)        // said once more, as a command
	c.Reply()
	c.Send("AUTH PLAIN " + plain(userName, password) + " trailing")
	c.Reply()
	c.Send("auth  plain " + plain(userName, password+"x"))
	c.Reply()
	c.Do("AUTH PLAIN "+plain(userName, password), 235)
	c.Do("MAIL FROM:<"+userName+">", 250)
	c.Send("RCPT TO:<\x1b[31mred\x07\xff@fabrikam.com>")
	c.Reply()
	c.Send("EHLO x\x00y")
	c.Reply()
	c.Send("FOO \r bar")
	c.Reply()
	c.Do("EHLO x", 250)
	c.Do("MAIL FROM:<gr\u00fc\u00df@fabrikam.com> SMTPUTF8", 550)
	c.Do("MAIL FROM:<"+userName+">", 250)
	c.Do("RCPT TO:<"+inside+">", 250)
	send(c, "From: <"+userName+">\r\nSubject: a secret subject\x1b\r\nMessage-ID: <\x1b@x>\r\n\r\nx\r\n", 250)
	c.Do("QUIT", 221)
	w.waitForEnd()
	for name, log := range map[string]string{"log": w.log.String(), "protocol log": w.talk.String()} {
		for _, secret := range []string{password, encoded, plain(userName, password), plain(userName, password+"x"), "secret subject"} {
			if strings.Contains(log, secret) {
				t.Errorf("the %s holds %q:\n%s", name, secret, log)
			}
		}
		if i := strings.IndexFunc(log, func(r rune) bool { return (r < ' ' || r > '~') && r != '\n' && r != '\r' }); i >= 0 {
			t.Errorf("the %s holds raw bytes: %q", name, log[max(0, i-40):min(len(log), i+40)])
		}
	}
	if log := w.log.String(); strings.Contains(log, "ANONYMOUS") || !strings.Contains(log, " user="+userName+" ") {
		t.Error("the log names a client that hasn't authenticated, or doesn't name one that has")
	}
	if data := w.mailbox.last(t).data; strings.ContainsRune(data[:strings.Index(data, "From:")], '\x1b') {
		t.Errorf("the trace field holds raw bytes: %q", data)
	}
}

// The protocol log has Exchange's fields in Exchange's order.
func TestProtocolLog(t *testing.T) {
	w := serve(t, policy(t, func() connector.Receive {
		r := defaultHub()
		r.Name, r.ProtocolLoggingLevel = `Log, "verbose"`, param.LoggingVerbose
		return r
	}(), fromSecuredGateway()), nil)
	c := w.hello(stranger, hub)
	c.Do("QUIT", 221)
	w.waitForEnd()
	lines := strings.Split(strings.TrimSuffix(w.talk.String(), "\r\n"), "\r\n")
	if want := "#Fields: date-time,connector-id,session-id,sequence-number,local-endpoint,remote-endpoint,event,data,context"; lines[3] != want {
		t.Errorf("got %s", lines[3])
	}
	seen := ""
	for i, line := range lines[4:] {
		front, rest, ok := strings.Cut(line, `,"HubA\Log, ""verbose""",`)
		fields := strings.SplitN(rest, ",", 6)
		if !ok || len(front) != len("2026-11-23T11:15:30.000Z") || len(fields) != 6 ||
			fields[1] != fmt.Sprint(i) || fields[2] != hub || !strings.HasPrefix(fields[3], stranger+":") {
			t.Fatalf("line %d: %s", i, line)
		}
		seen += fields[4]
		if i == 1 && fields[5] != "SMTPSubmit SMTPAcceptAnySender SMTPAcceptAuthoritativeDomainSender AcceptRoutingHeaders,Set Session Permissions" {
			t.Errorf("rights: %s", fields[5])
		}
	}
	if !strings.HasPrefix(seen, "+*><>") || !strings.HasSuffix(seen, "<>-") {
		t.Errorf("events %s", seen)
	}
	before := w.talk.String()
	quiet := w.hello(secured, hub) // a connector that doesn't log
	quiet.Do("QUIT", 221)
	w.waitForEnd()
	if w.talk.String() != before {
		t.Error("a connector with ProtocolLoggingLevel None is logged")
	}
}

// Without a Verifier AUTH is neither offered nor accepted.
func TestNoVerifier(t *testing.T) {
	r := defaultHub()
	r.AuthMechanism = param.Value(auth.TLS | auth.BasicAuth)
	w := serve(t, policy(t, r), func(s *relay.Server) { s.Verifier = nil })
	c := w.client(stranger, hub)
	if text := c.Do("EHLO x", 250); strings.Contains(text, "AUTH") {
		t.Error(text)
	}
	c.Do("AUTH PLAIN "+plain(userName, password), 504)
}

// A client that hangs up in the TLS handshake, or speaks plainly to implicit
// TLS, ends its own connection only.
func TestBrokenHandshake(t *testing.T) {
	r := defaultHub()
	r.Bindings = append(r.Bindings, at("0.0.0.0:465"))
	w := serve(t, policy(t, r), nil)
	c := relaytest.NewClient(t, w.dial(stranger, "10.2.3.4:465"))
	c.Send("EHLO x", "MAIL FROM:<>", "RCPT TO:<"+inside+">", "DATA", message, ".")
	w.waitForEnd()
	c = w.hello(stranger, hub)
	c.Do("STARTTLS", 220)
	c.Send("MAIL FROM:<>", "RCPT TO:<"+inside+">", "DATA", message, ".")
	w.waitForEnd()
	if n := len(w.mailbox.letters()); n != 0 {
		t.Errorf("%d messages", n)
	}
	c = w.hello(stranger, hub)
	c.StartTLS(&tls.Config{RootCAs: w.ca.Pool(), ServerName: hubName})
	c.Do("EHLO x", 250)
}
