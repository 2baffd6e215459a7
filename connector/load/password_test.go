package load_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/jsonconfig"
	"github.com/interchange-smtp/interchange/connector/load"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/shell"
	"github.com/interchange-smtp/interchange/connector/source"
)

// placed is a policy whose passwords are elsewhere: in a file, the environment and with systemd.
const placed = `{"Send": [{"Name": "Out", "AddressSpaces": ["*"], "SmartHosts": ["a.example", "b.example", "c.example"],
  "SmartHostAuthMechanism": "BasicAuthRequireTLS",
  "AuthenticationCredential": {"UserName": "hub", "PasswordFrom": {"File": "hub.pw"}},
  "SmartHostCredentials": {
    "b.example": {"UserName": "b", "PasswordFrom": {"Environment": "B_PASSWORD"}},
    "c.example": {"UserName": "c", "PasswordFrom": {"Credential": "c"}}}}]}`

// placedCommands is the same policy as commands.
const placedCommands = `$hub = Get-Credential hub -PasswordFrom @{File = 'hub.pw'}
$others = @{
  'b.example' = Get-Credential b -PasswordFrom @{Environment = 'B_PASSWORD'}
  'c.example' = Get-Credential -UserName c -PasswordFrom @{Credential = 'c'}
}
New-SendConnector Out -AddressSpaces * -SmartHosts a.example, b.example, c.example -SmartHostAuthMechanism BasicAuthRequireTLS -AuthenticationCredential $hub -SmartHostCredentials $others`

// placedFiles returns Options that read placed as policy.json, placedCommands as policy.ps1, and the secrets of both.
func placedFiles() load.Options {
	opts := reading(map[string]string{"policy.json": placed, "policy.ps1": placedCommands, "hub.pw": "secret-hub\n", "run/c": "secret-c\r\n", "change.ps1": "Set-SendConnector Out -Port 587"})
	opts.Environ = []string{"b_password=secret-b", "CREDENTIALS_DIRECTORY=run"}
	return opts
}

// TestPasswordFrom reads passwords from the places that JSON or a script names, with a script after it, too.
func TestPasswordFrom(t *testing.T) {
	for _, names := range [][]string{{"policy.json"}, {"policy.json", "change.ps1"}, {"policy.ps1"}, {"policy.ps1", "change.ps1"}} {
		l, err := load.Files(context.Background(), placedFiles(), names...)
		if err != nil {
			t.Fatal(err)
		}
		s := l.Config().Send[0]
		for host, want := range map[string]param.Credential{
			"a.example": {UserName: "hub", Password: "secret-hub"}, "b.example": {UserName: "b", Password: "secret-b"}, "c.example": {UserName: "c", Password: "secret-c"},
		} {
			if got := s.CredentialFor(param.MustParseSmartHost(host)); *got != want {
				t.Errorf("%v: %s gets %v", names, host, got)
			}
		}
		if !slices.Equal(l.PasswordFiles, []string{"hub.pw"}) {
			t.Errorf("%v: files with passwords: %q", names, l.PasswordFiles)
		}
	}
}

// TestPasswordFromBeside: a relative path begins at the directory of the file that names it, whichever other files are read.
func TestPasswordFromBeside(t *testing.T) {
	opts := reading(map[string]string{"etc/policy.json": placed, "etc/policy.ps1": placedCommands, "etc/hub.pw": "secret-hub", "hub.pw": "another", "run/c": "secret-c", "change.ps1": "Set-SendConnector Out -Port 587"})
	opts.Environ = []string{"B_PASSWORD=secret-b", "CREDENTIALS_DIRECTORY=run"}
	for _, name := range []string{"etc/policy.json", "etc/policy.ps1"} {
		l, err := load.Files(context.Background(), opts, name, "change.ps1")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := l.Config().Send[0].AuthenticationCredential.Password; got != "secret-hub" || !slices.Equal(l.PasswordFiles, []string{"etc/hub.pw"}) {
			t.Errorf("%s: the password of %q", name, l.PasswordFiles)
		}
	}
}

