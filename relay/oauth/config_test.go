package oauth_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/relay/oauth"
)

// TestMistakes lists what is wrong with settings, each with its place.
func TestMistakes(t *testing.T) {
	for _, tc := range []struct{ settings, want string }{
		{`{"Name": "Out"}`, `Grant: give one of ClientCredentials, DeviceCode, RefreshToken, ServiceAccount, Command (oauth-settings)`},
		{`{"Name": "Out", "Grant": "Password"}`, `Grant: "Password" is not a grant; give one of ClientCredentials, `},
		{`{"Name": "Out", "Grant": "Command", "Provider": "Yahoo"}`, `Provider: "Yahoo" is not a known provider; give one of Microsoft365, `},
		{`{"Grant": "Command", "Command": ["x"]}`, `Connectors[0].Name: give the name of the Send connector (name-missing)`},
		{`{"Name": "Out", "Grant": "Command"}`, `Command: Grant Command needs it`},
		{`{"Name": "Out", "Grant": "Command", "Command": ["x"], "ClientID": "1", "TokenURL": "https://a/b"}`, `ClientID: it has no meaning with Grant Command; leave it out`},
		{`{"Name": "Out", "Grant": "ClientCredentials", "Provider": "Microsoft365", "Tenant": "contoso.com", "ClientID": "1"}`, `ClientSecret: Grant ClientCredentials needs it, or a Certificate`},
		{`{"Name": "Out", "Grant": "clientcredentials", "Provider": "microsoft365", "ClientID": "1", "ClientSecret": {"File": "x"}}`, `Tenant: an application logs on to one tenant`},
		{`{"Name": "Out", "Grant": "ClientCredentials", "Provider": "Microsoft365", "Tenant": "common", "ClientID": "1", "ClientSecret": {"File": "x"}}`, `Tenant: an application logs on to one tenant`},
		{`{"Name": "Out", "Grant": "ClientCredentials", "Provider": "Microsoft365", "Tenant": "a/b", "ClientID": "1", "ClientSecret": {"File": "x"}}`, `Tenant: "a/b" is not a tenant`},
		{`{"Name": "Out", "Grant": "ClientCredentials", "ClientID": "1", "ClientSecret": {"File": "x"}}`, `TokenURL: give it, or a Provider`},
		{`{"Name": "Out", "Grant": "ClientCredentials", "TokenURL": "http://login.example/token", "ClientID": "1", "ClientSecret": {"File": "x"}}`, `TokenURL: "http://login.example/token" is not an address that begins with https://`},
		{`{"Name": "Out", "Grant": "ClientCredentials", "TokenURL": "https://ann:tea@login.example/token", "ClientID": "1", "ClientSecret": {"File": "x"}}`, `TokenURL: "https://ann:xxxxx@login.example/token" is not an address that begins with https://, without a user name`},
		{`{"Name": "Out", "Grant": "ClientCredentials", "TokenURL": "https://ann:%zztea@login.example/token", "ClientID": "1", "ClientSecret": {"File": "x"}}`, `TokenURL: "xxxxx@login.example/token" is not an address that begins with https://, without a user name`},
		{`{"Name": "Out", "Grant": "ClientCredentials", "TokenURL": "ann:tea@login.example/token", "ClientID": "1", "ClientSecret": {"File": "x"}}`, `TokenURL: "xxxxx@login.example/token" is not an address`},
		{`{"Name": "Out", "Grant": "ClientCredentials", "TokenURL": "https:/ann:tea@login.example/token", "ClientID": "1", "ClientSecret": {"File": "x"}}`, `TokenURL: "xxxxx@login.example/token" is not an address`},
		{`{"Name": "Out", "Grant": "ClientCredentials", "TokenURL": "https:///token", "ClientID": "1", "ClientSecret": {"File": "x"}}`, `TokenURL: "https:///token" is not an address that begins with https://`},
		{`{"Name": "Out", "Grant": "ClientCredentials", "TokenURL": "http://192.0.2.1/token", "ClientID": "1", "ClientSecret": {"File": "x"}}`, `TokenURL: "http://192.0.2.1/token" is not an address that begins with https://`},
		{`{"Name": "Out", "Grant": "ClientCredentials", "TokenURL": "https://login.example/token", "Tenant": "a.com", "ClientID": "1", "ClientSecret": {"File": "x"}}`, `Tenant: only Microsoft 365 has tenants`},
		{`{"Name": "Out", "Grant": "ClientCredentials", "TokenURL": "https://login.example/token", "ClientID": "1", "ClientSecret": {"File": "x", "Environment": "Y"}}`, `ClientSecret: give only one of File, `},
		{`{"Name": "Out", "Grant": "ClientCredentials", "TokenURL": "https://login.example/token", "ClientID": "1", "ClientSecret": "abc"}`, `ClientSecret: give an object, not a string`},
		{`{"Name": "Out", "Grant": "ClientCredentials", "TokenURL": "https://login.example/token", "ClientID": "1", "ClientSecret": {"File": "x"}, "Certificate": "y"}`, `Certificate: ClientSecret and Certificate exclude each other`},
		{`{"Name": "Out", "Grant": "ClientCredentials", "TokenURL": "https://login.example/token", "ClientID": "1", "ClientSecret": {"File": "x"}, "CertificateKey": "y"}`, `CertificateKey: it has no meaning without Certificate`},
		{`{"Name": "Out", "Grant": "ClientCredentials", "TokenURL": "https://login.example/token", "ClientID": "1", "ClientSecret": {"File": "x"}, "SecretExpires": "soon"}`, `SecretExpires: "soon" is not a day; the form is 2027-05-31`},
		{`{"Name": "Out", "Grant": "DeviceCode", "Provider": "Google", "ClientID": "1"}`, `Grant: Google gives no device codes for mail`},
		{`{"Name": "Out", "Grant": "DeviceCode", "TokenURL": "https://login.example/token", "ClientID": "1"}`, `DeviceURL: give it, or the Provider Microsoft365`},
		{`{"Name": "Out", "Grant": "RefreshToken", "Provider": "Google", "ClientID": "1"}`, `RefreshToken: Grant RefreshToken needs it`},
		{`{"Name": "Out", "Grant": "ServiceAccount", "Provider": "Microsoft365", "ServiceAccount": {"File": "x"}}`, `Grant: only Google has service accounts`},
		{`{"Name": "Out", "Grant": "Command", "Command": ["x"]}, {"Name": "OUT", "Grant": "Command", "Command": ["x"]}`, `Connectors["OUT"].Name: connector "OUT" has settings already; keep one, or give each the SmartHost that gets its tokens (name-duplicate)`},
		{`{"Name": "Out", "Grant": "Command", "Command": ["x"]}, {"Name": "Out", "Grant": "Command", "Command": ["x"]}`, `Connectors[1].Name: connector "Out" has settings already; keep one, or give each the SmartHost that gets its tokens (name-duplicate)`},
		{`{"Name": "Out", "SmartHost": "a.example", "Grant": "Command", "Command": ["x"]}, {"Name": "out", "SmartHost": "A.Example", "Grant": "Command", "Command": ["x"]}`, `Connectors["out"].SmartHost: connector "out" has settings for a.example already; keep one (name-duplicate)`},
		{`{"Name": "Out", "SmartHost": "a.example:587", "Grant": "Command", "Command": ["x"]}`, `SmartHost: smart host "a.example:587": give a host name or an IP address`},
		{`{"Name": "Out", "Grant": "Command", "Comand": ["x"]}`, `Connectors["Out"]: there is no parameter "Comand" here; Command is one`},
	} {
		_, err := oauth.Parse("tokens.json", []byte(`{"Connectors": [`+"\n"+tc.settings+`]}`))
		if err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "tea@") || !strings.HasPrefix(err.Error(), "tokens.json:2:") {
			t.Errorf("%s\n gives %v\n want  %s", tc.settings, err, tc.want)
		}
	}
	if _, err := oauth.Load("/absent.json"); !errors.Is(err, source.CodeFileUnreadable) {
		t.Error(err)
	}
	if _, err := oauth.Parse("a.json", make([]byte, 2<<20)); !errors.Is(err, source.CodeLimitExceeded) {
		t.Error(err)
	}
	endless := filepath.Join(t.TempDir(), "oauth.json")
	if err := os.WriteFile(endless, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(endless, 8<<30); err != nil { // sparse
		t.Fatal(err)
	}
	if _, err := oauth.Load(endless); !errors.Is(err, source.CodeLimitExceeded) {
		t.Error(err)
	}
	if _, err := oauth.Parse("a.json", []byte("{")); !errors.Is(err, source.CodeSyntax) {
		t.Error(err)
	}
	for _, good := range []string{
		`{"Name": "Out", "Grant": "ClientCredentials", "TokenURL": "http://127.0.0.1:8080/token", "ClientID": "1", "ClientSecret": {"File": "x"}}`,
		`{"Name": "Out", "Grant": "ServiceAccount", "ServiceAccount": {"Credential": "google"}, "Subject": "scan@contoso.com"}`,
		`{"Name": "Out", "Grant": "DeviceCode", "Provider": "Microsoft365", "ClientID": "1"}`,
	} {
		if _, err := oauth.Parse("a.json", []byte(`{"Connectors": [`+good+`]}`)); err != nil {
			t.Errorf("%s gives %v", good, err)
		}
	}
}

