package relaytest_test

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// connect starts the sink and returns a client of it.
func connect(t *testing.T, sink *relaytest.Sink) *relaytest.Client {
	t.Helper()
	var n relaytest.Network
	l := listen(t, &n, hub.String())
	served := make(chan error)
	go func() { served <- sink.Serve(l) }()
	t.Cleanup(func() {
		if err := sink.Close(); err != nil {
			t.Errorf("sink.Close: %v", err)
		}
		if err := <-served; err != nil {
			t.Errorf("sink.Serve: %v", err)
		}
	})
	conn, err := n.Dial(t.Context(), gateway, hub)
	if err != nil {
		t.Fatal(err)
	}
	return relaytest.NewClient(t, conn)
}

func issue(t *testing.T, names ...string) (*relaytest.Authority, tls.Certificate) {
	t.Helper()
	ca, err := relaytest.NewAuthority("Test CA")
	if err != nil {
		t.Fatal(err)
	}
	cert, err := ca.Issue(names...)
	if err != nil {
		t.Fatal(err)
	}
	return ca, cert
}

func base64Of(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

func TestMessagePrints(t *testing.T) {
	m := relaytest.Message{From: "", To: []string{"a@contoso.com", "b@contoso.com"}, Data: []byte("Subject: x\r\n\r\n")}
	if got, want := m.String(), "from <> to <a@contoso.com>, <b@contoso.com>\nSubject: x\r\n\r\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSinkAuthAndTLS(t *testing.T) {
	ca, cert := issue(t, "smart.fabrikam.com", "192.0.2.1")
	sink := &relaytest.Sink{Certificate: &cert, Users: map[string]string{"contoso": "pw"}}
	c := connect(t, sink)
	c.Expect(220)
	if text := c.Do("EHLO hub.contoso.com", 250); strings.Contains(text, "AUTH") || !strings.Contains(text, "STARTTLS") {
		t.Fatalf("in the clear: %s", text)
	}
	c.Do("MAIL FROM:<a@contoso.com>", 530)
	c.StartTLS(&tls.Config{RootCAs: ca.Pool(), ServerName: "smart.fabrikam.com"})
	if text := c.Do("EHLO hub.contoso.com", 250); !strings.Contains(text, "AUTH LOGIN PLAIN") {
		t.Fatalf("under TLS: %s", text)
	}
	c.Do("AUTH PLAIN "+base64Of("\x00contoso\x00wrong"), 535)
	c.Do("AUTH PLAIN "+base64Of("\x00nobody\x00x"), 535)
	c.Do("AUTH LOGIN", 334)
	c.Do(base64Of("contoso"), 334)
	c.Do(base64Of("pw"), 235)
	c.Do("MAIL FROM:<a@contoso.com> BODY=8BITMIME SIZE=99 RET=HDRS ENVID=e1", 250)
	c.Do("RCPT TO:<b@fabrikam.com>", 250)
	c.Do("DATA", 354)
	c.SendRaw("Subject: x\r\n\r\n..dot\xff\r\n.\r\n")
	c.Expect(250)
	got := sink.Messages()
	if len(got) != 1 {
		t.Fatalf("%d messages", len(got))
	}
	m := got[0]
	if m.User != "contoso" || !m.TLS || m.Helo != "hub.contoso.com" || m.Body != "8BITMIME" ||
		m.Size != 99 || m.Ret != "HDRS" || m.EnvID != "e1" || string(m.Data) != "Subject: x\r\n\r\n.dot\xff\r\n" {
		t.Errorf("recorded %+v", m)
	}
}

func TestSinkScript(t *testing.T) {
	for _, stage := range []relaytest.Stage{relaytest.StageConnect, relaytest.StageHello, relaytest.StageMail,
		relaytest.StageRcpt, relaytest.StageData} {
		for _, answer := range []string{"451 4.3.0 Later", "550 No", relaytest.Drop} {
			t.Run(string(stage)+" "+answer, func(t *testing.T) {
				sink := &relaytest.Sink{Script: func(s relaytest.Stage, _ string) string {
					if s == stage {
						return answer
					}
					return ""
				}}
				c := connect(t, sink)
				steps := []struct {
					stage relaytest.Stage
					line  string
					code  int
				}{
					{relaytest.StageConnect, "", 220},
					{relaytest.StageHello, "EHLO x", 250},
					{relaytest.StageMail, "MAIL FROM:<a@contoso.com>", 250},
					{relaytest.StageRcpt, "RCPT TO:<b@fabrikam.com>", 250},
					{"", "DATA", 354},
					{relaytest.StageData, ".", 250},
				}
				for _, step := range steps {
					if step.line != "" {
						c.Send(step.line)
					}
					if step.stage != stage {
						c.Expect(step.code)
						continue
					}
					if answer == relaytest.Drop {
						c.Closed()
					} else if code, text := c.Reply(); !strings.HasPrefix(answer, text) && !strings.HasSuffix(answer, text) || code/100 == 2 {
						t.Errorf("got %d %s, want %s", code, text, answer)
					}
					break
				}
				if n := len(sink.Messages()); n != 0 {
					t.Errorf("%d messages recorded", n)
				}
			})
		}
	}
}

func TestSinkAnswersDataWithOwn250(t *testing.T) {
	sink := &relaytest.Sink{Script: func(s relaytest.Stage, _ string) string {
		if s == relaytest.StageData {
			return "250 2.0.0 Queued as 4711"
		}
		return ""
	}}
	c := connect(t, sink)
	c.Expect(220)
	c.Do("EHLO x", 250)
	c.Do("MAIL FROM:<>", 250)
	c.Do("RCPT TO:<b@fabrikam.com>", 250)
	c.SendRaw("BDAT 6\r\nA: b\r\n")
	c.Expect(250)
	if text := c.Do("BDAT 0 LAST", 250); text != "2.0.0 Queued as 4711" {
		t.Errorf("got %q", text)
	}
	if _, err := sink.Wait(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	sink.Clear()
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("enough")
	cancel(cause)
	if m, err := sink.Wait(ctx, 1); len(m) != 0 || !errors.Is(err, cause) {
		t.Errorf("after Clear: %d messages, %v", len(m), err)
	}
}

func TestSinkSizeLimit(t *testing.T) {
	sink := &relaytest.Sink{MaxSize: 100}
	c := connect(t, sink)
	c.Expect(220)
	c.Do("EHLO x", 250)
	for size := 100; size <= 101; size++ {
		code := map[int]int{100: 250, 101: 552}[size]
		c.Do("MAIL FROM:<>", 250)
		c.Do("RCPT TO:<b@fabrikam.com>", 250)
		c.Do("DATA", 354)
		c.SendRaw(strings.Repeat("x", size-2) + "\r\n.\r\n")
		c.Expect(code)
	}
}

func TestResolver(t *testing.T) {
	var r relaytest.Resolver
	ctx := t.Context()
	r.AddMX("Fabrikam.com.", 20, "mx2.fabrikam.com")
	r.AddMX("fabrikam.com", 10, "mx1.fabrikam.com")
	r.AddHost("mx1.fabrikam.com", netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1"))
	if mx, err := r.LookupMX(ctx, "FABRIKAM.COM"); err != nil || len(mx) != 2 || mx[0].Host != "mx1.fabrikam.com" {
		t.Errorf("MX: %v, %v", mx, err)
	}
	for network, want := range map[string]int{"ip": 2, "ip4": 1, "ip6": 1} {
		if a, err := r.LookupNetIP(ctx, network, "mx1.fabrikam.com"); err != nil || len(a) != want {
			t.Errorf("%s: %v, %v", network, a, err)
		}
	}
	var dns *net.DNSError
	if _, err := r.LookupMX(ctx, "contoso.com"); !errors.As(err, &dns) || !dns.IsNotFound {
		t.Errorf("unknown name: %v", err)
	}
	trouble := &net.DNSError{Err: "server misbehaving", IsTemporary: true}
	r.Fail("fabrikam.com", trouble)
	if _, err := r.LookupMX(ctx, "fabrikam.com"); err != trouble {
		t.Errorf("Fail: %v", err)
	}
	r.Fail("fabrikam.com", nil)
	if _, err := r.LookupMX(ctx, "fabrikam.com"); err != nil {
		t.Errorf("Fail taken back: %v", err)
	}
}

func TestAuthorityExpired(t *testing.T) {
	ca, _ := issue(t)
	cert, err := ca.IssueExpired("old.fabrikam.com")
	if err != nil {
		t.Fatal(err)
	}
	c := connect(t, &relaytest.Sink{Certificate: &cert})
	c.Expect(220)
	c.Do("EHLO x", 250)
	c.Do("STARTTLS", 220)
	err = tls.Client(c.Conn, &tls.Config{RootCAs: ca.Pool(), ServerName: "old.fabrikam.com"}).Handshake()
	var bad *tls.CertificateVerificationError
	if !errors.As(err, &bad) || !strings.Contains(err.Error(), "expired") {
		t.Errorf("got %v", err)
	}
}
