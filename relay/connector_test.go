package relay_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// only starts a server with the default connector, changed.
func only(t *testing.T, change func(*connector.Receive)) *world {
	t.Helper()
	r := defaultHub()
	change(&r)
	return serve(t, policy(t, r), nil)
}

func TestGreetings(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*connector.Receive)
		banner string // prefix
		ehlo   string
	}{
		{
			name:   "default",
			change: func(*connector.Receive) {},
			banner: hubName + " Interchange ESMTP MAIL Service ready at ",
			ehlo: hubName + " Hello [203.0.113.9]\nSIZE 37748736\nPIPELINING\nDSN\nENHANCEDSTATUSCODES\n" +
				"STARTTLS\n8BITMIME\nBINARYMIME\nCHUNKING\nSMTPUTF8",
		},
		{
			name: "own words",
			change: func(r *connector.Receive) {
				r.Banner, r.Fqdn = "220 Contoso Mail", "mail.contoso.com"
				r.AuthMechanism = param.Value(auth.TLS | auth.BasicAuth)
				r.SizeEnabled = param.SizeEnabledWithoutValue
			},
			banner: "Contoso Mail",
			ehlo: "mail.contoso.com Hello [203.0.113.9]\nSIZE\nPIPELINING\nDSN\nENHANCEDSTATUSCODES\n" +
				"STARTTLS\nAUTH LOGIN PLAIN\n8BITMIME\nBINARYMIME\nCHUNKING\nSMTPUTF8",
		},
		{
			name: "everything off",
			change: func(r *connector.Receive) {
				off := param.Value(false)
				r.AuthMechanism = param.Value(auth.None)
				r.SizeEnabled = param.SizeDisabled
				r.BinaryMimeEnabled, r.ChunkingEnabled, r.DeliveryStatusNotificationEnabled = off, off, off
				r.EightBitMimeEnabled, r.EnhancedStatusCodesEnabled, r.PipeliningEnabled = off, off, off
				r.SmtpUtf8Enabled = off
			},
			banner: hubName + " ",
			ehlo:   hubName + " Hello [203.0.113.9]",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := only(t, c.change)
			client := relaytest.NewClient(t, w.dial(stranger, hub))
			if got := client.Expect(220); !strings.HasPrefix(got, c.banner) {
				t.Errorf("banner %q", got)
			}
			if got := client.Do("EHLO client.contoso.com", 250); got != c.ehlo {
				t.Errorf("EHLO:\n%s\nwant\n%s", got, c.ehlo)
			}
		})
	}
}