// TestCheck compares settings with a policy, and looks at the files that they name.
func TestCheck(t *testing.T) {
	now := time.Date(2027, 1, 1, 12, 0, 0, 0, time.UTC)
	certificate, _ := writeCertificate(t, now.AddDate(0, 0, 10))
	settings := fmt.Sprintf(`{"Connectors": [
{"Name": "Inline", "Grant": "ClientCredentials", "TokenURL": "https://a.example/t", "ClientID": "1", "ClientSecret": {"Value": "s3cret"}, "SecretExpires": "2027-01-30"},
{"Name": "Ended", "Grant": "ClientCredentials", "TokenURL": "https://a.example/t", "ClientID": "1", "ClientSecret": {"Environment": "PATH"}, "SecretExpires": "2026-12-31"},
{"Name": "Absent", "Grant": "ClientCredentials", "TokenURL": "https://a.example/t", "ClientID": "1", "ClientSecret": {"File": "/absent/secret"}},
{"Name": "Cert", "Grant": "ClientCredentials", "TokenURL": "https://a.example/t", "ClientID": "1", "Certificate": %q},
{"Name": "NoCert", "Grant": "ClientCredentials", "TokenURL": "https://a.example/t", "ClientID": "1", "Certificate": "/absent.pem"},
{"Name": "Person", "Grant": "DeviceCode", "Provider": "Microsoft365", "ClientID": "1"},
{"Name": "Google", "Grant": "ServiceAccount", "ServiceAccount": {"Value": "{}"}},
{"Name": "Unused", "Grant": "Command", "Command": ["x"]},
{"Name": "Good", "Grant": "Command", "Command": ["x"]}
]}`, certificate)
	s, err := oauth.Parse("t.json", []byte(settings))
	if err != nil {
		t.Fatal(err)
	}
	p := policy(t, "Inline", "Ended", "Absent", "Cert", "NoCert", "Person", "Google", "Good", "Missing")
	var got []string
	for _, d := range s.Check(p, t.TempDir(), now) {
		got = append(got, d.Severity.String()+" "+d.Summary())
	}
	text := strings.Join(got, "\n")
	for _, want := range []string{
		`warning Send["Missing"].SmartHostAuthMechanism: OAuth needs settings for tokens, and this connector has no settings: its mail waits (oauth-missing)`,
		`warning t.json:2:118: Connectors["Inline"].ClientSecret: the secret stands in the settings, where everyone who reads the file sees it; give File, Environment or Credential (oauth-secret-inline)`,
		`Connectors["Inline"].SecretExpires: the client secret expires in 28 days, on 2027-01-30; then mail waits (oauth-secret-expires)`,
		`error t.json:3:159: Connectors["Ended"].SecretExpires: the client secret has expired on 2026-12-31, so there are no more tokens (oauth-secret-expires)`,
		`error t.json:4:118: Connectors["Absent"].ClientSecret: /absent/secret: no such file or directory (oauth-secret-unreadable)`,
		`Connectors["Cert"].Certificate: the certificate expires in 10 days`,
		`Connectors["NoCert"].Certificate: /absent.pem: no such file or directory`,
		`warning t.json:7:29: Connectors["Person"].Grant: no logon is stored, so mail waits; run gateway oauth login -connector "Person" (oauth-logon-needed)`,
		`warning t.json:8:10: Connectors["Google"].Name: smtp.office365.com gets the tokens for Google, and is not known as a host of Google`,
		`Connectors["Google"].ServiceAccount: the settings: this isn't the JSON key file of a service account`,
		`warning t.json:9:10: Connectors["Unused"].Name: no Send connector "Unused" of this server uses OAuth (oauth-unused)`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("missing: %s in\n%s", want, text)
		}
	}
	if len(got) != 12 || strings.Contains(text, "s3cret") {
		t.Errorf("%d findings:\n%s", len(got), text)
	}
	if list := (*oauth.Settings)(nil).Check(p, "", now); len(list) != 9 {
		t.Errorf("without settings: %v", list)
	}
	for _, d := range s.Check(policy(t, "Person"), "", now) {
		if d.Path == `Connectors["Person"].Grant` && !strings.Contains(d.Detail, "give -data or -oauth-tokens") {
			t.Error(d)
		}
	}
}

