package main

import (
	"context"
	"fmt"
	"net/smtp"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/examples/internal/exampletest"
)

// TestMaildir sends to a mailbox with room, a full one and both, and to none. The sender
// gets a report about the full one if the other has the message.
func TestMaildir(t *testing.T) {
	sink, port := exampletest.Sink(t)
	address := exampletest.Free(t)
	policy := exampletest.File(t, "policy.json", fmt.Sprintf(`{
		"Accepted": [{"DomainName": "fabrikam.com"}],
		"Receive": [{"Name": "In", "Bindings": [%q], "RemoteIPRanges": ["127.0.0.1"], "PermissionGroups": "AnonymousUsers", "TarpitInterval": "00:00:00"}],
		"Send": [{"Name": "Mailboxes", "AddressSpaces": ["fabrikam.com"]},
			{"Name": "ToInternet", "AddressSpaces": ["*"], "SmartHosts": ["127.0.0.1"], "Port": %d}]}`, address, port))
	mail := t.TempDir()
	for _, user := range []string{"ann@fabrikam.com", "bob@fabrikam.com"} {
		for _, dir := range []string{"cur", "new"} {
			if err := os.MkdirAll(filepath.Join(mail, user, dir), 0o700); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := os.WriteFile(filepath.Join(mail, "ann@fabrikam.com", "cur", "old"), make([]byte, 9999), 0o600); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(mail)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	exampletest.Start(t, address, func(ctx context.Context) error { return run(ctx, mailboxes{root, 10000}, policy) })

	send := func(to ...string) string {
		err := smtp.SendMail(address, nil, "amy@contoso.com", to, []byte("Subject: hello\r\n\r\n"))
		if err != nil {
			return err.Error()
		}
		return ""
	}
	for _, c := range []struct{ to, refusal string }{
		{"Bob@fabrikam.com", ""},
		{"Ann@fabrikam.com", "552"},
		{"kim@fabrikam.com", "550"},
		{"../bob@fabrikam.com", "550"},
		{"ann@fabrikam.com bob@fabrikam.com", ""},
	} {
		if got := send(strings.Fields(c.to)...); !strings.HasPrefix(got, c.refusal) || (got == "") != (c.refusal == "") {
			t.Errorf("%s: %q", c.to, got)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	reports, err := sink.Wait(ctx, 1)
	if err != nil {
		t.Fatal(err)
	}
	if r := reports[0]; len(reports) != 1 || r.To[0] != "amy@contoso.com" || !strings.Contains(string(r.Data), "552 5.2.2 Mailbox full") ||
		!strings.Contains(string(r.Data), "ann@fabrikam.com") || strings.Contains(string(r.Data), "Final-Recipient: rfc822;bob@") {
		t.Errorf("%d reports:\n%v", len(reports), r)
	}

	messages, err := filepath.Glob(filepath.Join(mail, "*", "new", "*"))
	if err != nil || len(messages) != 2 {
		t.Fatal(messages, err)
	}
	for _, file := range messages {
		text, err := os.ReadFile(file)
		if err != nil || !strings.Contains(file, "bob@") || !strings.HasPrefix(string(text), "Return-Path: <amy@contoso.com>\r\nReceived: ") {
			t.Errorf("%s: %v\n%s", file, err, text)
		}
	}
	if left, err := filepath.Glob(filepath.Join(mail, "*.tmp")); err != nil || left != nil {
		t.Error(left, err)
	}
}
