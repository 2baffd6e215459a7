package shell_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/shell"
	"github.com/interchange-smtp/interchange/routing"
)

// TestPrintPasswordFrom: the place of a password is printed and read back, of OAuth, too; a password isn't read.
func TestPrintPasswordFrom(t *testing.T) {
	a, b := param.MustParseSmartHost("smtp1.example.net"), param.MustParseSmartHost("smtp2.example.net")
	placed := func(user string, from param.SecretPlace) param.Credential {
		return param.Credential{UserName: user, PasswordFrom: from}
	}
	first, oauth := placed("one", param.SecretPlace{File: "/etc/it's/hub"}), placed("scan@contoso.com", param.SecretPlace{Environment: "UNUSED"})
	cfg := connector.Config{Send: []connector.Send{
		{Name: "Out", AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace("*")}, SmartHosts: []param.SmartHost{a, b}, SmartHostAuthMechanism: auth.BasicAuthRequireTLS,
			AuthenticationCredential: &first, SmartHostCredentials: []param.SmartHostCredential{{Host: b, Credential: placed("two", param.SecretPlace{Credential: "smtp2"})}}},
		{Name: "Cloud", AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace("example.org")}, SmartHosts: []param.SmartHost{a}, SmartHostAuthMechanism: auth.OAuth,
			AuthenticationCredential: &oauth},
	}}
	text, err := shell.Print(cfg)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"$credOut = Get-Credential 'one' -PasswordFrom @{File = '/etc/it''s/hub'}\n",
		"$credOutsmtp2examplenet = Get-Credential 'two' -PasswordFrom @{Credential = 'smtp2'}\n",
		"$credCloud = Get-Credential 'scan@contoso.com' -PasswordFrom @{Environment = 'UNUSED'}\n"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	in, err := run(t, shell.Options{}, string(text))
	if err != nil {
		t.Fatal(err)
	}
	for i, got := range in.Config().Send {
		if want := cfg.Send[i]; *got.AuthenticationCredential != *want.AuthenticationCredential || !slices.Equal(got.SmartHostCredentials, want.SmartHostCredentials) {
			t.Errorf("%s comes back as %v", want.Name, got.AuthenticationCredential.PasswordFrom)
		}
	}
}