// TestPasswordFromUnread: the places are read when the policy is compiled, and converting needs
// none of them; the caller's own configuration stays as it is.
func TestPasswordFromUnread(t *testing.T) {
	opts := reading(map[string]string{"policy.json": placed, "policy.ps1": placedCommands})
	d, err := load.Read(context.Background(), opts, "policy.json")
	if err != nil {
		t.Fatal(err)
	}
	if script, err := load.Read(context.Background(), opts, "policy.ps1"); err != nil || !reflect.DeepEqual(script.Config.Send[0].SmartHostCredentials, d.Config.Send[0].SmartHostCredentials) {
		t.Errorf("the script has other places: %v", err)
	}
	if _, err := d.Compile(connector.CodeCredentialMissing); err != nil {
		t.Errorf("with the passwords forgiven: %v", err)
	}
	text, err := jsonconfig.Marshal(d.Config)
	if err != nil || strings.Contains(string(text), "REDACTED") || !strings.Contains(string(text), `"File": "hub.pw"`) {
		t.Errorf("%v\n%s", err, text)
	}
	if back, err := jsonconfig.Parse("f", text); err != nil || *back.Send[0].AuthenticationCredential != *d.Config.Send[0].AuthenticationCredential {
		t.Errorf("%v %+v", err, back)
	}
	if _, err := jsonconfig.Compile("policy.json", []byte(placed)); err == nil || !strings.Contains(err.Error(), "the password in file hub.pw has not been read") {
		t.Errorf("without load: %v", err)
	}
	given := placedFiles()
	given.Config = d.Config
	l, err := load.Files(context.Background(), given, "change.ps1")
	if err != nil {
		t.Fatal(err)
	}
	if l.Config().Send[0].AuthenticationCredential.Password != "secret-hub" || d.Config.Send[0].AuthenticationCredential.Password != "" || d.Config.Send[0].SmartHostCredentials[0].Password != "" {
		t.Error("the caller's configuration has changed, or the policy has no password")
	}
}

