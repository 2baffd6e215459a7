package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// running returns a function that runs a command with the policy of a file, expects its exit status and
// returns what it prints.
func running(t *testing.T, file string) func(want int, args ...string) string {
	return func(want int, args ...string) string {
		t.Helper()
		var stdout, stderr bytes.Buffer
		if code := run(append(args, "-config", file), strings.NewReader(""), &stdout, &stderr); code != want {
			t.Fatalf("%v: exit %d: %s", args, code, &stderr)
		}
		return stdout.String() + stderr.String()
	}
}

// An export holds no password: converting it needs none, everything else looks it
// up where the converted commands would.
func TestExportedCredential(t *testing.T) {
	file := filepath.Join(t.TempDir(), "send.txt")
	export := "Name                     : To Internet\nAddressSpaces            : {SMTP:*;1}\nSmartHosts               : {smtpgateway1.contoso.com}\n" +
		"SmartHostAuthMechanism   : BasicAuthRequireTLS\nAuthenticationCredential : System.Management.Automation.PSCredential\n" +
		"Enabled                  : True\nRequireTLS               : False\nMaxMessageSize           : 35 MB (36,700,160 bytes)\n"
	if err := os.WriteFile(file, []byte(export), 0o600); err != nil {
		t.Fatal(err)
	}
	gateway := running(t, file)
	if got := gateway(exitInvalid, "check"); !strings.Contains(got, "send.txt:5: ") || !strings.Contains(got, "set INTERCHANGE_CREDENTIAL_credToInternet=user:password") {
		t.Error(got)
	}
	if got := gateway(exitOK, "convert", "-to", "shell"); !strings.Contains(got, "$credToInternet = Get-Credential\n") {
		t.Error(got)
	}
	gateway(exitInvalid, "convert", "-to", "json", "-with-passwords")
	t.Setenv("INTERCHANGE_CREDENTIAL_credToInternet", "hub:secret")
	gateway(exitNo, "check") // there is no Receive connector
	if got := gateway(exitOK, "convert", "-to", "json", "-with-passwords"); !strings.Contains(got, `"Password": "secret"`) {
		t.Error(got)
	}
	if got := gateway(exitOK, "convert", "-to", "json"); strings.Contains(got, "secret") {
		t.Error(got)
	}
}

// The places of passwords are converted as they are and read when the policy is used; no output has a password.
func TestPasswordPlaces(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("CREDENTIALS_DIRECTORY", dir)
	t.Setenv("INTERCHANGE_TEST_SECOND", "secret-two")
	file := filepath.Join(dir, "policy.json")
	policy := `{"Receive": [{"Name": "In", "Bindings": ["127.0.0.1:25"], "RemoteIPRanges": ["127.0.0.1"]}],
"Send": [{"Name": "Out", "AddressSpaces": ["*"], "SmartHosts": ["a.example", "b.example"], "SmartHostAuthMechanism": "BasicAuthRequireTLS",
"AuthenticationCredential": {"UserName": "one", "PasswordFrom": {"Credential": "one"}},
"SmartHostCredentials": {"b.example": {"UserName": "two", "PasswordFrom": {"Environment": "INTERCHANGE_TEST_SECOND"}}}}]}`
	if err := os.WriteFile(file, []byte(policy), 0o600); err != nil {
		t.Fatal(err)
	}
	gateway := running(t, file)
	if got := gateway(exitInvalid, "check"); !strings.Contains(got, `policy.json:3:`) || !strings.Contains(got, filepath.Join(dir, "one")+": ") {
		t.Error(got)
	}
	if got := gateway(exitOK, "convert", "-to", "json"); !strings.Contains(got, `"Credential": "one"`) || strings.Contains(got, "secret") || strings.Contains(got, "REDACTED") {
		t.Error(got)
	}
	if got := gateway(exitOK, "convert", "-to", "shell"); !strings.Contains(got, "$credOut = Get-Credential 'one' -PasswordFrom @{Credential = 'one'}\n$credOutbexample = Get-Credential 'two' -PasswordFrom @{Environment = 'INTERCHANGE_TEST_SECOND'}\n") {
		t.Error(got)
	}
	if err := os.WriteFile(filepath.Join(dir, "one"), []byte("secret-one\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := gateway(exitNo, "check"); strings.Contains(got, "secret") || strings.Contains(got, "credential)") { // other findings
		t.Error(got)
	}
	for _, args := range [][]string{{"convert", "-to", "json"}, {"convert", "-to", "shell"}, {"map", "-to", "dot"}} {
		if got := gateway(exitOK, args...); strings.Contains(got, "secret") {
			t.Errorf("%v prints %s", args, got)
		}
	}
	if got := gateway(exitOK, "convert", "-to", "json", "-with-passwords"); !strings.Contains(got, `"Password": "secret-one"`) || !strings.Contains(got, `"Password": "secret-two"`) {
		t.Error(got)
	}
}
