package main

import (
	"context"
	"fmt"
	"net/smtp"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/examples/internal/exampletest"
)

// TestFilter sends messages with and without phrases, and with a forged field.
func TestFilter(t *testing.T) {
	sink, port := exampletest.Sink(t)
	address := exampletest.Free(t)
	policy := exampletest.File(t, "policy.json", fmt.Sprintf(`{
		"Accepted": [{"DomainName": "fabrikam.com"}],
		"Receive": [{"Name": "In", "Bindings": [%q], "RemoteIPRanges": ["127.0.0.1"], "PermissionGroups": "AnonymousUsers"}],
		"Send": [{"Name": "ToMailboxes", "AddressSpaces": ["*", "fabrikam.com"], "SmartHosts": ["127.0.0.1"], "Port": %d}]}`, address, port))
	phrases := exampletest.File(t, "phrases.txt", "wire transfer\n\nGift Card\n")
	exampletest.Start(t, address, func(ctx context.Context) error { return run(ctx, phrases, policy) })

	for _, c := range []struct{ body, want string }{
		{"Hello\r\n", ""},
		{"A Wire Transfer, and a gift card.\r\n", "X-Phrases: wire transfer; gift card\r\n"},
		{strings.Repeat("x", 10000) + " " + strings.Repeat("y", 300) + "\r\ngift card", "X-Phrases: gift card\r\n"},
	} {
		sink.Clear()
		text := "X-Phrases: forged\r\nSubject: hello\r\n\r\n" + c.body
		if err := smtp.SendMail(address, nil, "amy@contoso.com", []string{"bob@fabrikam.com"}, []byte(text)); err != nil {
			t.Fatal(err)
		}
		header, _, _ := strings.Cut(string(sink.Messages()[0].Data), "\r\n\r\n")
		if strings.Contains(header, "forged") || strings.Contains(header, "X-Phrases") != (c.want != "") || !strings.HasPrefix(header, c.want) {
			t.Errorf("%.40q arrives with\n%s", c.body, header)
		}
	}
}
