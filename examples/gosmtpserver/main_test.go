package main

import (
	"context"
	"fmt"
	"net/smtp"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector/jsonconfig"
	"github.com/interchange-smtp/interchange/examples/internal/exampletest"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// TestServer sends mail that the policy allows and mail that it refuses.
func TestServer(t *testing.T) {
	l := exampletest.Listen(t)
	address := l.Addr().String()
	policy, err := jsonconfig.Compile("policy.json", fmt.Appendf(nil, `{
		"Accepted": [{"DomainName": "fabrikam.com"}],
		"Receive": [{"Name": "In", "Bindings": [%q], "RemoteIPRanges": ["127.0.0.1"],
			"PermissionGroups": "AnonymousUsers", "TarpitInterval": "00:00:00"}]}`, address))
	if err != nil {
		t.Fatal(err)
	}
	var out relaytest.Log
	stop := exampletest.Start(t, address, func(ctx context.Context) error { return run(ctx, l, policy, &out) })

	err = smtp.SendMail(address, nil, "amy@contoso.com", []string{"nick@example.net"}, []byte("Subject: no\r\n\r\n"))
	if err == nil || !strings.Contains(err.Error(), "550") {
		t.Errorf("a stranger relays: %v", err)
	}
	err = smtp.SendMail(address, nil, "amy@contoso.com", []string{"bob@fabrikam.com"}, []byte("Subject: yes\r\n\r\nHello\r\n"))
	if err != nil {
		t.Error(err)
	}
	stop()
	text := out.String()
	if !strings.HasPrefix(text, "From amy@contoso.com to [bob@fabrikam.com]\nReceived: from ") ||
		!strings.Contains(text, "Subject: yes\r\n") || strings.Contains(text, "Subject: no") {
		t.Errorf("printed:\n%s", text)
	}
}
