package relay_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

func handle(f relay.HandlerFunc) func(*relay.Server) {
	return func(s *relay.Server) { s.Handler = f }
}

func readAll(f func() error) relay.HandlerFunc {
	return func(_ context.Context, _ *relay.Envelope, body io.Reader) error {
		if _, err := io.ReadAll(body); err != nil {
			return err
		}
		return f()
	}
}

const secretDSN = "postgres://admin:hunter2@db"

func replyOf(code int, text string) reply.Reply {
	return reply.Reply{Code: code, Enhanced: [3]int{code / 100, 1, 1}, Text: text}
}

// What the client hears of what a Handler says.
func TestHandlerErrors(t *testing.T) {
	const local = "4.3.0 Temporary server error. Please try again later"
	for _, c := range []struct {
		name    string
		handler relay.HandlerFunc
		code    int
		text    string
	}{
		{"5xx", readAll(func() error { return &relay.Error{Reply: replyOf(550, "No such user")} }), 550, "5.1.1 No such user"},
		{"4xx, wrapped", readAll(func() error {
			return fmt.Errorf("x: %w", &relay.Error{Reply: replyOf(452, "Full"), Err: errors.New(secretDSN)})
		}), 452, "4.1.1 Full"},
		{"2xx is no success", readAll(func() error { return &relay.Error{Reply: replyOf(250, "OK")} }), 451, local},
		{"3xx", readAll(func() error { return &relay.Error{Reply: replyOf(354, "Go on")} }), 451, local},
		{"no reply", readAll(func() error { return &relay.Error{} }), 451, local},
		{"other", readAll(func() error { return errors.New(secretDSN) }), 451, local},
		{"several lines", readAll(func() error { return &relay.Error{Reply: replyOf(550, "No\r\n250 OK")} }), 550, "5.1.1 No?\n5.1.1 250 OK"},
		{"nothing read", func(context.Context, *relay.Envelope, io.Reader) error { return nil }, 451, local},
		{"not read to the end", func(_ context.Context, _ *relay.Envelope, body io.Reader) error {
			_, err := io.ReadFull(body, make([]byte, 10))
			return err
		}, 451, local},
		{"copied to a writer that fails", func(_ context.Context, _ *relay.Envelope, body io.Reader) error {
			_, _ = io.Copy(failingWriter{}, body)
			return nil
		}, 451, local},
		{"copied to a writer that fails, and read on", func(_ context.Context, _ *relay.Envelope, body io.Reader) error {
			_, _ = io.Copy(failingWriter{}, body)
			_, err := io.Copy(io.Discard, body)
			return err
		}, 451, local},
		{"copied to a writer that fails, and refused", func(_ context.Context, _ *relay.Envelope, body io.Reader) error {
			_, err := io.Copy(failingWriter{}, body)
			return &relay.Error{Reply: replyOf(552, "Too big there"), Err: err}
		}, 552, "5.1.1 Too big there"},
		{"copied", func(_ context.Context, _ *relay.Envelope, body io.Reader) error {
			_, err := io.Copy(io.Discard, body)
			return err
		}, 250, ""},
		{"read beyond the end", func(_ context.Context, _ *relay.Envelope, body io.Reader) error {
			for range 2 {
				if _, err := io.Copy(io.Discard, body); err != nil {
					return err
				}
			}
			if n, err := body.Read(make([]byte, 1)); n != 0 || err != io.EOF {
				return fmt.Errorf("%d, %v behind the end", n, err)
			}
			return nil
		}, 250, ""},
		{"early refusal", func(context.Context, *relay.Envelope, io.Reader) error {
			return &relay.Error{Reply: replyOf(554, "No")}
		}, 554, "5.1.1 No"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := serve(t, policy(t, defaultHub()), handle(c.handler))
			client := w.hello(stranger, hub)
			for range 2 { // the session goes on
				client.Do("MAIL FROM:<>", 250)
				client.Do("RCPT TO:<"+inside+">", 250)
				if text := send(client, message+strings.Repeat("x\r\n", 20_000), c.code); c.text != "" && text != c.text {
					t.Errorf("got %q, want %q", text, c.text)
				}
			}
		})
	}
}

type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestHandlerPanics(t *testing.T) {
	w := serve(t, policy(t, defaultHub()), handle(func(context.Context, *relay.Envelope, io.Reader) error { panic("oops") }))
	c := w.hello(stranger, hub)
	c.Do("MAIL FROM:<>", 250)
	c.Do("RCPT TO:<"+inside+">", 250)
	c.Do("DATA", 354)
	c.SendRaw(message + ".\r\n")
	if code, text := c.Reply(); code != 421 && code != 451 {
		t.Errorf("got %d %s", code, text)
	}
	w.waitFor("oops")
	w.hello(stranger, hub) // others are served
}

// The reply to a message names it.
func TestAcceptedReply(t *testing.T) {
	w := serve(t, policy(t, defaultHub()), nil)
	for id, want := range map[string]string{
		"<1@client.contoso.com>":             "2.6.0 <1@client.contoso.com> [InternalId=",
		"  <folded@contoso.com>\r\n\t":       "2.6.0 <folded@contoso.com> [InternalId=",
		"<a b@c>":                            "2.6.0 [InternalId=",
		"<\xff@c>":                           "2.6.0 [InternalId=",
		"none":                               "2.6.0 [InternalId=",
		"<" + strings.Repeat("x", 300) + ">": "2.6.0 [InternalId=",
	} {
		c := w.hello(stranger, hub)
		c.Do("MAIL FROM:<>", 250)
		c.Do("RCPT TO:<"+inside+">", 250)
		text := send(c, "Message-Id:"+id+"\r\n\r\nx\r\n", 250)
		all := w.mailbox.letters()
		want += all[len(all)-1].env.ID + ", Hostname=" + hubName + "] Queued mail for delivery"
		if text != want {
			t.Errorf("%q: got %q, want %q", id, text, want)
		}
	}
}