// Each row sets one parameter and shows that it is obeyed.
func TestParameters(t *testing.T) {
	type dialog func(t *testing.T, w *world, c *relaytest.Client)
	do := func(steps ...any) dialog { // line, code, line, code …
		return func(t *testing.T, _ *world, c *relaytest.Client) {
			t.Helper()
			for i := 0; i < len(steps); i += 2 {
				c.Do(steps[i].(string), steps[i+1].(int))
			}
		}
	}
	closing := func(d dialog) dialog {
		return func(t *testing.T, w *world, c *relaytest.Client) {
			t.Helper()
			d(t, w, c)
			c.Closed()
		}
	}
	deliver := func(data string, code int) dialog {
		return func(t *testing.T, _ *world, c *relaytest.Client) {
			t.Helper()
			c.Do("EHLO x", 250)
			c.Do("MAIL FROM:<>", 250)
			c.Do("RCPT TO:<"+inside+">", 250)
			send(c, data, code)
		}
	}
	received := func(n int, by string) string {
		return strings.Repeat("Received: from a by "+by+"; Mon, 1 Jan 2007 00:00:00 +0000\r\n", n)
	}
	for _, c := range []struct {
		name   string
		change func(*connector.Receive)
		dialog dialog
	}{
		{"RequireTLS", func(r *connector.Receive) { r.RequireTLS = true },
			do("EHLO x", 250, "MAIL FROM:<>", 530, "AUTH LOGIN", 530)},
		{"RequireEHLODomain, none given", func(r *connector.Receive) { r.RequireEHLODomain = true },
			closing(do("EHLO", 501))},
		{"RequireEHLODomain, given", func(r *connector.Receive) { r.RequireEHLODomain = true },
			do("EHLO x.contoso.com", 250)},
		{"MaxProtocolErrors", func(r *connector.Receive) { r.MaxProtocolErrors = param.Value(param.Limit(2)) },
			func(_ *testing.T, _ *world, c *relaytest.Client) {
				c.Do("FOO", 500)
				c.Do("FOO", 500)
				c.Do("FOO", 500)
				c.Expect(421)
				c.Closed()
			}},
		{"MaxProtocolErrors counts refused recipients", func(r *connector.Receive) { r.MaxProtocolErrors = param.Value(param.Limit(1)) },
			func(_ *testing.T, _ *world, c *relaytest.Client) {
				c.Do("EHLO x", 250)
				c.Do("MAIL FROM:<>", 250)
				c.Do("RCPT TO:<a@contoso.com>", 550)
				c.Do("RCPT TO:<b@contoso.com>", 550)
				c.Expect(421)
				c.Closed()
			}},
		{"MaxLogonFailures", func(r *connector.Receive) {
			r.MaxLogonFailures = param.Value(2)
			r.AuthMechanism = param.Value(auth.TLS | auth.BasicAuth)
		},
			func(_ *testing.T, _ *world, c *relaytest.Client) {
				c.Do("EHLO x", 250)
				c.Do("AUTH PLAIN "+plain(userName, "1"), 535)
				c.Do("AUTH PLAIN "+plain(userName, "2"), 535)
				c.Expect(421)
				c.Closed()
			}},
		{"MaxRecipientsPerMessage", func(r *connector.Receive) { r.MaxRecipientsPerMessage = 1 },
			do("EHLO x", 250, "MAIL FROM:<>", 250, "RCPT TO:<a@fabrikam.com>", 250, "RCPT TO:<b@fabrikam.com>", 452)},
		{"MaxMessageSize at MAIL", func(r *connector.Receive) { r.MaxMessageSize = 64 * param.KB },
			do("EHLO x", 250, "MAIL FROM:<> SIZE=65537", 552, "MAIL FROM:<> SIZE=65536", 250)},
		{"MaxMessageSize in the message, just fits", func(r *connector.Receive) { r.MaxMessageSize = 64 * param.KB },
			deliver("\r\n"+strings.Repeat("x", 64<<10-4)+"\r\n", 250)},
		{"MaxMessageSize in the message, one too many", func(r *connector.Receive) { r.MaxMessageSize = 64 * param.KB },
			deliver("\r\n"+strings.Repeat("x", 64<<10-3)+"\r\n", 552)},
		{"MaxHeaderSize", func(r *connector.Receive) { r.MaxHeaderSize = 1000 },
			deliver("Subject: "+strings.Repeat("x", 1000)+"\r\n\r\n", 552)},
		{"MaxHopCount, reached", func(r *connector.Receive) { r.MaxHopCount = 3 },
			deliver(received(4, "b")+message, 554)},
		{"MaxHopCount, not reached", func(r *connector.Receive) { r.MaxHopCount = 3 },
			deliver(received(2, "b")+message, 250)},
		{"MaxLocalHopCount", func(r *connector.Receive) { r.MaxLocalHopCount = param.Value(2) },
			deliver(received(3, hubName)+message, 554)},
		{"MaxLocalHopCount, others don't count", func(r *connector.Receive) { r.MaxLocalHopCount = param.Value(2) },
			deliver(received(3, "b")+message, 250)},
		{"BareLinefeedRejectionEnabled, default", func(*connector.Receive) {},
			deliver("Subject: x\r\n\r\na\nb\r\n", 550)},
		{"BareLinefeedRejectionEnabled, off", func(r *connector.Receive) { r.BareLinefeedRejectionEnabled = param.Value(false) },
			deliver("Subject: x\r\n\r\na\nb\r\n", 250)},
		{"DefaultDomain", func(r *connector.Receive) { r.DefaultDomain = "fabrikam.com" },
			func(t *testing.T, w *world, c *relaytest.Client) {
				c.Do("EHLO x", 250)
				c.Do("MAIL FROM: root", 250)
				c.Do("RCPT TO:<Postmaster>", 250)
				c.Do("RCPT TO:<admin>", 250)
				send(c, message, 250)
				env := w.mailbox.last(t).env
				if got := fmt.Sprint(env.From, env.To[0].To, env.To[1].To); got != "root@fabrikam.com Postmaster@fabrikam.com admin@fabrikam.com" {
					t.Errorf("envelope %v", got)
				}
			}},
		{"DefaultDomain, left out", func(*connector.Receive) {},
			do("EHLO x", 250, "MAIL FROM:<root>", 501, "MAIL FROM:<>", 250, "RCPT TO:<admin>", 501, "RCPT TO:<postmaster>", 250)},
		{"RejectReservedTopLevelRecipientDomains", func(r *connector.Receive) {
			r.RejectReservedTopLevelRecipientDomains = true
			r.Permissions = []permission.Grant{anyRecipient()}
		}, do("EHLO x", 250, "MAIL FROM:<>", 250, "RCPT TO:<a@b.test>", 550)},
		{"PermissionGroups none", func(r *connector.Receive) { r.PermissionGroups = param.Value(permission.Group(0)) },
			do("EHLO x", 250, "MAIL FROM:<>", 530)},
		{"EnhancedStatusCodesEnabled off", func(r *connector.Receive) { r.EnhancedStatusCodesEnabled = param.Value(false) },
			func(t *testing.T, _ *world, c *relaytest.Client) {
				c.Do("EHLO x", 250)
				if text := c.Do("MAIL FROM:<>", 250); strings.HasPrefix(text, "2.") {
					t.Errorf("enhanced code in %q", text)
				}
			}},
		{"ChunkingEnabled off", func(r *connector.Receive) {
			r.ChunkingEnabled, r.BinaryMimeEnabled = param.Value(false), param.Value(false)
		}, func(_ *testing.T, _ *world, c *relaytest.Client) {
			c.Do("EHLO x", 250)
			c.Do("MAIL FROM:<>", 250)
			c.Do("RCPT TO:<"+inside+">", 250)
			c.Do("BDAT 0 LAST", 500)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := only(t, c.change)
			c.dialog(t, w, w.client(stranger, hub))
		})
	}
}

