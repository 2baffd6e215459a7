package smtpserver_test

import (
	"bufio"
	"context"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/smtpserver"
)

// TestTimeouts: whatever the state, time that is up ends the connection, and
// what comes afterwards is not read. The clock is synctest's.
func TestTimeouts(t *testing.T) {
	for _, row := range []struct {
		name, before string
		want         int // seconds until the end
	}{
		{"idle", "", 30},
		{"half a command", ">> MAIL FROM:<a@exam", 30},
		{"in a transaction", "> MAIL FROM:<a@example.org>\n< 250 ...", 30},
		{"in DATA", `> MAIL FROM:<a@example.org>
			< 250 ...
			> RCPT TO:<b@example.net>
			< 250 ...
			>> DATA\r\nhalf a message\r\n
			< 354 ...`, 30},
		{"in a chunk", `> MAIL FROM:<a@example.org>
			< 250 ...
			> RCPT TO:<b@example.net>
			< 250 ...
			>> BDAT 10 LAST\r\nhalf`, 30},
		{"between chunks", `> MAIL FROM:<a@example.org>
			< 250 ...
			> RCPT TO:<b@example.net>
			< 250 ...
			>> BDAT 4\r\nhalf
			< 250 ...`, 30},
		{"in AUTH", "> AUTH LOGIN\n< 334 ...", 30},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &session{onAuth: login("secret")}
				cfg := config()
				cfg.InactivityTimeout, cfg.ConnectionTimeout = 30*time.Second, 10*time.Minute
				c := serve(t, t.Context(), cfg, s)
				c.hello()
				c.talk(row.before)
				start := time.Now()
				c.talk("< 421 4.4.1 Connection timed out\n<<")
				if got := time.Since(start); got != time.Duration(row.want)*time.Second {
					t.Errorf("ended after %v", got)
				}
				c.send("\r\n.\r\n" + smuggled)
				if err := c.end(); err != nil {
					t.Errorf("Serve: %v", err)
				}
				if len(s.messages) != 0 {
					t.Errorf("messages %q", s.bodies())
				}
			})
		})
	}
}

// TestConnectionTimeout: a client that keeps trickling is not for ever.
func TestConnectionTimeout(t *testing.T) {
	for _, message := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			cfg := config()
			cfg.InactivityTimeout, cfg.ConnectionTimeout = 30*time.Second, 10*time.Minute
			c := serve(t, t.Context(), cfg, &session{})
			start := time.Now()
			c.hello()
			if message {
				c.transaction()
				c.talk("> DATA\n< 354 ...")
			}
			stop := make(chan struct{})
			go func() {
				for {
					select {
					case <-stop:
						return
					case <-time.After(20 * time.Second):
						c.send("x")
					}
				}
			}()
			c.talk("< 421 4.4.1 Connection timed out\n<<")
			close(stop)
			if got := time.Since(start); got != 10*time.Minute {
				t.Errorf("ended after %v", got)
			}
			c.end()
		})
	}
}

// TestLastReply: a client hears that its time is up, however generous the limit
// for its silence.
func TestLastReply(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := config()
		cfg.InactivityTimeout, cfg.ConnectionTimeout = time.Hour, 10*time.Minute
		c := serve(t, t.Context(), cfg, &session{})
		start := time.Now()
		time.Sleep(time.Second)
		c.hello()
		c.talk("< 421 4.4.1 Connection timed out\n<<")
		if got := time.Since(start); got != 10*time.Minute {
			t.Errorf("ended after %v", got)
		}
		c.end()
	})
}

// TestClientThatDoesNotRead: a write has its deadline too.
func TestClientThatDoesNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := pipe()
		cfg := config()
		cfg.InactivityTimeout = 30 * time.Second
		start := time.Now()
		if err := smtpserver.Serve(t.Context(), far, &cfg, &session{}); err != nil {
			t.Errorf("Serve: %v", err)
		}
		if got := time.Since(start); got != 30*time.Second {
			t.Errorf("ended after %v", got)
		}
		_ = near.Close()
	})
}

