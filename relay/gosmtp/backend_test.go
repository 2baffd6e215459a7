package gosmtp_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// The connector is chosen by the connection's own addresses, and Next is asked only what
// the policy allows.
func TestMiddleware(t *testing.T) {
	w := serve(t, internet(), applications())
	c := w.hello(stranger)
	c.Do("MAIL FROM:<someone@example.com>", 250)
	if text := c.Do("RCPT TO:<"+elsewhere+">", 550); text != "5.7.54 SMTP; Unable to relay recipient in non-accepted domain" {
		t.Errorf("relaying: %q", text)
	}
	c.Do("RCPT TO:<"+inside+">", 250)
	if text := send(c, "X-MS-Exchange-Organization-SCL: -1\r\nMessage-ID: <1@example.com>\r\n"+message, 250); !strings.HasPrefix(text, "2.6.0 <1@example.com> [InternalId=") {
		t.Errorf("accepted with %q", text)
	}
	got := w.mailbox.last(t)
	if got.from != "someone@example.com" || !slices.Equal(got.to, []string{inside}) {
		t.Errorf("%+v", got)
	}
	if !strings.HasPrefix(got.data, "Received: from client.example.com ([203.0.113.9])\r\n\tby hub.contoso.com ([10.2.3.4]) with ESMTP\r\n") ||
		!strings.HasSuffix(got.data, message) || strings.Contains(got.data, "SCL") {
		t.Errorf("header firewall and Received:\n%s", got.data)
	}
	if want := []string{"session", "mail someone@example.com", "rcpt " + inside, "data", "reset"}; !slices.Equal(w.mailbox.noted(), want) {
		t.Errorf("Next was called: %q", w.mailbox.noted())
	}
	c = w.hello(gateway)
	c.Do("MAIL FROM:<someone@example.com>", 250)
	c.Do("RCPT TO:<"+elsewhere+">", 250)
	send(c, message, 250)
}

// A user relays after AUTH, and only as a sender that it owns.
func TestAuth(t *testing.T) {
	w := serve(t, internet())
	c := w.hello(stranger)
	if text := c.Do("EHLO client.example.com", 250); strings.Contains(text, "AUTH") {
		t.Errorf("AUTH is offered in the clear: %q", text)
	}
	c.Do("AUTH PLAIN "+plain(amy, password), 504)
	c = w.encrypted(stranger)
	if text := c.Do("AUTH PLAIN "+plain(amy, "guess"), 535); text != "5.7.3 Authentication unsuccessful" {
		t.Errorf("a wrong password: %q", text)
	}
	c.Do("AUTH XOAUTH2 eA==", 504)
	c.Do("AUTH LOGIN", 334)
	c.Do("YW15QGNvbnRvc28uY29t", 334) // amy
	c.Do("UGE1NXcwcmQ=", 235)
	c.Do("AUTH PLAIN "+plain(amy, password), 503)
	c.Do("MAIL FROM:<"+inside+">", 550)
	c.Do("MAIL FROM:<"+amy+">", 250)
	c.Do("RCPT TO:<"+elsewhere+">", 250)
	send(c, message, 550) // its From is someone else
	c.Do("MAIL FROM:<"+amy+">", 250)
	c.Do("RCPT TO:<"+elsewhere+">", 250)
	send(c, strings.Replace(message, "someone@example.com", amy, 1), 250)
	if got := w.mailbox.last(t); !strings.Contains(got.data, "with ESMTPSA") {
		t.Errorf("Received:\n%s", got.data)
	}
}

