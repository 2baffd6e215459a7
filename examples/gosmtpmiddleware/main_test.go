package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"github.com/interchange-smtp/interchange/connector/jsonconfig"
	"github.com/interchange-smtp/interchange/examples/internal/exampletest"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// send logs on with the password, if there is one, and sends a message.
func send(t *testing.T, address, password, from, to string) error {
	t.Helper()
	c, err := smtp.Dial(address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if password != "" {
		if err := c.Auth(sasl.NewPlainClient("", "ann@fabrikam.com", password)); err != nil {
			return err
		}
	}
	return c.SendMail(from, []string{to}, strings.NewReader("Subject: hello\r\nFrom: "+from+"\r\n\r\n"))
}

// TestMiddleware: the backend's own user may relay as itself only, and strangers send to
// the organisation only.
func TestMiddleware(t *testing.T) {
	l := exampletest.Listen(t)
	address := l.Addr().String()
	policy, err := jsonconfig.Compile("policy.json", fmt.Appendf(nil, `{
		"Accepted": [{"DomainName": "fabrikam.com"}],
		"Receive": [{"Name": "Clients", "Bindings": [%q], "RemoteIPRanges": ["127.0.0.1"], "AuthMechanism": "BasicAuth",
			"PermissionGroups": "AnonymousUsers, ExchangeUsers", "TarpitInterval": "00:00:00", "AuthTarpitInterval": "00:00:00"}]}`, address))
	if err != nil {
		t.Fatal(err)
	}
	var out relaytest.Log
	own := mailboxes{"ann@fabrikam.com", "secret", &out}
	exampletest.Start(t, address, func(ctx context.Context) error { return run(ctx, l, policy, own) })

	for _, c := range []struct {
		password, from, to string
		code               int
	}{
		{"", "amy@contoso.com", "bob@fabrikam.com", 0},
		{"", "amy@contoso.com", "nick@example.net", 550},
		{"secret", "ann@fabrikam.com", "nick@example.net", 0},
		{"secret", "bob@fabrikam.com", "nick@example.net", 550},
		{"wrong", "ann@fabrikam.com", "nick@example.net", 535},
	} {
		err := send(t, address, c.password, c.from, c.to)
		var refused *smtp.SMTPError
		if errors.As(err, &refused) && refused.Code != c.code || (err == nil) != (c.code == 0) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	if n := strings.Count(out.String(), "Subject: hello"); n != 2 {
		t.Errorf("the backend got %d messages:\n%s", n, out.String())
	}
}