// counter is a Handler that refuses one recipient, and counts.
type counter struct {
	mailbox
	mu     sync.Mutex
	refuse string
	asked  []string
	closed []string
}

func (c *counter) Begin(ctx context.Context, env *relay.Envelope) (relay.Transaction, error) {
	tx, err := c.mailbox.Begin(ctx, env)
	return &counted{tx, c, env}, err
}

// counted is a transaction of a counter.
type counted struct {
	relay.Transaction
	counter *counter
	env     *relay.Envelope
}

func (tx *counted) Rcpt(_ context.Context, rcpt envelope.Recipient) error {
	c := tx.counter
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked = append(c.asked, rcpt.To.String())
	if tx.env.Route(rcpt.To) != tx.env.Inbound.Policy().Route(rcpt.To, tx.env.Size, nil) || rcpt.To.String() == c.refuse {
		return &relay.Error{Reply: replyOf(452, "Another next hop")}
	}
	return nil
}

func (tx *counted) Close() {
	c := tx.counter
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = append(c.closed, fmt.Sprint(tx.env.From, " ", len(tx.env.To)))
}

func (c *counter) take() (asked, closed []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	asked, closed = c.asked, c.closed
	c.asked, c.closed = nil, nil
	return asked, closed
}

// However a transaction ends, it is closed once.
func TestTransaction(t *testing.T) {
	h := &counter{refuse: "no@fabrikam.com"}
	w := serve(t, policy(t, defaultHub()), func(s *relay.Server) { s.Handler = h })
	for _, c := range []struct {
		name string
		talk func(*relaytest.Client)
	}{
		{"delivered", func(c *relaytest.Client) { send(c, message, 250) }},
		{"delivered, QUIT", func(c *relaytest.Client) { send(c, message, 250); c.Do("QUIT", 221) }},
		{"refused by size", func(c *relaytest.Client) { send(c, "A: "+strings.Repeat("x", 300_000)+"\r\n\r\n", 552) }},
		{"RSET", func(c *relaytest.Client) { c.Do("RSET", 250); c.Do("RSET", 250) }},
		{"EHLO", func(c *relaytest.Client) { c.Do("EHLO again", 250) }},
		{"QUIT", func(c *relaytest.Client) { c.Do("QUIT", 221) }},
		{"gone", func(c *relaytest.Client) { c.Close() }},
		{"gone in the message", func(c *relaytest.Client) { c.Do("DATA", 354); c.Send("A: b"); c.Close() }},
	} {
		t.Run(c.name, func(t *testing.T) {
			client := w.hello(stranger, hub)
			client.Do("MAIL FROM:<"+inside+">", 250)
			client.Do("RCPT TO:<a@contoso.com>", 550) // the Handler isn't asked
			client.Do("RCPT TO:<no@fabrikam.com>", 452)
			client.Do("RCPT TO:<yes@fabrikam.com>", 250)
			c.talk(client)
			client.Close()
			w.waitForEnd()
			asked, closed := h.take()
			if !slices.Equal(asked, []string{"no@fabrikam.com", "yes@fabrikam.com"}) {
				t.Errorf("asked about %q", asked)
			}
			if !slices.Equal(closed, []string{inside + " 1"}) {
				t.Errorf("closed %q", closed)
			}
		})
	}
	t.Run("MAIL alone", func(t *testing.T) {
		client := w.hello(stranger, hub)
		client.Do("MAIL FROM:<>", 250)
		client.Do("QUIT", 221)
		w.waitForEnd()
		if asked, closed := h.take(); asked != nil || !slices.Equal(closed, []string{" 0"}) {
			t.Errorf("asked about %q, closed %q", asked, closed)
		}
	})
}

// A Handler has the time of the connection: later no reply reaches the client.
func TestHandlerDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := defaultHub()
		r.ConnectionTimeout, r.ConnectionInactivityTimeout = 10*time.Minute, 5*time.Minute
		start := time.Now()
		var ended time.Duration
		w := serve(t, policy(t, r), handle(func(ctx context.Context, _ *relay.Envelope, body io.Reader) error {
			if _, err := io.Copy(io.Discard, body); err != nil {
				return err
			}
			<-ctx.Done()
			ended = time.Since(start)
			return ctx.Err()
		}))
		c := w.begin()
		c.Do("DATA", 354)
		c.SendRaw(message + ".\r\n")
		c.Conn.SetDeadline(time.Time{})
		io.Copy(io.Discard, c.Conn)
		if ended != 10*time.Minute {
			t.Errorf("the handler's context ended after %v", ended)
		}
	})
}

// Whatever becomes of connections, nothing of them is left.
func TestNoGoroutineIsLeft(t *testing.T) {
	before := runtime.NumGoroutine()
	t.Run("connections", func(t *testing.T) {
		w := serve(t, policy(t, defaultHub()), nil)
		for i := range 40 {
			c := w.begin()
			switch i % 5 {
			case 0:
				c.Close()
			case 1:
				c.Do("DATA", 354)
				c.Send("Subject: x")
				c.Conn.(*relaytest.Conn).Reset()
			case 2:
				c.SendRaw("BDAT 100 LAST\r\nxyz")
				c.Conn.(*relaytest.Conn).CloseWrite()
			case 3:
				c.Do("RSET", 250)
				c.Do("STARTTLS", 220)
				c.Close()
			case 4:
				send(c, message, 250) // and stays
			}
		}
	})
	eventually(t, func() bool { return runtime.NumGoroutine() <= before })
}