// Every limit for messages has the documented reply.
func TestMessageLimits(t *testing.T) {
	in := internet()
	in.MaxMessageSize, in.MaxHeaderSize, in.MaxHopCount = 64*param.KB, param.KB, 3
	in.MaxRecipientsPerMessage, in.MaxProtocolErrors = 2, param.Value(param.Unlimited)
	w := serve(t, in)
	c := w.hello(stranger)
	begin := func() {
		t.Helper()
		c.Do("MAIL FROM:<someone@example.com>", 250)
		c.Do("RCPT TO:<"+inside+">", 250)
	}
	c.Do("MAIL FROM:<someone@example.com> SIZE=65537", 552)
	begin()
	c.Do("MAIL FROM:<other@example.com>", 503)
	c.Do("RCPT TO:<"+amy+">", 250)
	c.Do("RCPT TO:<third@contoso.com>", 452)
	send(c, message+strings.Repeat("x\r\n", 64<<10/3), 552)
	begin()
	send(c, "X: "+strings.Repeat("y", 2000)+"\r\n"+message, 552)
	begin()
	send(c, strings.Repeat("Received: by x; Mon, 1 Jan 2007 00:00:00 +0000\r\n", 4)+message, 554)
	begin()
	send(c, message, 250)
	if n := len(w.mailbox.all()); n != 1 {
		t.Errorf("%d messages were accepted", n)
	}
}

// Errors of Next reach the client only if they are replies.
func TestErrorsOfNext(t *testing.T) {
	w := newWorld(t, internet())
	var answer error
	w.mailbox.rcpt = func(string) error { return answer }
	w.mailbox.data = func(letter) error { return answer }
	w.start()
	c := w.hello(stranger)
	c.Do("MAIL FROM:<>", 250)
	refusal := &smtp.SMTPError{Code: 450, EnhancedCode: smtp.EnhancedCode{4, 2, 1}, Message: "Mailbox busy"}
	for _, tc := range []struct {
		err  error
		code int
		text string
	}{
		{refusal, 450, "4.2.1 Mailbox busy"},
		{errors.Join(errors.New("pq: secret"), refusal), 450, "4.2.1 Mailbox busy"},
		{errors.New("pq: secret"), 451, "4.3.0 Temporary server error. Please try again later"},
		{&smtp.SMTPError{Code: 250, Message: "taken"}, 451, "4.3.0 Temporary server error. Please try again later"},
	} {
		answer = tc.err
		if text := c.Do("RCPT TO:<"+inside+">", tc.code); text != tc.text {
			t.Errorf("RCPT, %v: %q", tc.err, text)
		}
		answer = nil
		c.Do("RCPT TO:<"+inside+">", 250)
		answer = tc.err
		if text := send(c, message, tc.code); text != tc.text {
			t.Errorf("DATA, %v: %q", tc.err, text)
		}
		c.Do("MAIL FROM:<>", 250)
	}
	if n := len(w.mailbox.all()); n != 0 {
		t.Errorf("%d messages were accepted", n)
	}
	if !strings.Contains(w.log.String(), "pq: secret") {
		t.Errorf("the log lacks the error:\n%s", w.log.String())
	}
}

// The Listener turns connections away before the greeting.
func TestListener(t *testing.T) {
	in := internet()
	in.RemoteIPRanges = []param.Range{param.MustParseRange("203.0.113.0/24")}
	in.MaxInboundConnection, in.MaxInboundConnectionPerSource = 3, 2
	w := serve(t, in)
	relaytest.NewClient(t, w.dial(gateway)).Closed() // no connector
	first, second := w.client(stranger), w.client(stranger)
	relaytest.NewClient(t, w.dial(stranger)).Expect(421)
	w.client("203.0.113.10")
	relaytest.NewClient(t, w.dial("203.0.113.11")).Expect(421)
	first.Do("QUIT", 221)
	first.Closed()
	second.Close()
	for {
		c := relaytest.NewClient(t, w.dial(stranger))
		if code, _ := c.Reply(); code == 220 {
			return // the places are free again
		}
		time.Sleep(time.Millisecond)
	}
}