func TestTimeouts(t *testing.T) {
	for _, c := range []struct {
		name string
		want time.Duration
		talk func(*relaytest.Client)
	}{
		{"ConnectionInactivityTimeout", time.Minute, func(*relaytest.Client) {}},
		{"ConnectionTimeout, however busy", 3 * time.Minute, func(c *relaytest.Client) {
			for range 5 { // the sixth is too late
				time.Sleep(31 * time.Second)
				c.Do("NOOP", 250)
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := only(t, func(r *connector.Receive) {
					r.ConnectionInactivityTimeout = time.Minute
					r.ConnectionTimeout = 3 * time.Minute
				})
				start := time.Now()
				client := w.client(stranger, hub)
				c.talk(client)
				client.Conn.SetDeadline(time.Time{})
				buf := make([]byte, 200)
				n, err := client.Conn.Read(buf)
				if err != nil || !strings.HasPrefix(string(buf[:n]), "421 4.4.1 ") {
					t.Errorf("got %q, %v", buf[:n], err)
				}
				if took := time.Since(start); took != c.want {
					t.Errorf("ended after %v, want %v", took, c.want)
				}
			})
		})
	}
}

func TestTarpit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := defaultHub()
		r.TarpitInterval = param.Value(5 * time.Second)
		gw := fromSecuredGateway()
		gw.TarpitInterval = param.Value(5 * time.Second)
		w := serve(t, policy(t, r, gw), nil)
		for from, want := range map[string]time.Duration{stranger: 5 * time.Second, secured: 0} {
			c := w.hello(from, hub)
			start := time.Now()
			c.Do("RCPT TO:<a@b>", 503)
			if got := time.Since(start); got != want {
				t.Errorf("%s waited %v, want %v", from, got, want)
			}
		}
	})
}

func TestConnectionLimits(t *testing.T) {
	for _, c := range []struct {
		name    string
		change  func(*connector.Receive)
		server  func(*relay.Server)
		sources []string // all but the last are served
		reply   string
	}{
		{
			name:    "MaxInboundConnection",
			change:  func(r *connector.Receive) { r.MaxInboundConnection = 2 },
			sources: []string{"203.0.113.1", "203.0.113.2", "203.0.113.3"},
			reply:   "4.3.2 The maximum number of concurrent server connections has exceeded a limit, closing transmission channel",
		},
		{
			name:    "MaxInboundConnectionPerSource",
			change:  func(r *connector.Receive) { r.MaxInboundConnectionPerSource = 2 },
			sources: []string{"203.0.113.1", "203.0.113.1", "203.0.113.2", "203.0.113.1"},
			reply:   "4.3.2 The maximum number of concurrent server connections has exceeded a per-source limit, closing transmission channel",
		},
		{
			name: "MaxInboundConnectionPercentagePerSource",
			change: func(r *connector.Receive) {
				// A third of 6 is 2; with 2 gone a third of 4, rounded up, is 2.
				r.MaxInboundConnection, r.MaxInboundConnectionPercentagePerSource = 6, 33
			},
			sources: []string{"203.0.113.1", "203.0.113.1", "203.0.113.1"},
			reply:   "4.3.2 The maximum number of concurrent server connections has exceeded a per-source limit, closing transmission channel",
		},
		{
			name:    "MaxConnections of the server",
			change:  func(*connector.Receive) {},
			server:  func(s *relay.Server) { s.MaxConnections = 1 },
			sources: []string{"203.0.113.1", "203.0.113.2"},
			reply:   "4.3.2 The maximum number of concurrent server connections has exceeded a limit, closing transmission channel",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := defaultHub()
			c.change(&r)
			w := serve(t, policy(t, r), c.server)
			var served []*relaytest.Client
			for _, from := range c.sources[:len(c.sources)-1] {
				served = append(served, w.client(from, hub))
			}
			last := relaytest.NewClient(t, w.dial(c.sources[len(c.sources)-1], hub))
			if got := last.Expect(421); got != c.reply {
				t.Errorf("got %q", got)
			}
			last.Closed()
			// A reload doesn't forget who is there, and who leaves makes room.
			if err := w.server.SetPolicy(policy(t, r)); err != nil {
				t.Fatal(err)
			}
			relaytest.NewClient(t, w.dial(c.sources[len(c.sources)-1], hub)).Expect(421)
			served[0].Do("QUIT", 221)
			served[0].Closed()
			eventually(t, func() bool { // the room is given back when the connection has ended
				code, _ := relaytest.NewClient(t, w.dial(c.sources[len(c.sources)-1], hub)).Reply()
				return code == 220
			})
		})
	}
}

