package main

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"net/smtp"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// listen listens on loopback.
func listen(t *testing.T) (l net.Listener, port uint16) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l, netip.MustParseAddrPort(l.Addr().String()).Port()
}

// smartHost is a tenant's smart host.
func smartHost(t *testing.T) (sink *relaytest.Sink, port uint16) {
	l, port := listen(t)
	sink = &relaytest.Sink{}
	go sink.Serve(l)
	t.Cleanup(func() { sink.Close() })
	return sink, port
}

// serve runs the program for the users ann of contoso.com and bob of fabrikam.com, and
// returns when it answers at the address.
func serve(t *testing.T, address string, contoso, fabrikam uint16) {
	t.Helper()
	dir := t.TempDir()
	u, err := open(t.Context(), filepath.Join(dir, "users.db"))
	if err != nil {
		t.Fatal(err)
	}
	for name, tenant := range map[string]string{"ann": "contoso.com", "bob": "fabrikam.com"} {
		if err := u.add(t.Context(), name, tenant, "secret"); err != nil {
			t.Fatal(err)
		}
	}
	policy := filepath.Join(dir, "policy.json")
	text := fmt.Appendf(nil, `{
		"Receive": [{"Name": "Submission", "Bindings": [%q], "RemoteIPRanges": ["127.0.0.1"], "AuthMechanism": "BasicAuth",
			"PermissionGroups": "ExchangeUsers", "TarpitInterval": "00:00:00", "AuthTarpitInterval": "00:00:00"}],
		"Send": [{"Name": "contoso.com", "AddressSpaces": ["*"], "SmartHosts": ["127.0.0.1"], "Port": %d},
			{"Name": "fabrikam.com", "AddressSpaces": ["*"], "SmartHosts": ["127.0.0.1"], "Port": %d}]}`, address, contoso, fabrikam)
	if err := os.WriteFile(policy, text, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, u, nil, filepath.Join(dir, "data"), policy) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	for {
		if conn, err := net.Dial("tcp", address); err == nil {
			conn.Close()
			return
		}
		select {
		case err := <-ended:
			ended <- nil
			t.Fatal("the program has ended:", err)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// TestSubmission: the mail of each tenant leaves by its own smart host, and no user sends
// as another tenant, in MAIL or in From.
func TestSubmission(t *testing.T) {
	l, port := listen(t)
	l.Close() // the address is free now
	address := fmt.Sprintf("127.0.0.1:%d", port)
	contoso, contosoPort := smartHost(t)
	fabrikam, fabrikamPort := smartHost(t)
	serve(t, address, contosoPort, fabrikamPort)

	for _, c := range []struct{ user, password, mail, from, refusal string }{
		{"ann", "secret", "ann@contoso.com", "ann@contoso.com", ""},
		{"ann", "secret", "office@contoso.com", "office@contoso.com", ""},
		{"ann", "secret", "bob@fabrikam.com", "bob@fabrikam.com", "550 5.7.60"},
		{"ann", "secret", "ann@contoso.com", "bob@fabrikam.com", "550 5.7.60"},
		{"bob", "secret", "bob@fabrikam.com", "bob@fabrikam.com", ""},
		{"bob", "secret", "ann@contoso.com", "ann@contoso.com", "550 5.7.60"},
		{"bob", "wrong", "bob@fabrikam.com", "bob@fabrikam.com", "535 "},
		{"kim", "secret", "kim@fabrikam.com", "kim@fabrikam.com", "535 "},
	} {
		text := fmt.Appendf(nil, "From: %s\r\nSubject: hello\r\n\r\n", c.from)
		err := smtp.SendMail(address, smtp.PlainAuth("", c.user, c.password, "127.0.0.1"), c.mail, []string{"friend@example.net"}, text)
		if got := fmt.Sprint(err); (err == nil) != (c.refusal == "") || !strings.HasPrefix(strings.ReplaceAll(got, `"`, ""), c.refusal) && err != nil {
			t.Errorf("%+v: %v", c, err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for _, tenant := range []struct {
		domain string
		sink   *relaytest.Sink
		n      int
	}{{"contoso.com", contoso, 2}, {"fabrikam.com", fabrikam, 1}} {
		got, err := tenant.sink.Wait(ctx, tenant.n)
		if err != nil || len(got) != tenant.n {
			t.Errorf("%s: %d messages, %v", tenant.domain, len(got), err)
		}
		for _, m := range got {
			if !strings.HasSuffix(m.From, "@"+tenant.domain) {
				t.Errorf("mail of %s left by the Send connector of %s", m.From, tenant.domain)
			}
		}
	}
}
