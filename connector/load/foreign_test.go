package load_test

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/foreign"
	"github.com/interchange-smtp/interchange/connector/load"
	"github.com/interchange-smtp/interchange/connector/source"
)

// TestPostfix reads Postfix's files like those of Exchange: with a script behind them, with the
// places of what they set, and with passwords that they lack.
func TestPostfix(t *testing.T) {
	files := map[string]string{
		"old/main.cf": "compatibility_level = 3.6\nmyhostname = relay.contoso.com\nmydestination =\nmynetworks = 10.0.0.0/8\nbiff = no\nheader_checks = pcre:x\n" +
			"relayhost = [smtp.example.net]:587\nsmtp_sasl_auth_enable = yes\nsmtp_sasl_password_maps = ldap:x\n",
		"old/master.cf": "smtp inet n - n - - smtpd\nsmtp unix - - n - - smtp\n",
		"more.ps1":      "Set-ReceiveConnector \"$env:COMPUTERNAME\\smtp relay\" -MaxHopCount 20\n",
		"bad.cf":        "mynetworks 10.0.0.0/8\n",
	}
	opts := load.Options{ReadFile: func(name string) ([]byte, error) {
		text, ok := files[name]
		if !ok {
			return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
		}
		return []byte(text), nil
	}}
	ctx := context.Background()
	if _, err := load.Files(ctx, opts, "old/main.cf"); !errors.Is(err, connector.CodeCredentialMissing) {
		t.Errorf("without a password: %v", err)
	}
	opts.Environ = []string{"INTERCHANGE_CREDENTIAL_credInternet=hub:secret"}
	l, err := load.Files(ctx, opts, "old/main.cf", "more.ps1")
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"old/main.cf", "old/master.cf", "more.ps1"}; !slices.Equal(l.Files, want) {
		t.Errorf("read %v, want %v", l.Files, want)
	}
	cfg := l.Config()
	if len(cfg.Receive) != 2 || cfg.Receive[1].MaxHopCount != 20 || cfg.Send[0].AuthenticationCredential.UserName != "hub" {
		t.Errorf("%+v", cfg)
	}
	if at, ok := l.Places.Find(`Receive["smtp relay"].Bindings`); !ok || at.File != "old/master.cf" || at.Line != 1 {
		t.Errorf("the connector is at %v", at)
	}
	if len(l.Warnings) != 2 || l.Warnings[0].Path != "header_checks" || l.Warnings[0].Code != foreign.CodeNotPossible {
		t.Errorf("warnings: %v", l.Warnings)
	}
	opts.Server = "relay2.contoso.com"
	if l, err = load.Files(ctx, opts, "old/main.cf"); err != nil || l.Config().Server != "relay2.contoso.com" {
		t.Errorf("with another name: %v", err)
	}
	if _, err := load.Files(ctx, opts, "bad.cf"); !errors.Is(err, source.CodeSyntax) {
		t.Errorf("%v", err)
	}
}
