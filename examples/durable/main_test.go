package main

import (
	"context"
	"fmt"
	"net"
	"net/smtp"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/examples/internal/exampletest"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// document is a policy that accepts mail for a domain and delivers it at a port.
func document(address, domain string, port uint16) string {
	return fmt.Sprintf(`{
		"Accepted": [{"DomainName": %q}],
		"Receive": [{"Name": "In", "Bindings": [%q], "RemoteIPRanges": ["127.0.0.1"], "PermissionGroups": "AnonymousUsers"}],
		"Send": [{"Name": "ToMailboxes", "AddressSpaces": ["fabrikam.com", "contoso.com"], "SmartHosts": ["127.0.0.1"], "Port": %d}]}`, domain, address, port)
}

func send(address, to string) error {
	return smtp.SendMail(address, nil, "amy@contoso.com", []string{to}, []byte("Subject: hello\r\n\r\n"))
}

// TestDurable: mail that is accepted while the next hop is down is delivered after a
// restart, and SIGHUP brings another policy.
func TestDurable(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	address, mailboxes := exampletest.Free(t), exampletest.Free(t)
	policy := exampletest.File(t, "policy.json", document(address, "fabrikam.com", exampletest.Port(mailboxes)))
	hangup := make(chan os.Signal)
	start := func() (stop func()) {
		return exampletest.Start(t, address, func(ctx context.Context) error { return run(ctx, hangup, data, policy) })
	}
	stop := start()
	if err := send(address, "bob@fabrikam.com"); err != nil {
		t.Fatal(err)
	}
	stop()

	l, err := net.Listen("tcp", mailboxes)
	if err != nil {
		t.Fatal(err)
	}
	sink := &relaytest.Sink{}
	go sink.Serve(l)
	defer sink.Close()
	start()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	arrived, err := sink.Wait(ctx, 1)
	if err != nil || arrived[0].To[0] != "bob@fabrikam.com" {
		t.Fatal(arrived, err)
	}

	if err := send(address, "kim@contoso.com"); err == nil {
		t.Error("contoso.com was accepted")
	}
	if err := os.WriteFile(policy, []byte(document(address, "contoso.com", exampletest.Port(mailboxes))), 0o600); err != nil {
		t.Fatal(err)
	}
	hangup <- syscall.SIGHUP
	hangup <- syscall.SIGHUP // is taken when the first is done
	if err := send(address, "kim@contoso.com"); err != nil {
		t.Error(err)
	}
}
