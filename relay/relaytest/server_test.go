package relaytest_test

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"net/smtp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/relaytest"
	"github.com/interchange-smtp/interchange/routing"
)

// policy returns one for the bindings, which takes mail for contoso.com.
func policy(tb relaytest.TB, bindings ...string) *connector.Policy {
	tb.Helper()
	r := connector.Receive{
		Name: "In", RemoteIPRanges: []param.Range{param.MustParseRange("0.0.0.0-255.255.255.255"), param.MustParseRange("::/0")},
		PermissionGroups: param.Value(permission.AnonymousUsers), TarpitInterval: param.Value(time.Duration(0)),
	}
	for _, b := range bindings {
		r.Bindings = append(r.Bindings, netip.MustParseAddrPort(b))
	}
	p, err := connector.Compile(connector.Config{Accepted: []routing.AcceptedDomain{{DomainName: "contoso.com"}}, Receive: []connector.Receive{r}})
	if err != nil {
		tb.Fatalf("%v", err)
	}
	return p
}

// kept is a Handler that keeps the sender and the recipient of each message.
func kept(list chan<- string) relay.Handler {
	return relay.HandlerFunc(func(_ context.Context, env *relay.Envelope, body io.Reader) error {
		text, err := io.ReadAll(body)
		if err == nil {
			list <- fmt.Sprint(env.Remote.Addr(), " ", env.From, " ", env.To[0].To, " ", strings.Contains(string(text), "Hello"))
		}
		return err
	})
}

// TestServer sends mail over both ways into a Server, for each kind of binding.
func TestServer(t *testing.T) {
	for _, bindings := range [][]string{{"0.0.0.0:25"}, {"10.2.3.4:587"}, {"[::]:25"}, {"127.0.0.1:25", "0.0.0.0:25", "[::]:25"}} {
		list := make(chan string, 1)
		s := relaytest.NewServer(t, policy(t, bindings...), kept(list), nil)
		from := "192.0.2.7"
		if strings.HasPrefix(bindings[0], "[") {
			from = "2001:db8::7"
		}
		c := s.Dial(from)
		c.Do("EHLO client.example", 250)
		c.Do("MAIL FROM:<kim@example.net>", 250)
		c.Do("RCPT TO:<kim@example.net>", 550)
		c.Do("RCPT TO:<lee@contoso.com>", 250)
		c.Do("DATA", 354)
		c.Send("Subject: x", "", "Hello", ".")
		c.Expect(250)
		if got, want := <-list, from+" kim@example.net lee@contoso.com true"; got != want {
			t.Errorf("%v: got %q, want %q", bindings, got, want)
		}
		if err := smtp.SendMail(s.Addr(), nil, "kim@example.net", []string{"lee@contoso.com"}, []byte("Subject: x\r\n\r\nHello\r\n")); err != nil {
			t.Errorf("%v: %v", bindings, err)
			continue
		}
		if got, want := <-list, "127.0.0.1 kim@example.net lee@contoso.com true"; got != want {
			t.Errorf("%v: got %q, want %q", bindings, got, want)
		}
		if first := s.Addr(); first != s.Addr() || !strings.Contains(s.Log.String(), "message accepted") {
			t.Errorf("%v: log %q", bindings, s.Log)
		}
	}
}

// TestServerInBubble: in a bubble a Handler takes its time, and the Client waits as long as it
// should.
func TestServerInBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := relay.HandlerFunc(func(_ context.Context, _ *relay.Envelope, body io.Reader) error {
			time.Sleep(100 * time.Second)
			_, err := io.Copy(io.Discard, body)
			return err
		})
		s := relaytest.NewServer(t, policy(t, "0.0.0.0:25"), slow, nil)
		for _, timeout := range []time.Duration{0, -1, time.Minute} {
			tb := &gaveUp{TB: t}
			c := s.Dial("192.0.2.7")
			c.Do("EHLO client.example", 250)
			c.Do("MAIL FROM:<>", 250)
			c.Do("RCPT TO:<lee@contoso.com>", 250)
			c.Do("DATA", 354)
			c.Send("Subject: x", "", "Hello", ".")
			impatient := relaytest.NewClient(tb, c.Conn)
			impatient.Timeout = timeout
			func() {
				defer func() { _ = recover() }() // of Fatalf
				impatient.Expect(250)
			}()
			if failed := tb.text != ""; failed != (timeout > 0) {
				t.Errorf("with the limit %v: %q", timeout, tb.text)
			}
		}
	})
}

// gaveUp is a TB that keeps why the test failed.
type gaveUp struct {
	relaytest.TB
	text string
}

func (f *gaveUp) Fatalf(format string, args ...any) {
	f.text = fmt.Sprintf(format, args...)
	panic(f.text)
}
