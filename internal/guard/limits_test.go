package guard_test

import (
	"context"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/internal/guard"
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

// TestClientThatDoesNotRead: a write has its deadline too.
func TestClientThatDoesNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := pipe()
		cfg := config()
		cfg.InactivityTimeout = 30 * time.Second
		start := time.Now()
		if err := guard.Serve(t.Context(), far, cfg, &session{}); err != nil {
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

// login is an onAuth of LOGIN with one password.
func login(password string) func(string) (auth.Exchange, connector.Reply) {
	return func(mech string) (auth.Exchange, connector.Reply) {
		e, err := auth.NewExchange(mech, func(c auth.Credentials) error {
			if string(c.Password) != password {
				return auth.ErrBadCredentials
			}
			return nil
		})
		if err != nil {
			return nil, connector.Reply{Code: 504, Enhanced: [3]int{5, 7, 4}, Text: "Unrecognized authentication type"}
		}
		return e, connector.Reply{}
	}
}

// TestAuth: order, encoding, cancelling, counting.
func TestAuth(t *testing.T) {
	const user, right, wrong = "dXNlcg==", "c2VjcmV0", "d3Jvbmc="
	for _, row := range []struct{ name, dialog string }{
		{"right", "> AUTH login\n< 334 VXNlcm5hbWU6\n> " + user + "\n< 334 UGFzc3dvcmQ6\n> " + right + `
			< 235 2.7.0 Authentication successful
			> AUTH LOGIN
			< 503 5.5.1 Bad sequence of commands
			> EHLO again
			< 250-...
			< 250-...
			< 250-...
			< 250-...
			< 250-...
			< 250-...
			< 250 CHUNKING
			> AUTH LOGIN
			< 503 5.5.1 Bad sequence of commands`},
		{"initial response", "> AUTH LOGIN " + user + "\n< 334 UGFzc3dvcmQ6\n> " + right + "\n< 235 ..."},
		{"PLAIN", "> AUTH PLAIN AHVzZXIAc2VjcmV0\n< 235 ..."},
		{"PLAIN asked for", "> AUTH PLAIN\n< 334 \n> AHVzZXIAc2VjcmV0\n< 235 ..."},
		{"wrong", "> AUTH LOGIN " + user + "\n< 334 ...\n> " + wrong + `
			< 535 5.7.3 Authentication unsuccessful
			> NOOP
			< 250 ...`},
		{"cancelled", `> AUTH LOGIN
			< 334 ...
			> *
			< 501 5.7.0 Authentication cancelled
			> NOOP
			< 250 ...`},
		{"bad base64", `> AUTH LOGIN
			< 334 ...
			> dXNlcg
			< 501 5.5.2 Cannot decode response
			> AUTH PLAIN AHVzZXIAc2VjcmV1=
			< 501 5.5.2 Cannot decode response
			> AUTH PLAIN !
			< 501 5.5.2 Cannot decode response`},
		{"arguments", `> AUTH PLAIN AHVzZXIAc2VjcmV0 more
			< 501 5.5.4 Invalid arguments
			> AUTH PL{}AIN
			< 501 5.5.4 Invalid arguments
			> AUTH NTLM
			< 504 5.7.4 Unrecognized authentication type`},
		{"long response", "> AUTH LOGIN\n< 334 ...\n> " + strings.Repeat("AAAA", 3100) + `
			< 500 5.5.2 Line too long
			> NOOP
			< 250 ...`},
		{"bare linefeed", `> AUTH LOGIN
			< 334 ...
			>> dXNlcg==\nNOOP\r\n
			< 500 5.5.2 Lines must end with CRLF
			<<`},
		{"guessing", strings.Repeat("> AUTH LOGIN "+user+"\n< 334 ...\n> "+wrong+"\n< 535 5.7.3 ...\n", 3) + `
			< 421 4.7.0 Too many errors on this connection, closing transmission channel
			<<`},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := serve(t, context.Background(), config(), &session{onAuth: login("secret")})
			c.hello()
			c.talk(row.dialog)
			if err := c.end(); err != nil {
				t.Errorf("Serve: %v", err)
			}
		})
	}
}

