package ldap_test

import (
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/verifiers/ldap"
	"github.com/interchange-smtp/interchange/verifiers/ldap/ldaptest"
)

func write(t testing.TB, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestLoad: the settings of a file are enough to log on. Relative paths begin beside the file.
func TestLoad(t *testing.T) {
	d, err := ldaptest.NewDirectory(
		ldaptest.Entry{DN: "cn=search,dc=contoso,dc=com", Attributes: map[string][]string{"userPassword": {"search"}}},
		ldaptest.Entry{DN: "cn=ann,dc=contoso,dc=com", Attributes: map[string][]string{"account": {"ann"}, "smtp": {"ann@contoso.com"}, "userPassword": {"tea"}}})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	dir := t.TempDir()
	file := filepath.Join(dir, "ldap.json")
	write(t, filepath.Join(dir, "ca.pem"), string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: d.Authority.Raw})))
	write(t, filepath.Join(dir, "password"), "search\n")
	write(t, file, `{"URLs": ["`+d.URL+`"], "Authorities": "ca.pem", "BindDN": "cn=search,dc=contoso,dc=com", "BindPasswordFrom": {"File": "password"},
		"BaseDN": "dc=contoso,dc=com", "Filter": "(account={user})", "NameAttribute": "account", "MailAttributes": ["smtp"], "GroupFilter": "-", "Domain": "CONTOSO"}`)
	v, secrets, err := ldap.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	if len(secrets) != 1 || secrets[0] != filepath.Join(dir, "password") {
		t.Errorf("secrets: %q", secrets)
	}
	id, err := v.Verify(t.Context(), auth.Credentials{Username: "ann", Password: "tea"}, auth.Channel{})
	if err != nil || id.Name != `CONTOSO\ann` || len(id.Addresses) != 1 {
		t.Errorf("%v, %v", id, err)
	}
	if got := d.Binds(); len(got) != 2 || got[0] != "cn=search,dc=contoso,dc=com" {
		t.Errorf("binds: %q", got)
	}
	if _, _, err := ldap.Load(filepath.Join(dir, "none")); err == nil || !strings.HasPrefix(err.Error(), filepath.Join(dir, "none")) {
		t.Error(err)
	}
}

// TestLoadMistakes: each mistake in a file of settings says where it is, and what would be
// right.
func TestLoadMistakes(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "ldap.json")
	write(t, filepath.Join(dir, "empty.pem"), "")
	write(t, filepath.Join(dir, "large.pem"), strings.Repeat(" ", 1<<20+1))
	for text, want := range map[string]string{
		``:                      ":1:1: ",
		`{}`:                    ": URLs: the servers of the directory are missing",
		`{"URLs": "ldaps://x"}`: ":1:10: URLs: ",
		`{"URLs": ["ldaps://x"], "BaseDN": "contoso"}`:                                                                      `:1:35: BaseDN: "contoso" is not a distinguished name`,
		`{"URLs": ["ldaps://x"], "BaseDN": "dc=x", "BindDN": "cn=y"}`:                                                       `: BindPasswordFrom: the password of "cn=y" is missing`,
		`{"URLs": ["ldaps://x"], "BaseDN": "dc=x", "BindPassword": "hunter2"}`:                                              `:1:43: there is no parameter "BindPassword" here`,
		`{"URLs": ["ldaps://x"], "BaseDN": "dc=x", "BindPasswordFrom": {"Environment": "UNSET_PW"}}`:                        "BindPasswordFrom: the environment variable UNSET_PW is not set",
		`{"URLs": ["ldaps://x"], "BaseDN": "dc=x", "BindPasswordFrom": {"File": "a", "Credential": "b"}, "BindDN": "cn=y"}`: "give only one of File, Environment and Credential",
		`{"URLs": ["ldaps://x"], "BaseDN": "dc=x", "Authorities": "empty.pem"}`:                                             "Authorities: " + filepath.Join(dir, "empty.pem") + ": the file has no PEM certificate",
		`{"URLs": ["ldaps://x"], "BaseDN": "dc=x", "Authorities": "large.pem"}`:                                             "Authorities: " + filepath.Join(dir, "large.pem") + ": too large: it has more than 1048576 bytes",
		`{"URLs": ["ldaps://ann:hunter2@dc1"], "BaseDN": "dc=x"}`:                                                           ":1:11: URLs[0]: a URL of a server has no user; give ldaps://HOST",
		`{"URLs": ["ldaps://x"], "BaseDN": "dc=x", "Filter": "(objectClass=person)"}`:                                       "Filter: \"(objectClass=person)\" finds the same entries for every user",
		strings.Repeat(" ", 1<<16+1): "too large; give at most 65536 bytes",
	} {
		write(t, file, text)
		v, secrets, err := ldap.Load(file)
		if err == nil || v != nil || secrets != nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), file) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%.60s: %v; want %q", text, err, want)
		}
	}
}

// FuzzLoad: text of any kind is a Verifier that can be used, or an error that names the file.
func FuzzLoad(f *testing.F) {
	for _, text := range []string{``, `{}`, `{"URLs": ["ldaps://x"], "BaseDN": "dc=x"}`, `{"URLs": ["ldap://x"], "BaseDN": "", "Filter": "({user}"}`,
		`{"BindPasswordFrom": {"Environment": "X"}, "Authorities": "x"}`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		file := filepath.Join(t.TempDir(), "ldap.json")
		write(t, file, text)
		switch v, _, err := ldap.Load(file); {
		case err != nil && !strings.Contains(err.Error(), file):
			t.Errorf("the error doesn't name the file: %v", err)
		case err == nil && v.Check() != nil:
			t.Errorf("loaded with mistakes: %v", v.Check())
		}
	})
}