// TestCertificateKeys: a certificate whose key the provider doesn't take is found before mail waits for it.
func TestCertificateKeys(t *testing.T) {
	now := time.Date(2027, 1, 1, 12, 0, 0, 0, time.UTC)
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		key              crypto.Signer
		microsoft, other string // findings; "": none
	}{
		"ECDSA":   {ec, "Microsoft takes certificates with RSA keys only", ""},
		"Ed25519": {ed, "neither RSA nor ECDSA", "neither RSA nor ECDSA"},
	} {
		file := certificateOf(t, now.AddDate(1, 0, 0), tc.key)
		for provider, want := range map[string]string{`"Provider": "Microsoft365", "Tenant": "contoso.com"`: tc.microsoft, `"TokenURL": "https://a.example/t"`: tc.other} {
			s, err := oauth.Parse("t.json", fmt.Appendf(nil, `{"Connectors": [{"Name": "Out", "Grant": "ClientCredentials", %s, "ClientID": "1", "Certificate": %q}]}`, provider, file))
			if err != nil {
				t.Fatal(err)
			}
			list := s.Check(policy(t, "Out"), t.TempDir(), now)
			if want == "" && len(list) > 0 || want != "" && (len(list) != 1 || !strings.Contains(list[0].Summary(), want)) {
				t.Errorf("%s, %s: %v; want %q", name, provider, list, want)
			}
		}
	}
}