// TestProtocolErrors: the sixth ends it, refused recipients included.
func TestProtocolErrors(t *testing.T) {
	c := serve(t, context.Background(), config(), &session{onRcpt: refuseNo})
	c.hello()
	c.talk(`> MAIL FROM:<a@example.org>
		< 250 ...
		> RCPT TO:<no@example.net>
		< 550 5.1.1 User unknown
		> RCPT TO:<no@example.net>
		< 550 ...
		> RCPT TO:<b@example.net>
		< 250 ...
		> RCPT TO:<nonsense
		< 501 ...
		> BLAH
		< 500 ...
		> RCPT TO:<no@example.net>
		< 550 ...
		> NOOP
		< 250 ...
		> RCPT TO:<no@example.net>
		< 550 ...
		< 421 4.7.0 Too many errors on this connection, closing transmission channel
		<<`)
	c.end()

	cfg := config()
	cfg.MaxProtocolErrors = -1
	c = serve(t, context.Background(), cfg, &session{})
	c.hello()
	for range 100 {
		c.talk("> BLAH\n< 500 5.3.3 ...")
	}
	c.end()
}

// TestNothingToGuess: what is refused of the mail of a client that is trusted or
// may relay is no error of its and isn't slowed; other mistakes are.
func TestNothingToGuess(t *testing.T) {
	for name, s := range map[string]*session{"trusted": {trusted: true}, "relaying": {relays: true}} {
		t.Run(name, func(t *testing.T) {
			s.onRcpt = refuseNo
			s.onData = func(io.Reader) reply.Reply {
				return reply.Reply{Code: 550, Enhanced: [3]int{5, 7, 1}, Text: "Spam"}
			}
			synctest.Test(t, func(t *testing.T) {
				cfg := config()
				if !s.trusted {
					cfg.TarpitInterval = 5 * time.Second
				}
				begin := time.Now()
				c := serve(t, t.Context(), cfg, s)
				c.hello()
				c.transaction()
				for range 20 {
					c.talk("> RCPT TO:<no@example.net>\n< 550 5.1.1 User unknown")
					c.talk("> RCPT TO:<bob@example..net>\n< 501 5.1.7 Invalid Address")
				}
				c.talk(">> DATA\\r\\nHi\\r\\n.\\r\\n\n< 354 ...\n< 550 5.7.1 Spam")
				for range 20 {
					c.talk("> MAIL FROM:<nonsense\n< 501 5.1.7 Invalid Address")
				}
				if took := time.Since(begin); took != 0 {
					t.Errorf("the refusals took %v", took)
				}
				for range 5 {
					c.talk("> NONSENSE\n< 500 ...")
				}
				c.talk("> NONSENSE\n< 500 ...\n< 421 4.7.0 ...\n<<")
				c.end()
			})
		})
	}
}

// TestLogIsEscaped: bytes of the client reach the log escaped, and no reply.
func TestLogIsEscaped(t *testing.T) {
	c := serve(t, context.Background(), config(), &session{})
	c.hello()
	c.talk(`>> NOOP \x1b[31m\\ \xff\x07\r\n
		< 500 5.5.2 ...
		>> \x1b]0;x\x07\r\n
		< 500 ...`)
	c.end()
	log := c.log.String()
	if !strings.Contains(log, `< NOOP \x1B[31m\x5C \xFF\x07`) {
		t.Errorf("log:\n%s", log)
	}
	if strings.ContainsFunc(log, func(r rune) bool { return r != '\n' && (r < ' ' || r > '~') }) {
		t.Errorf("log is not escaped: %q", log)
	}
}

