package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/auth/userfile"
	"github.com/interchange-smtp/interchange/examples/internal/exampletest"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// provider is an identity provider with one key, and the files that describe it.
type provider struct {
	key    *ecdsa.PrivateKey
	tokens string // the file of -tokens
}

// newProvider writes the files; more are further settings as JSON.
func newProvider(t *testing.T, more string) *provider {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	point, err := key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	encode := base64.RawURLEncoding.EncodeToString
	keys := fmt.Sprintf(`{"keys":[{"kty":"EC","crv":"P-256","kid":"k","x":%q,"y":%q}]}`, encode(point[1:33]), encode(point[33:]))
	write(t, filepath.Join(dir, "keys.json"), keys)
	p := &provider{key, filepath.Join(dir, "tokens.json")}
	write(t, p.tokens, `{"Issuer": "https://login.fabrikam.com", "Audience": ["smtp"], "Keys": "keys.json", "UserClaim": "email"`+more+`}`)
	return p
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// token returns a token of a user that is valid for d.
func (p *provider) token(t *testing.T, user string, d time.Duration) string {
	t.Helper()
	claims, err := json.Marshal(map[string]any{"iss": "https://login.fabrikam.com", "aud": "smtp", "email": user, "exp": time.Now().Add(d).Unix()})
	if err != nil {
		t.Fatal(err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	text := encode([]byte(`{"alg":"ES256","kid":"k"}`)) + "." + encode(claims)
	sum := sha256.Sum256([]byte(text))
	r, s, err := ecdsa.Sign(rand.Reader, p.key, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + encode(append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...))
}

// serveTokens starts a gateway with a file of -tokens and the user app@fabrikam.com, and returns it with a function
// that begins a session in TLS.
func serveTokens(t *testing.T, tokens string) (s *serving, session func() *relaytest.Client) {
	t.Helper()
	dir := t.TempDir()
	users, cert, key, policy := filepath.Join(dir, "users"), filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"), filepath.Join(dir, "policy.json")
	file := new(userfile.File)
	if err := file.Add("app@fabrikam.com", "tea", nil, nil); err != nil {
		t.Fatal(err)
	}
	if err := file.Save(users); err != nil {
		t.Fatal(err)
	}
	pair, err := selfSigned("huba.fabrikam.com")
	if err != nil {
		t.Fatal(err)
	}
	certText, keyText := pemOf(t, pair)
	write(t, cert, string(certText))
	write(t, key, string(keyText))
	binding := exampletest.Free(t)
	write(t, policy, strings.Replace(strings.Replace(tokenPolicy, "BINDING", binding, 1), "MECHANISM", "Tls, OAuth", 1))

	s = startServing(t, "-config", policy, "-users", users, "-tokens", tokens, "-cert", cert, "-key", key)
	return s, func() *relaytest.Client {
		conn, err := net.Dial("tcp", binding)
		if err != nil {
			t.Fatal(err)
		}
		c := relaytest.NewClient(t, conn)
		t.Cleanup(c.Close)
		c.Expect(220)
		c.Do("EHLO client.example", 250)
		c.StartTLS(nil)
		if text := c.Do("EHLO client.example", 250); !strings.Contains(text, "AUTH OAUTHBEARER XOAUTH2\n") {
			t.Errorf("EHLO: %s", text)
		}
		return c
	}
}

// authXOAUTH2 is the command with which a user shows a token.
func authXOAUTH2(user, token string) string {
	return "AUTH XOAUTH2 " + base64.StdEncoding.EncodeToString([]byte("user="+user+"\x01auth=Bearer "+token+"\x01\x01"))
}

// TestServeTokens: an application logs on with a token of the identity provider, as a user of
// the users file.
func TestServeTokens(t *testing.T) {
	p := newProvider(t, "")
	s, session := serveTokens(t, p.tokens)
	logOn := func(user, token string, code int) string {
		c := session()
		defer c.Close()
		if code == 235 {
			return c.Do(authXOAUTH2(user, token), 235)
		}
		reason, _ := base64.StdEncoding.DecodeString(c.Do(authXOAUTH2(user, token), 334))
		c.Do("", code)
		return string(reason)
	}
	logOn("app@fabrikam.com", p.token(t, "app@fabrikam.com", time.Hour), 235)
	logOn("app@fabrikam.com", p.token(t, "eve@fabrikam.com", time.Hour), 535)
	logOn("bob@fabrikam.com", p.token(t, "app@fabrikam.com", time.Hour), 535)
	if reason := logOn("app@fabrikam.com", p.token(t, "app@fabrikam.com", -time.Hour), 535); !strings.Contains(reason, `"status":"invalid_token"`) || strings.Contains(reason, "expired") {
		t.Errorf("the client gets %s", reason)
	}
	s.end(t)
	for _, want := range []string{"it expired at ", "the users file has no such user"} {
		if !strings.Contains(s.stderr.String(), want) {
			t.Errorf("the log lacks %q: %s", want, s.stderr)
		}
	}
	if strings.Contains(s.stderr.String(), "eyJ") {
		t.Errorf("a token is in the log: %s", s.stderr)
	}
}

// TestServeKeysAway: an identity provider that is away is reported, beside the client that can't log on.
func TestServeKeysAway(t *testing.T) {
	file, away := filepath.Join(t.TempDir(), "tokens.json"), exampletest.Free(t)
	write(t, file, `{"Issuer": "https://`+away+`", "Keys": "https://`+away+`/keys", "Audience": ["smtp.fabrikam.com"]}`)
	s, session := serveTokens(t, file)
	token := newProvider(t, "").token(t, "app@fabrikam.com", time.Hour)
	session().Do(authXOAUTH2("app@fabrikam.com", token), 454)
	s.stderr.wait(t, `level=ERROR msg="keys of the identity provider can't be fetched" keys=https://`+away+`/keys error=`, 1)
	s.end(t)
	if log := s.stderr.String(); strings.Contains(log, token) || strings.Count(log, "keys of the identity provider") != 1 {
		t.Errorf("the log is %s", log)
	}
}

const tokenPolicy = `{"Server": "HubA", "Servers": [{"Name": "HubA", "FQDN": "huba.fabrikam.com"}],
	"Receive": [{"Name": "Applications", "Bindings": ["BINDING"], "RemoteIPRanges": ["127.0.0.1"], "AuthMechanism": "MECHANISM", "PermissionGroups": "ExchangeUsers", "AuthTarpitInterval": "00:00:00"}],
	"Accepted": [{"Name": "a", "DomainName": "fabrikam.com"}],
	"Send": [{"Name": "Out", "AddressSpaces": ["*", "fabrikam.com"], "SmartHosts": ["10.2.3.9"]}]}`

// TestTokensExplained: check and explain know the file of the identity provider.
func TestTokensExplained(t *testing.T) {
	p := newProvider(t, `, "AllUsers": true`)
	dir := t.TempDir()
	oauth, basic := filepath.Join(dir, "oauth.json"), filepath.Join(dir, "basic.json")
	policy := strings.Replace(tokenPolicy, "BINDING", "127.0.0.1:587", 1)
	write(t, oauth, strings.Replace(policy, "MECHANISM", "Tls, OAuth", 1))
	named := filepath.Join(dir, "named.json")
	write(t, named, strings.Replace(strings.Replace(policy, "MECHANISM", "Tls, OAuth", 1), `"PermissionGroups": "ExchangeUsers"`,
		`"PermissionGroups": "None", "Permissions": [{"User": "Scanners", "ExtendedRights": ["ms-Exch-SMTP-Submit", "ms-Exch-SMTP-Accept-Any-Sender", "ms-Exch-SMTP-Accept-Authoritative-Domain-Sender", "ms-Exch-SMTP-Accept-Any-Recipient"]}]`, 1))
	write(t, basic, strings.Replace(policy, "MECHANISM", "Tls, BasicAuth, BasicAuthRequireTLS", 1))
	away := newProvider(t, `, "AllUsers": true`)
	write(t, away.tokens, `{"Issuer": "https://127.0.0.1:1", "Audience": ["smtp"], "AllUsers": true}`)
	needsUsers := newProvider(t, "")
	session := []string{"-remote", "127.0.0.1", "-tls", "-from", "ann@fabrikam.com", "-to", "bob@example.org"}
	explain := func(config string, args ...string) []string {
		return append(append([]string{"explain", "-config", config}, session...), args...)
	}
	tests := []struct {
		args  []string
		stdin string
		code  int
		want  string
	}{
		{[]string{"check", oauth}, "", exitOK, "give -tokens (tokens-missing)"},
		{[]string{"check", oauth, "-tokens", p.tokens}, "", exitOK, "note"},
		{[]string{"check", basic, "-tokens", p.tokens}, "", exitNo, "warning: " + p.tokens + ": -tokens has no effect"},
		{[]string{"check", oauth, "-tokens", away.tokens}, "", exitNo, "no client can log on with a token: keys of tokens from https://127.0.0.1:1: "},
		{[]string{"check", oauth, "-tokens", filepath.Join(dir, "none")}, "", exitInvalid, "-tokens: "},

		{explain(oauth, "-tokens", p.tokens, "-token", "-"), p.token(t, "ann@fabrikam.com", time.Hour) + "\n", exitOK, "ann@fabrikam.com"},
		{explain(oauth, "-tokens", p.tokens, "-token", "-"), p.token(t, "bob@fabrikam.com", time.Hour), exitNo, "bob@fabrikam.com"},
		{explain(oauth, "-tokens", p.tokens, "-token", "-"), p.token(t, "ann@fabrikam.com", -time.Hour), exitNo, "-token: the token isn't accepted: it expired at "},
		{explain(oauth, "-token", "-"), "", exitInvalid, "-token: give the file of the identity provider with -tokens"},
		{explain(oauth, "-user", "ann@fabrikam.com"), "", exitOK, "OAUTHBEARER"},
		{explain(named, "-user", "Scanners"), "", exitOK, "Scanners"},
		{explain(named, "-user", "Scanners", "-tokens", p.tokens), "", exitNo, "Scanners"}, // the name of a group
		{explain(named, "-tokens", p.tokens, "-token", "-"), p.token(t, "Scanners", time.Hour), exitNo, "Scanners"},
		{explain(oauth, "-user", "ann@fabrikam.com", "-no-tokens"), "", exitNo, "AUTH"},
		{explain(oauth, "-user", "ann@fabrikam.com", "-tokens", needsUsers.tokens), "", exitInvalid, "without -users, -passwd or -ldap, AllUsers must be true"},
		{explain(basic, "-tokens", p.tokens, "-token", "-"), p.token(t, "ann@fabrikam.com", time.Hour), exitNo, "AUTH"},
	}
	for i, tt := range tests {
		var out bytes.Buffer
		if code := run(tt.args, strings.NewReader(tt.stdin), &out, &out); code != tt.code || !strings.Contains(out.String(), tt.want) {
			t.Errorf("row %d: %v: exit %d, want %d with %q\n%s", i, tt.args, code, tt.code, tt.want, &out)
		}
	}
}

// TestTokenFileMistakes: each mistake in the file says where it is, and what would be right.
func TestTokenFileMistakes(t *testing.T) {
	file := filepath.Join(t.TempDir(), "tokens.json")
	tests := []struct{ text, want string }{
		{"{\n\"Isuer\": \"x\"}", `:2:1: there is no parameter "Isuer" here; Issuer is one`},
		{`{"AnyUser": "yes"}`, ":1:13: AnyUser: give true or false, not a string"},
		{`{} {}`, ":1:4: this isn't JSON: the end is expected"},
		{``, ":1:1: the file is empty"},
		{`{"Issuer": "https://x", "Audience": ["y"], "AllUsers": true, "Keys": "http://x/keys"}`, "Keys: \"http://x/keys\": give a URL that begins with https://"},
		{`{"Issuer": "https://x", "Audience": ["y"], "AllUsers": true, "Keys": "none.json"}`, "none.json"},
		{`{"Issuer": "https://x", "AllUsers": true}`, "the audience is missing"},
		{`{"Audience": ["y"], "Keys": "https://x/keys", "AllUsers": true}`, "the issuer is missing"},
		{`{"AllUsers": true}`, "or its Issuer"},
		{`{"Issuer": "https://x", "Audience": ["y"]}`, "without -users, -passwd or -ldap, AllUsers must be true"},
		{strings.Repeat(" ", maxTokenFile+1), "more than 65536 bytes"},
	}
	for _, tt := range tests {
		write(t, file, tt.text)
		if _, err := loadTokens(file, nil, new(providerKeys)); err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), file) {
			t.Errorf("%.60s: %v; want %q", tt.text, err, tt.want)
		}
	}
}

// FuzzTokenFile: a file of -tokens that is taken names the issuer and the audience of the tokens, lets users
// in only where it says so, and has its keys fetched by HTTPS.
func FuzzTokenFile(f *testing.F) {
	f.Add(`"Audience":["smtp"],"AllUsers":true`)
	f.Add(`"Audience":["smtp"],"AllUsers":true,"Keys":"http://login.fabrikam.com/keys"`)
	f.Add(`"Audience":[],"AllUsers":false,"Keys":"keys.json","Scopes":[""],"AnyUser":true`)
	f.Add(`"Audience":["smtp"],"AllUsers":true,"Issuer":"ftp://a"`)
	f.Add(`"Audiense":1`)
	file := filepath.Join(f.TempDir(), "tokens.json")
	f.Fuzz(func(t *testing.T, members string) {
		write(t, file, `{"Issuer":"https://login.fabrikam.com",`+members+`}`)
		v, err := loadTokens(file, nil, new(providerKeys))
		if err != nil {
			if v != nil || !strings.HasPrefix(err.Error(), file) {
				t.Fatalf("%v, %v", v, err)
			}
			return
		}
		said, err := readTokenFile(file)
		if err != nil || v.Issuer == "" || len(v.Audiences) == 0 || !said.AllUsers || v.AnyUser != said.AnyUser || said.Keys == "" && !strings.HasPrefix(v.Issuer, "https://") || strings.Contains(said.Keys, "://") && !strings.HasPrefix(said.Keys, "https://") {
			t.Fatalf("%+v, %v", v, err)
		}
	})
}