// TestRelativePaths: they begin at the directory of the file, wherever the program was started. Errors name what was
// opened.
func TestRelativePaths(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(t.TempDir())
	const text = `{"Connectors": [
		{"Name": "A", "Grant": "ClientCredentials", "TokenURL": "https://a.example/t", "ClientID": "1", "ClientSecret": {"File": "secret"}},
		{"Name": "B", "Grant": "ClientCredentials", "TokenURL": "https://a.example/t", "ClientID": "1", "Certificate": "app.pem", "CertificateKey": "/key.pem"},
		{"Name": "C", "Grant": "ServiceAccount", "ServiceAccount": {"File": "../google.json"}},
		{"Name": "D", "Grant": "RefreshToken", "TokenURL": "https://a.example/t", "ClientID": "1", "RefreshToken": {"File": "refresh"}},
		{"Name": "E", "Grant": "Command", "Command": ["az", "account"]}, {"Name": "F", "Grant": "Command", "Command": ["./token", "a/b"]}]}`
	for name, up := range map[string]string{filepath.Join(dir, "oauth.json"): dir, "oauth.json": "."} {
		s, err := oauth.Parse(name, []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		in := func(name string) string { return filepath.Join(up, name) }
		c := s.Connectors
		if c[0].ClientSecret.File != in("secret") || c[1].Certificate != in("app.pem") || c[1].CertificateKey != "/key.pem" || c[2].ServiceAccount.File != in("../google.json") || c[3].RefreshToken.File != in("refresh") {
			t.Errorf("%s: %+v", name, c)
		}
		if program := c[5].Command[0]; c[4].Command[0] != "az" || filepath.Clean(program) != in("token") || filepath.Base(program) == program || c[5].Command[1] != "a/b" {
			t.Errorf("%s: %q, %q", name, c[4].Command, c[5].Command)
		}
		if err := (s.Check(policy(t, "A"), dir, time.Now())); !strings.Contains(fmt.Sprint(err), "ClientSecret: "+in("secret")+": no such file or directory") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestSecret reads secrets from each place.
func TestSecret(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("CREDENTIALS_DIRECTORY", dir)
	t.Setenv("INTERCHANGE_TEST_SECRET", "of the environment")
	for name, text := range map[string]string{"good": "of systemd\r\n", "empty": "\n", "large": strings.Repeat("x", 1<<17)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for s, want := range map[oauth.Secret]string{
		{Value: "inline"}:                        "inline",
		{Environment: "INTERCHANGE_TEST_SECRET"}: "of the environment",
		{Credential: "good"}:                     "of systemd",
		{File: filepath.Join(dir, "good")}:       "of systemd",
	} {
		if got, err := s.Read(); err != nil || got.Reveal() != want {
			t.Errorf("%v: %v", s, err)
		}
		if text := fmt.Sprintf("%v %+v %s", s, s, s); strings.Contains(text, want) {
			t.Errorf("it prints as %s", text)
		}
		if text, err := json.Marshal(s); err != nil || strings.Contains(string(text), want) {
			t.Errorf("it is written as %s", text)
		}
	}
	for s, want := range map[oauth.Secret]string{
		{}:                                  "no place",
		{Environment: "INTERCHANGE_ABSENT"}: "INTERCHANGE_ABSENT is not set",
		{Credential: "../good"}:             "is not the name of a credential",
		{Credential: "absent"}:              "no such file",
		{Credential: "empty"}:               "the file is empty",
		{Credential: "large"}:               "it isn't a secret",
	} {
		if _, err := s.Read(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %s", s, err, want)
		}
	}
	t.Setenv("CREDENTIALS_DIRECTORY", "")
	if _, err := (oauth.Secret{Credential: "good"}).Read(); err == nil || !strings.Contains(err.Error(), "LoadCredential=good:FILE") {
		t.Error(err)
	}
}

// TestText: grants and days are read as they are written.
func TestText(t *testing.T) {
	for g := oauth.ClientCredentials; g <= oauth.Command; g++ {
		text, err := g.MarshalText()
		var again oauth.Grant
		if err != nil || again.UnmarshalText(text) != nil || again != g {
			t.Errorf("%v is written as %s", g, text)
		}
	}
	if s := oauth.Grant(0).String() + oauth.Grant(99).String(); s != "" {
		t.Error(s)
	}
	var d oauth.Date
	if text, _ := d.MarshalText(); len(text) > 0 {
		t.Errorf("the zero Date is written as %s", text)
	}
	if err := d.UnmarshalText([]byte("2027-05-31")); err != nil {
		t.Error(err)
	}
	if text, _ := d.MarshalText(); string(text) != "2027-05-31" {
		t.Errorf("%s", text)
	}
}

// TestMissing: a token without the right to send is found out before a smart host refuses it.
func TestMissing(t *testing.T) {
	application, account := app(), person()
	for _, tc := range []struct {
		config *oauth.Config
		token  oauth.Token
		want   string
	}{
		{&application, oauth.Token{Account: "relay", Rights: []string{"SMTP.SendAsApp"}}, ""},
		{&application, oauth.Token{Account: "relay", Rights: []string{"IMAP.AccessAsApp"}}, "SMTP.SendAsApp"},
		{&application, oauth.Token{Account: "relay"}, "SMTP.SendAsApp"},
		{&application, oauth.Token{}, ""}, // it isn't a JWT
		{&account, oauth.Token{Account: "scan@contoso.com", Rights: []string{"SMTP.Send"}}, ""},
		{&account, oauth.Token{Account: "scan@contoso.com", Rights: []string{"SMTP.SendAsApp"}}, "SMTP.Send"},
		{&oauth.Config{Provider: oauth.Google, Grant: oauth.ServiceAccount}, oauth.Token{Account: "scan@contoso.com"}, ""},
	} {
		e := tc.config.Missing(&tc.token)
		if (e == nil) != (tc.want == "") || e != nil && (e.Cause != oauth.CausePermission || !strings.HasSuffix(e.Detail, tc.want)) {
			t.Errorf("%+v lacks %v, want %q", tc.token, e, tc.want)
		}
	}
}

// TestFiles: the files with secrets are named, once each.
func TestFiles(t *testing.T) {
	s := &oauth.Settings{Connectors: []oauth.Config{
		{ClientSecret: oauth.Secret{File: "b"}, RefreshToken: oauth.Secret{File: "a"}}, {Certificate: "c"},
		{Certificate: "d", CertificateKey: "b"}, {ServiceAccount: oauth.Secret{Value: "x"}}, {ClientSecret: oauth.Secret{Environment: "E"}},
	}}
	if got := strings.Join(s.Files("settings"), " "); got != "a b c settings" {
		t.Error(got)
	}
	if (*oauth.Settings)(nil).Files("settings") != nil || (*oauth.Settings)(nil).Find("x", param.SmartHost{}) != nil || s.Find("", param.SmartHost{}) == nil {
		t.Error("settings that are nil have something")
	}
}