// TestTarpit: negative replies are late, positive ones in time, and trusted
// clients don't wait.
func TestTarpit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := config()
		cfg.TarpitInterval, cfg.AuthTarpit = 5*time.Second, 7*time.Second
		c := serve(t, t.Context(), cfg, &session{onAuth: login("secret")})
		c.hello()
		lap := time.Now()
		check := func(what string, want time.Duration) {
			t.Helper()
			if got := time.Since(lap); got != want {
				t.Errorf("%s took %v, want %v", what, got, want)
			}
			lap = time.Now()
		}
		c.talk("> NOOP\n< 250 ...")
		check("NOOP", 0)
		c.talk("> BLAH\n< 500 ...")
		check("a bad command", 5*time.Second)
		c.talk("> AUTH PLAIN AHVzZXIAd3Jvbmc=\n< 535 ...")
		check("a bad logon", 7*time.Second)
		c.talk("> AUTH PLAIN AHVzZXIAc2VjcmV0\n< 235 ...")
		check("a good logon", 0)
		c.talk("> BLAH\n< 500 ...")
		check("a bad command of a user", 0)
		c.end()
	})
}

// TestOneWrite: a batch of pipelined commands is answered at once.
func TestOneWrite(t *testing.T) {
	cfg := config()
	conn := &tape{in: []byte("EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<b@example.net>\r\nRCPT TO:<no@example.net>\r\nDATA\r\n")}
	if err := smtpserver.Serve(context.Background(), conn, &cfg, &session{onRcpt: refuseNo}); err != nil {
		t.Fatal(err)
	}
	if got := conn.out.String(); conn.writes != 2 || !strings.Contains(got, "550 5.1.1 User unknown\r\n354 ") {
		t.Errorf("%d writes, want greeting and answers: %q", conn.writes, got)
	}
}

// TestCutOffClientLearnsWhy: a client in the middle of a message that is too
// large gets the refusal, not a reset.
func TestCutOffClientLearnsWhy(t *testing.T) {
	near, far := tcpPipe(t)
	cfg := config()
	cfg.SetMaxDiscard(1 << 20)
	s := &session{onData: func(io.Reader) reply.Reply {
		return reply.Reply{Code: 552, Enhanced: [3]int{5, 3, 4}, Text: "too big"}
	}}
	c := &client{t: t, conn: near, done: make(chan error, 1)}
	go func() { c.done <- smtpserver.Serve(context.Background(), far, &cfg, s) }()
	c.r = bufio.NewReader(near)
	c.hello()
	c.transaction()
	c.talk("> DATA\n< 354 ...")
	c.send(strings.Repeat("x", 8<<20))
	c.talk("< 552 5.3.4 too big\n<<")
	if err := c.end(); err != nil {
		t.Errorf("Serve: %v", err)
	}
}

// TestShutdown: who is idle goes at once, who is in a transaction may finish it.
func TestShutdown(t *testing.T) {
	t.Run("idle", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			c := serve(t, ctx, config(), &session{})
			c.hello()
			synctest.Wait()
			cancel()
			c.talk("< 421 4.3.2 Service not available, closing transmission channel\n<<")
			c.end()
		})
	})
	t.Run("tarpit", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			cfg := config()
			cfg.TarpitInterval = time.Hour
			c := serve(t, ctx, cfg, &session{})
			c.hello()
			c.send("BLAH\r\n")
			synctest.Wait()
			cancel()
			c.talk("< 500 ...\n< 421 4.3.2 ...\n<<")
			c.end()
		})
	})
	t.Run("transaction", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			s := &session{}
			c := serve(t, ctx, config(), s)
			c.hello()
			c.talk("> MAIL FROM:<a@example.org>\n< 250 ...")
			synctest.Wait()
			cancel()
			synctest.Wait() // the end of ctx reaches the connection on a goroutine of its own
			c.talk(`> RCPT TO:<b@example.net>
				< 250 ...
				> DATA
				< 354 ...
				>> whole\r\n.\r\nMAIL FROM:<c@example.org>\r\n
				< 250 2.6.0 ...
				< 421 4.3.2 ...
				<<`)
			c.end()
			if len(s.messages) != 1 {
				t.Errorf("%d messages", len(s.messages))
			}
		})
	})
}