// TestPasswordFromMistakes: each place that can't be read is a mistake beside the others, with its line, and
// none has a secret.
func TestPasswordFromMistakes(t *testing.T) {
	opts := placedFiles()
	opts.Environ = nil
	_, err := load.Files(context.Background(), opts, "policy.json")
	var list source.Diagnostics
	if !errors.As(err, &list) || len(list) != 2 {
		t.Fatal(err)
	}
	var ofCommands source.Diagnostics
	if _, err := load.Files(context.Background(), opts, "policy.ps1"); !errors.As(err, &ofCommands) || len(ofCommands) != 2 || ofCommands[0].Line != 6 {
		t.Errorf("of a script: %v", err)
	} else if d := ofCommands[0]; d.File != "policy.ps1" || d.Detail != list[0].Detail {
		t.Errorf("of a script: %v", d)
	}
	for i, want := range []string{
		`policy.json:5:52: Send["Out"].SmartHostCredentials["b.example"].PasswordFrom: the environment variable B_PASSWORD is not set (credential)`,
		`policy.json:6:52: Send["Out"].SmartHostCredentials["c.example"].PasswordFrom: systemd has passed no credentials to this process; give LoadCredential=c:FILE in the unit (credential)`,
	} {
		if got := list[i].String(); got != want {
			t.Errorf("got  %v\nwant %s", got, want)
		}
	}
	for text, want := range map[string]string{
		`"PasswordFrom": {"File": "absent"}, "UserName": "hub"`:                                   `AuthenticationCredential.PasswordFrom: absent: `,
		`"PasswordFrom": {"File": "hub.pw", "Environment": "B_PASSWORD"}, "UserName": "hub"`:      "give only one of File, Environment and Credential",
		`"PasswordFrom": {"File": "hub.pw"}, "Password": "secret-hub", "UserName": "hub"`:         "Password is given, too; leave one of them out",
		`"PasswordFrom": {"File": "hub.pw"}`:                                                      "both UserName and Password must be given",
		`"PasswordFrom": {}, "UserName": "hub"`:                                                   "both UserName and Password must be given",
		`"PasswordFrom": {"Path": "hub.pw"}, "UserName": "hub"`:                                   `there is no parameter "Path" here`,
		`"PasswordFrom": {"File": "hub.pw"}, "UserName": "hub"}, "Comment": 7, "Nothing": {"a":1`: "Comment: give a string",
	} {
		opts := reading(map[string]string{"hub.pw": "secret-hub", "policy.json": `{"Send": [{"Name": "Out", "AddressSpaces": ["*"], "SmartHosts": ["a.example"],
			"SmartHostAuthMechanism": "BasicAuthRequireTLS", "AuthenticationCredential": {` + text + `}}]}`})
		_, err := load.Files(context.Background(), opts, "policy.json")
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret-") || strings.Contains(err.Error(), "has not been read") {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

// TestSystemdCredentials: a credential of systemd with the variable's name answers Get-Credential when neither
// the file nor the environment does.
func TestSystemdCredentials(t *testing.T) {
	opts := reading(map[string]string{"run/mycred": "systemd:secret\n", "run/other": "systemd:secret", "run/bad": "secret", "credentials": "mycred=file:secret"})
	opts.Environ = []string{"CREDENTIALS_DIRECTORY=run", "INTERCHANGE_CREDENTIAL_other=environment:secret"}
	ask := func(variable string) (param.Credential, error) {
		t.Helper()
		answers, err := answersOf(opts)
		if err != nil {
			t.Fatal(err)
		}
		if q, err := answers.Answer(shell.Question{Variable: variable, Secret: true}); (err == nil) != (q == "secret") {
			t.Errorf("Read-Host -AsSecureString for $%s: %v", variable, err)
		}
		return answers.Credential(shell.Request{Variable: variable})
	}
	if c, err := ask("mycred"); err != nil || c != (param.Credential{UserName: "systemd", Password: "secret"}) {
		t.Errorf("%v, %v", c, err)
	}
	if c, err := ask("other"); err != nil || c.UserName != "environment" {
		t.Errorf("with the environment: %v, %v", c, err)
	}
	if c, err := ask("bad"); err == nil || err.Error() != "run/bad: write user:password" || c != (param.Credential{}) {
		t.Errorf("without a user: %v", err)
	}
	for _, variable := range []string{"none", "", "../run/mycred", ".."} {
		if c, err := ask(variable); err == nil || !strings.Contains(err.Error(), "there is no user to ask") {
			t.Errorf("$%s: %v, %v", variable, c, err)
		}
	}
	opts.Credentials = "credentials"
	if c, err := ask("mycred"); err != nil || c.UserName != "file" {
		t.Errorf("with a credentials file: %v, %v", c, err)
	}
}

// TestPasswordIdioms: a script may read a password itself, as PowerShell does: from a file beside it and from the
// environment. Other files are named by -PasswordFrom, and the environment's own credentials aren't shown.
func TestPasswordIdioms(t *testing.T) {
	dir := t.TempDir()
	opts := load.Options{Environ: []string{"HUB=secret-two", "INTERCHANGE_CREDENTIAL_c=c:secret-three"}}
	for name, want := range map[string]string{
		`Get-Content hub.pw | ConvertTo-SecureString -AsPlainText -Force`:                               "secret-one",
		`ConvertTo-SecureString (Get-Content hub.pw) -AsPlainText -Force`:                               "secret-one",
		`ConvertTo-SecureString $env:HUB -AsPlainText -Force`:                                           "secret-two",
		`$env:HUB | ConvertTo-SecureString -AsPlainText -Force`:                                         "secret-two",
		`ConvertTo-SecureString $env:NONE -AsPlainText -Force`:                                          "",
		`ConvertTo-SecureString $env:INTERCHANGE_CREDENTIAL_c -AsPlainText -Force`:                      "",
		`Get-Content /run/credentials/gateway.service/hub | ConvertTo-SecureString -AsPlainText -Force`: "",
	} {
		file := filepath.Join(dir, "policy.ps1")
		script := "$hub = New-Object PSCredential 'hub', (" + name + ")\nNew-SendConnector Out -AddressSpaces * -SmartHosts a.example -SmartHostAuthMechanism BasicAuthRequireTLS -AuthenticationCredential $hub"
		for name, text := range map[string]string{file: script, filepath.Join(dir, "hub.pw"): "secret-one\r\n"} {
			if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		l, err := load.Files(context.Background(), opts, file)
		switch {
		case err == nil && want != l.Config().Send[0].AuthenticationCredential.Password.Reveal():
			t.Errorf("%s gives another password", name)
		case (err == nil) != (want != ""):
			t.Errorf("%s: %v", name, err)
		case err != nil && strings.Contains(err.Error(), "secret"):
			t.Errorf("%s: shows a password: %v", name, err)
		case strings.Contains(name, "/run/") && !strings.Contains(err.Error(), "a password may be elsewhere with Get-Credential USER -PasswordFrom @{File = '...'}"):
			t.Errorf("%s: %v", name, err)
		}
	}
}