// A new policy decides on new connections, and there always is one.
func TestSetPolicy(t *testing.T) {
	w := serve(t, internet())
	before := w.hello(gateway)
	if err := w.backend.SetPolicy(nil); !errors.Is(err, relay.ErrNoPolicy) {
		t.Errorf("SetPolicy(nil): %v", err)
	}
	next := compile(t, applications())
	if err := w.backend.SetPolicy(next); err != nil || w.backend.CurrentPolicy() != next {
		t.Fatal(err)
	}
	for c, code := range map[*relaytest.Client]int{before: 550, w.hello(gateway): 250} {
		c.Do("MAIL FROM:<>", 250)
		c.Do("RCPT TO:<"+elsewhere+">", code)
	}
	relaytest.NewClient(t, w.dial(stranger)).Closed()
}

// Without a Listener, and without a Policy, no client gets a session that the policy
// wouldn't give it.
func TestWithoutListener(t *testing.T) {
	in := internet()
	in.RemoteIPRanges = []param.Range{param.MustParseRange(stranger)}
	w := newWorld(t, in)
	w.bare = true
	w.start()
	c := w.client(gateway)
	c.Send("EHLO client.example.com")
	c.Closed()
	c = w.hello(stranger)
	c.Do("MAIL FROM:<>", 250)
	c.Do("RCPT TO:<"+elsewhere+">", 550)
	c.Do("RCPT TO:<"+inside+">", 250)
	send(c, message, 250)
	w.backend.Policy = nil
	c = w.client(stranger)
	c.Send("EHLO client.example.com")
	c.Closed()
}

// LMTP has an answer for each recipient, once the message is known to be whole.
func TestLMTP(t *testing.T) {
	in := internet()
	in.MaxMessageSize = 64 * param.KB
	w := newWorld(t, in)
	w.server.LMTP = true
	w.mailbox.lmtp = func(l letter, status smtp.StatusCollector) error {
		for i, to := range l.to {
			err := error(nil)
			if i == 1 {
				err = &smtp.SMTPError{Code: 452, EnhancedCode: smtp.EnhancedCode{4, 2, 2}, Message: "Mailbox full"}
			}
			status.SetStatus(to, err)
		}
		return nil
	}
	w.start()
	c := w.client(stranger)
	c.Do("LHLO client.example.com", 250)
	begin := func() {
		c.Do("MAIL FROM:<someone@example.com>", 250)
		c.Do("RCPT TO:<kim@CONTOSO.com>", 250)
		c.Do("RCPT TO:<kim@contoso.com>", 250)
		c.Do(`RCPT TO:<"k m"@contoso.com>`, 250)
	}
	begin()
	send(c, message, 250)
	c.Expect(452)
	c.Expect(250)
	begin()
	send(c, message+strings.Repeat("x\r\n", 64<<10/3), 552)
	c.Expect(552)
	c.Expect(552)
}

// The connector's timeouts rule, not go-smtp's.
func TestTimeouts(t *testing.T) {
	in := internet()
	in.ConnectionInactivityTimeout, in.ConnectionTimeout = time.Minute, 5*time.Minute
	synctest.Test(t, func(t *testing.T) {
		w := serve(t, in)
		start := time.Now()
		c := w.hello(stranger)
		if last := remainder(t, c); !strings.HasPrefix(last, "421 4.4.2 ") || time.Since(start) != time.Minute {
			t.Errorf("an idle client gets %q after %v", last, time.Since(start))
		}
		start = time.Now()
		c = w.hello(stranger)
		for time.Since(start) < 5*time.Minute-30*time.Second {
			time.Sleep(30 * time.Second)
			c.Do("NOOP", 250)
		}
		if last := remainder(t, c); !strings.HasPrefix(last, "421 4.4.2 ") || time.Since(start) != 5*time.Minute {
			t.Errorf("a busy client gets %q after %v", last, time.Since(start))
		}
		_ = w.server.Close()
	})
}

