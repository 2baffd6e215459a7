package main

import (
	"bytes"
	"flag"
	"io"
	"os"
	"path/filepath"
	"regexp"
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

// The account says which flags of the gateway replace settings of Postfix that no policy has, and serve has these flags.
func TestConvertNamesFlags(t *testing.T) {
	fs := flagsOfServe()
	account := running(t, "testdata/postfix-flags/main.cf")(exitOK, "convert", "-to", "shell")
	for _, flags := range []string{
		"local_recipient_maps recipients recipients-ldap recipients-ask",
		"relay_recipient_maps recipients recipients-ask",
		"smtpd_recipient_restrictions recipients recipients-ldap recipients-ask",
		"smtpd_authorized_xclient_hosts xclient-from",
		"smtpd_upstream_proxy_protocol proxy-from",
		"smtpd_sasl_auth_enable users ldap passwd",
		"smtpd_sasl_type users ldap passwd",
		"smtpd_tls_cert_file cert key",
		"smtpd_tls_CAfile client-ca",
		"smtpd_milters milter",
		"smtp_dns_support_level dns-trusted",
	} {
		name, flags, _ := strings.Cut(flags, " ")
		said := strings.Join(regexp.MustCompile(`(?m): `+name+`: .*(\n    fix: .*)?$`).FindAllString(account, -1), "\n")
		for f := range strings.FieldsSeq(flags) {
			if fs.Lookup(f) == nil {
				t.Errorf("serve has no flag -%s", f)
			}
			if !regexp.MustCompile(`-` + f + `\b`).MatchString(said) {
				t.Errorf("the account of %s doesn't name -%s: %s", name, f, said)
			}
		}
	}
}

// flagsOfServe returns the flags of gateway serve.
func flagsOfServe() *flag.FlagSet {
	fs := flag.NewFlagSet("serve", flag.ContinueOnError)
	findCommand("serve").start(newCLI(strings.NewReader(""), io.Discard, io.Discard), fs)
	return fs
}

// The same for the metabase of IIS.
func TestConvertNamesFlagsForIIS(t *testing.T) {
	const text = `<configuration><MBProperty><IIsSmtpServer Location="/LM/SmtpSvc/1" FullyQualifiedDomainName="web01.contoso.com" ServerBindings=":25:"
AuthFlags="AuthBasic" DefaultLogonDomain="CONTOSO" SSLCertHash="00" SmtpDnsServers="10.0.0.1"
SmartHost="smtp.example" SmartHostType="2" RouteAction="260" RouteUserName="a" RoutePassword="b"></IIsSmtpServer></MBProperty></configuration>`
	file := filepath.Join(t.TempDir(), "MetaBase.xml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	_, account, _ := strings.Cut(running(t, file)(exitOK, "convert", "-to", "shell"), "MetaBase.xml:")
	fs, named := flagsOfServe(), map[string]bool{}
	for _, m := range regexp.MustCompile(`[ (]-([a-z-]+)`).FindAllStringSubmatch(account, -1) {
		if named[m[1]] = true; fs.Lookup(m[1]) == nil && m[1] != "to" {
			t.Errorf("serve has no flag -%s: %s", m[1], account)
		}
	}
	for _, f := range []string{"cert", "key", "ldap", "users", "dns", "credentials"} {
		if !named[f] {
			t.Errorf("the account doesn't name -%s: %s", f, account)
		}
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