func TestMessageRateLimit(t *testing.T) {
	for _, c := range []struct {
		name       string
		by         param.RateSource
		from, mail []string // one message each; the last is too much
	}{
		{"by address", param.RateByIPAddress, []string{stranger, stranger, gateway, stranger}, []string{"a", "b", "c", "d"}},
		{"by user", param.RateByUser, []string{stranger, gateway, gateway, secured}, []string{"a", "a", "b", "a"}},
		{"by both", param.RateByIPAddress | param.RateByUser, []string{stranger, gateway, stranger, stranger}, []string{"a", "b", "c", "d"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := only(t, func(r *connector.Receive) {
					r.MessageRateLimit, r.MessageRateSource = 2, param.Value(c.by)
				})
				try := func(i int) int {
					client := w.hello(c.from[i], hub)
					defer client.Close()
					client.Send("MAIL FROM:<" + c.mail[i] + "@contoso.com>")
					code, _ := client.Reply()
					return code
				}
				last := len(c.from) - 1
				for i := range last {
					if code := try(i); code != 250 {
						t.Fatalf("message %d: %d", i, code)
					}
				}
				if code := try(last); code != 421 {
					t.Errorf("too many: %d", code)
				}
				time.Sleep(time.Minute - 1)
				if code := try(last); code != 421 {
					t.Errorf("at the end of the minute: %d", code)
				}
				time.Sleep(time.Nanosecond)
				if code := try(last); code != 250 {
					t.Errorf("a minute later: %d", code)
				}
			})
		})
	}
}

// A connection that matches no connector is closed without a word.
func TestNoConnector(t *testing.T) {
	w := serve(t, policy(t, fromAnonymousGateway()), nil)
	for _, way := range [][2]string{{stranger, hub}, {gateway, otherHub}, {"::ffff:203.0.113.9", hub}} {
		relaytest.NewClient(t, w.dial(way[0], way[1])).Closed()
	}
	w.client(gateway, hub)
	w.client("::ffff:"+gateway, hub)
}

// TestSMTPUTF8: a local part that isn't ASCII needs SMTPUTF8 with MAIL, and is refused
// where that isn't offered.
func TestSMTPUTF8(t *testing.T) {
	for _, offered := range []bool{true, false} {
		hubs := defaultHub()
		hubs.SmtpUtf8Enabled = param.Value(offered)
		w := serve(t, policy(t, hubs), nil)
		c := w.hello(stranger, hub)
		for _, row := range []struct {
			line          string
			with, without int
		}{
			{"MAIL FROM:<jürgen@contoso.com>", 553, 553},
			{"MAIL FROM:<ann@bücher.example>", 250, 250},
			{"RCPT TO:<jürgen@fabrikam.com>", 553, 553},
			{"RCPT TO:<ann@fabrikam.com>", 250, 250},
			{"RSET", 250, 250},
			{"MAIL FROM:<jürgen@contoso.com> SMTPUTF8", 250, 555},
			{"RCPT TO:<jürgen@fabrikam.com>", 250, 503},
			{"MAIL FROM:<\xfc@contoso.com>", 500, 500},
		} {
			want := row.with
			if !offered {
				want = row.without
			}
			if text := c.Do(row.line, want); want == 553 && text != "5.6.7 Address needs SMTPUTF8" {
				t.Errorf("SMTPUTF8 offered: %v: %s: %q", offered, row.line, text)
			}
		}
	}
}