// TestSecretsAreNotLogged, wherever a client puts them.
func TestSecretsAreNotLogged(t *testing.T) {
	c := serve(t, context.Background(), config(), &session{onAuth: login("other")})
	c.hello()
	c.talk(`> AUTH LOGIN U0VDUkVUQQ==
		< 334 ...
		> U0VDUkVUQg==
		< 535 ...
		> AUTH PLAIN AFNFQ1JFVEMAU0VDUkVUQw== U0VDUkVURA==
		< 501 ...
		> AUTH U0VDUkVURQ==
		< 501 ...
		> U0VDUkVURg==
		< 500 ...
		> AUTHPLAIN U0VDUkVURw==
		< 500 ...`)
	c.end()
	for _, s := range []string{"U0VD", "SECRET", "FNFQ1"} {
		if strings.Contains(c.log.String(), s) {
			t.Errorf("log holds %s:\n%s", s, c.log)
		}
	}
	if !strings.Contains(c.log.String(), "< AUTH LOGIN <redacted>\n") {
		t.Errorf("log does not tell of AUTH:\n%s", c.log)
	}
}

// TestLogIsEscaped: no octet of a client's reaches log or reply as it is.
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
			s.onData = func(ctx context.Context, body io.Reader) connector.Reply {
				if ctx.Err() != nil {
					t.Error("the context of Data ended with the server's")
				}
				s.onData = nil
				return s.Data(ctx, body)
			}
			c := serve(t, ctx, config(), s)
			c.hello()
			c.talk("> MAIL FROM:<a@example.org>\n< 250 ...")
			synctest.Wait()
			cancel()
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

// TestPanics: a panic ends the connection, not the process.
func TestPanics(t *testing.T) {
	boom := func() connector.Reply { panic("boom") }
	for _, row := range []struct {
		name, dialog string
		s            *session
	}{
		{"Hello", "> EHLO x\n< 421 4.3.0 ...\n<<", &session{onHello: func(string) connector.Reply { return boom() }}},
		{"Hello again", "> EHLO x\n< 250-...\n< 250-...\n< 250-...\n< 250-...\n< 250-...\n< 250-...\n< 250 ...\n> EHLO bad\n< 421 4.3.0 ...\n<<",
			&session{onHello: func(name string) connector.Reply {
				if name == "bad" {
					boom()
				}
				return ok
			}}},
		{"Mail", "> HELO x\n< 250 ...\n> MAIL FROM:<>\n< 421 4.3.0 ...\n<<",
			&session{onMail: func(guard.Mail) connector.Reply { return boom() }}},
		{"Rcpt", "> HELO x\n< 250 ...\n> MAIL FROM:<>\n< 250 ...\n> RCPT TO:<b@example.net>\n< 421 4.3.0 ...\n<<",
			&session{onRcpt: func(guard.Rcpt) connector.Reply { return boom() }}},
		{"Data", "> HELO x\n< 250 ...\n> MAIL FROM:<>\n< 250 ...\n> RCPT TO:<b@example.net>\n< 250 ...\n>> DATA\\r\\nx\\r\\n.\\r\\n" + smuggledQuoted +
			"\n< 354 ...\n< 421 4.3.0 ...\n<<",
			&session{onData: func(context.Context, io.Reader) connector.Reply { return boom() }}},
		{"Auth", "> EHLO x\n< 250-...\n< 250-...\n< 250-...\n< 250-...\n< 250-...\n< 250-...\n< 250 ...\n> AUTH PLAIN\n< 421 4.3.0 ...\n<<",
			&session{onAuth: func(string) (auth.Exchange, connector.Reply) { panic("boom") }}},
		{"Close", "> QUIT\n< 221 ...\n<<", &session{onClose: func() { boom() }}},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := serve(t, context.Background(), config(), row.s)
			c.line()
			c.talk(row.dialog)
			err := c.end()
			if err == nil || !strings.Contains(err.Error(), "boom") {
				t.Errorf("Serve: %v", err)
			}
			if got := row.s.calls[len(row.s.calls)-1]; got != "close" {
				t.Errorf("last call %s", got)
			}
		})
	}
}