// Errors and wrong passwords are slow, and only so many are answered.
func TestPatience(t *testing.T) {
	in := internet()
	in.MaxProtocolErrors, in.MaxLogonFailures = param.Value(param.Limit(3)), param.Value(2)
	in.TarpitInterval, in.AuthTarpitInterval = param.Value(5*time.Second), param.Value(7*time.Second)
	synctest.Test(t, func(t *testing.T) {
		w := serve(t, in)
		c := w.hello(stranger)
		c.Do("MAIL FROM:<>", 250)
		start := time.Now()
		c.Send("RCPT TO:<a@example.net>", "RCPT TO:<b@example.net>", "RCPT TO:<c@example.net>", "RCPT TO:<d@example.net>", "RCPT TO:<"+inside+">")
		for range 4 {
			c.Expect(550)
		}
		c.Closed() // though another command was pipelined
		if took := time.Since(start); took != 20*time.Second {
			t.Errorf("four errors took %v", took)
		}
		c = w.encrypted(stranger)
		start = time.Now()
		c.Do("AUTH PLAIN "+plain(amy, "a"), 535)
		c.Do("AUTH PLAIN "+plain(amy, "b"), 535)
		c.Closed()
		if took := time.Since(start); took != 14*time.Second {
			t.Errorf("two guesses took %v", took)
		}
		_ = w.server.Close()
	})
}

// A source can't guess on by reconnecting.
func TestGuesses(t *testing.T) {
	w := serve(t, internet())
	last := 0
	for range 12 {
		c := w.encrypted(stranger)
		c.Send("AUTH PLAIN " + plain(amy, "guess"))
		last, _ = c.Reply()
		c.Close()
	}
	if last != 454 {
		t.Errorf("the twelfth guess gets %d", last)
	}
	w.logs(`msg="command refused" connector=Internet remote=203.0.113.9:`, "command=AUTH", `reply="454 4.7.0`, "tried="+amy, "reason=too-many-guesses")
}

// MessageRateLimit counts across connections.
func TestMessageRate(t *testing.T) {
	in := internet()
	in.MessageRateLimit = 2
	w := serve(t, in)
	for _, code := range []int{250, 250, 421} {
		w.hello(stranger).Do("MAIL FROM:<someone@example.com>", code)
	}
	w.hello("203.0.113.10").Do("MAIL FROM:<someone@example.com>", 250)
}

// The name in EHLO is judged each time, although go-smtp asks only once.
func TestHelloAgain(t *testing.T) {
	w := serve(t, internet())
	c := w.client(stranger)
	c.Do("EHLO a\rb", 500)
	c.Do("MAIL FROM:<>", 502)
	c.Do("EHLO client.example.com", 250)
	c.Do("EHLO a\x01b", 250)
	c.Do("MAIL FROM:<>", 500)
	c.Do("EHLO client.example.com", 250)
	c.Do("MAIL FROM:<>", 250)
}

// A shutdown ends idle connections at once, the others after their transaction or with ctx.
func TestShutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := serve(t, internet())
		idle, within, busy, stalled := w.client(stranger), w.encrypted(stranger), w.hello(stranger), w.hello(stranger)
		chunks := w.hello(stranger)
		for _, c := range []*relaytest.Client{busy, stalled, chunks} {
			begin(c)
		}
		chunks.SendRaw("BDAT 14\r\nSubject: x\r\n\r\n")
		chunks.Expect(250)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		ended := make(chan error)
		start := time.Now()
		go func() { ended <- w.backend.Shutdown(ctx) }()
		for _, c := range []*relaytest.Client{idle, within} {
			c.Expect(421)
		}
		relaytest.NewClient(t, w.dial(stranger)).Expect(421)
		send(busy, message, 250)
		busy.Closed()
		chunks.SendRaw("BDAT 6 LAST\r\ntext\r\n")
		chunks.Expect(250)
		chunks.Closed()
		if err := <-ended; !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 5*time.Second {
			t.Errorf("Shutdown: %v after %v", err, time.Since(start))
		}
		stalled.Closed()
		if n := len(w.mailbox.all()); n != 2 {
			t.Errorf("%d messages were accepted", n)
		}
		if err := w.backend.Shutdown(t.Context()); err != nil {
			t.Errorf("a second Shutdown: %v", err)
		}
		if err := w.server.Shutdown(t.Context()); err != nil {
			t.Errorf("the server's Shutdown: %v", err)
		}
	})
}
