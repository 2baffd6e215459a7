package oauth_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"net/url"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/relay/oauth"
	"github.com/interchange-smtp/interchange/relay/relaytest/entra"
)

// fetch fetches one token by c.
func (w *world) fetch(c oauth.Config) (*oauth.Token, error) {
	return w.sources.Fetch(w.Context(), &c, "scan@contoso.com")
}

// cause checks that err is an Error with a cause, and with a text in it.
func (w *world) cause(err error, want oauth.Cause, text string) {
	w.Helper()
	var why *oauth.Error
	if !errors.As(err, &why) || why.Cause != want || !strings.Contains(err.Error(), text) {
		w.Errorf("the error is %v, want %s with %q", err, want, text)
	}
}

// TestResource: in China the endpoint v1.0 gets a resource and no scopes, unless the settings choose otherwise. A
// resource that the address doesn't take, and one that is missing, have their own cure.
func TestResource(t *testing.T) {
	const china, v1 = "https://login.partner.microsoftonline.cn/contoso.com/oauth2/v2.0/token", "https://login.partner.microsoftonline.cn/contoso.com/oauth2/token"
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		for _, tc := range []struct {
			change          func(c *oauth.Config)
			scope, resource string
			cure            string // "": there is a token
		}{
			{func(*oauth.Config) {}, "", "https://partner.outlook.cn", ""},
			{func(c *oauth.Config) { c.Scopes = []string{"https://partner.outlook.cn/.default"} }, "https://partner.outlook.cn/.default", "", ""},
			{func(c *oauth.Config) { c.TokenURL = china }, "https://partner.outlook.cn/.default", "", ""},
			{func(c *oauth.Config) { c.Resource = "https://other.example" }, "", "https://other.example", ""},
			{func(c *oauth.Config) { c.Provider, c.TokenURL, c.Resource = "", v1, "https://other.example" }, "", "https://other.example", ""},
			{func(c *oauth.Config) { c.TokenURL, c.Resource = china, "https://other.example" }, "", "https://other.example", "leave out Resource"},
			{func(c *oauth.Config) { c.TokenURL = v1 }, "https://partner.outlook.cn/.default", "", "give Resource"},
			{func(c *oauth.Config) {
				c.Grant, c.RefreshToken = oauth.RefreshToken, oauth.Secret{Value: auth.Secret(w.server.NewLogon("scan@contoso.com"))}
			}, "", "https://partner.outlook.cn", ""},
		} {
			c := app()
			c.Provider = oauth.Microsoft365China
			tc.change(&c)
			got, err := w.fetch(c)
			if params := w.last(); params.Get("scope") != tc.scope || params.Get("resource") != tc.resource || params.Has("scope") != (tc.scope != "") {
				t.Errorf("%+v: %v", tc, params)
			}
			if tc.cure != "" {
				w.cause(err, oauth.CauseRequest, tc.cure)
				continue
			}
			if err != nil {
				t.Errorf("%+v: %v", tc, err)
				continue
			}
			w.must(got.Access, nil)
		}
	})
}

func TestClientCredentials(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		got, err := w.fetch(app())
		if err != nil {
			t.Fatal(err)
		}
		if w.must(got.Access, nil); !slices.Equal(got.Rights, []string{"SMTP.SendAsApp"}) || got.Account != appID {
			t.Errorf("%+v", got)
		}
		params := w.server.Requests()[0]
		if params.Get("scope") != "https://outlook.office365.com/.default" || params.Get("grant_type") != "client_credentials" {
			t.Errorf("%v", params)
		}
		c := app()
		c.Provider = oauth.Microsoft365GCCHigh
		if got, err := w.fetch(c); err != nil || w.last().Get("scope") != "https://outlook.office365.us/.default" {
			t.Errorf("%v, %v", got, err)
		}
		c = app()
		c.ClientID = "unknown"
		_, err = w.fetch(c)
		w.cause(err, oauth.CauseApplication, "AADSTS700016")
		c = app()
		c.Scopes = []string{"SMTP.Send"}
		_, err = w.fetch(c)
		w.cause(err, oauth.CauseRequest, "correct Scopes")
		c = app()
		c.ClientSecret = oauth.Secret{Environment: "INTERCHANGE_TEST_ABSENT"}
		_, err = w.fetch(c)
		w.cause(err, oauth.CauseUnreadable, "INTERCHANGE_TEST_ABSENT is not set")
	})
}

func TestCertificate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		file, key := writeCertificate(t, time.Now().AddDate(0, 6, 0))
		w.server.Apps[0].Secret, w.server.Apps[0].Key = "", &key.PublicKey
		c := app()
		c.ClientSecret, c.Certificate = oauth.Secret{}, file
		if got, err := w.fetch(c); err != nil {
			t.Error(err)
		} else {
			w.must(got.Access, nil)
		}
		c.Certificate, _ = writeCertificate(t, time.Now().AddDate(0, 6, 0))
		_, err := w.fetch(c)
		w.cause(err, oauth.CauseSecret, "AADSTS700027")
		c.CertificateKey = file
		_, err = w.fetch(c)
		w.cause(err, oauth.CauseUnreadable, "no certificate whose key is in")
		c.CertificateKey = file + ".absent"
		_, err = w.fetch(c)
		w.cause(err, oauth.CauseUnreadable, ".absent: no such file")
		c.Certificate = "/absent.pem"
		_, err = w.fetch(c)
		w.cause(err, oauth.CauseUnreadable, "/absent.pem: no such file")
	})
}

// keyFile returns a key file of a service account.
func keyFile(t *testing.T, key *rsa.PrivateKey, uri string) oauth.Secret {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(map[string]string{"type": "service_account", "client_email": "relay@project.iam.gserviceaccount.com",
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), "private_key_id": "k1", "token_uri": uri})
	if err != nil {
		t.Fatal(err)
	}
	return oauth.Secret{File: write(t, "key.json", string(text))}
}

func TestServiceAccount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			t.Fatal(err)
		}
		w.server.ServiceAccounts = map[string]*rsa.PublicKey{"relay@project.iam.gserviceaccount.com": &key.PublicKey}
		c := oauth.Config{Name: "Out", Provider: oauth.Google, Grant: oauth.ServiceAccount, ServiceAccount: keyFile(t, key, "https://oauth2.googleapis.com/token")}
		got, err := w.fetch(c)
		if err != nil {
			t.Fatal(err)
		}
		if w.must(got.Access, nil); got.Account != "scan@contoso.com" {
			t.Errorf("%+v", got)
		}
		c.Subject = "other@contoso.com"
		if got, err := w.fetch(c); err != nil || got.Account != c.Subject {
			t.Errorf("%+v, %v", got, err)
		}
		c.Scopes = []string{"https://www.googleapis.com/auth/gmail.send"}
		_, err = w.fetch(c)
		w.cause(err, oauth.CausePermission, "Domain-wide delegation")
		c.Scopes = nil
		w.server.Script = func(url.Values) *entra.Answer {
			return &entra.Answer{Error: "invalid_grant", Description: "Something new"}
		}
		_, err = w.fetch(c)
		w.cause(err, oauth.CauseApplication, "correct ServiceAccount")
		w.server.Script, w.server.ServiceAccounts = nil, nil
		_, err = w.fetch(c)
		w.cause(err, oauth.CauseApplication, "doesn't exist any more")
		for _, s := range []oauth.Secret{{Value: "{}"}, {Value: "no"}, {Value: `{"type":"service_account","client_email":"a@b","private_key":"x"}`},
			{File: "/absent.json"}, keyFile(t, key, "http://oauth2.googleapis.com/token")} {
			c.ServiceAccount = s
			_, err = w.fetch(c)
			w.cause(err, oauth.CauseUnreadable, strings.TrimPrefix(s.String(), "file "))
		}
	})
}

// TestEcho: the words of a token server that repeats the request are withheld, and the rest of the error isn't.
func TestEcho(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		for _, echo := range []func(url.Values) string{
			func(form url.Values) string { return "bad: " + form.Get("client_secret") },
			func(form url.Values) string { return "bad: " + form.Encode() },
			func(form url.Values) string { return strings.Repeat("x", 290) + form.Get("client_secret") },
		} {
			w.server.Script = func(form url.Values) *entra.Answer {
				return &entra.Answer{Error: "invalid_client", Description: echo(form)}
			}
			_, err := w.fetch(app())
			w.cause(err, oauth.CauseSecret, "words withheld")
			if strings.Contains(err.Error(), "abc8Q") {
				t.Error(err)
			}
		}
		for name, answer := range map[string]func(url.Values) entra.Answer{
			"code": func(form url.Values) entra.Answer {
				return entra.Answer{Error: form.Get("client_secret"), Description: "no"}
			},
			"both": func(form url.Values) entra.Answer {
				return entra.Answer{Error: form.Get("client_secret"), Description: form.Encode()}
			},
			"page":    func(form url.Values) entra.Answer { return entra.Answer{Status: 200, Body: "<html>" + form.Encode()} },
			"failure": func(form url.Values) entra.Answer { return entra.Answer{Status: 500, Body: form.Get("client_secret")} },
			"redirect": func(form url.Values) entra.Answer {
				return entra.Answer{Status: 302, Location: "https://evil.example/?" + form.Encode()}
			},
			"no URL": func(form url.Values) entra.Answer {
				return entra.Answer{Status: 302, Location: ":\x7f" + form.Get("client_secret")}
			},
			"wait": func(form url.Values) entra.Answer {
				return entra.Answer{Status: 429, RetryAfter: form.Get("client_secret"), Body: "{}"}
			},
			"type": func(form url.Values) entra.Answer {
				return entra.Answer{Status: 200, Body: `{"access_token":"a","token_type":"` + form.Get("client_secret") + `"}`}
			},
		} {
			w.server.Script = func(form url.Values) *entra.Answer { a := answer(form); return &a }
			if _, err := w.fetch(app()); err == nil || strings.Contains(err.Error(), "abc8Q") || strings.Contains(err.Error(), "the-client") {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// Redirects aren't followed, and answers that aren't tokens are errors in words.
func TestOddAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		for _, tc := range []struct {
			name   string
			answer entra.Answer
			cause  oauth.Cause
			text   string
		}{
			{"redirect", entra.Answer{Status: 307, Location: "https://evil.example/token"}, oauth.CauseRequest, "another address"},
			{"page", entra.Answer{Status: 200, Body: "<html>"}, oauth.CauseUnavailable, "can't be understood"},
			{"no token", entra.Answer{Status: 200, Body: `{"token_type":"Bearer"}`}, oauth.CauseUnavailable, "can't be understood"},
			{"other type", entra.Answer{Status: 200, Body: `{"token_type":"mac","access_token":"a","expires_in":60}`}, oauth.CauseRequest, "another type than Bearer"},
			{"control", entra.Answer{Status: 200, Body: `{"access_token":"a\u0001auth=Bearer b","expires_in":60}`}, oauth.CauseRequest, "can be sent"},
			{"long", entra.Answer{Status: 200, Body: `{"access_token":"` + strings.Repeat("a", 70000) + `","expires_in":60}`}, oauth.CauseRequest, "can be sent"},
			{"gone", entra.Answer{Status: 502, Body: "bad gateway"}, oauth.CauseUnavailable, "502 Bad Gateway"},
			{"many", entra.Answer{Status: 429, Body: "{}"}, oauth.CauseThrottled, "fewer requests"},
			{"plain", entra.Answer{Status: 400, Body: `{"error":"invalid_client","error_description":"no"}`}, oauth.CauseSecret, "id or secret"},
			{"unknown", entra.Answer{Error: "invalid_request", Description: "AADSTS9999999: Something new."}, oauth.CauseRequest, "https://login.microsoftonline.com/error?code=9999999 says"},
			{"words", entra.Answer{Error: "x\ny", Description: "a\x1b[31m\r\nTrace ID: 1"}, oauth.CauseRequest, "(x y); correct Provider, Tenant, TokenURL and Scopes; the token server says: a?[31m"},
		} {
			w.server.Script = func(url.Values) *entra.Answer { return &tc.answer }
			_, err := w.fetch(app())
			w.cause(err, tc.cause, tc.text)
			if strings.Contains(err.Error(), "\n") || len(err.Error()) > 1000 {
				t.Errorf("%s: %q", tc.name, err)
			}
		}
		w.server.Script = func(url.Values) *entra.Answer {
			return &entra.Answer{Status: 200, Body: `{"access_token":"opaque"}`}
		}
		if got, err := w.fetch(app()); err != nil || time.Until(got.Expires) != 10*time.Minute || got.Account != "" {
			t.Errorf("a token without an end: %+v, %v", got, err)
		}
		c := app()
		c.TokenURL = "https://192.0.2.99/token" // the certificate doesn't have the name
		_, err := w.fetch(c)
		w.cause(err, oauth.CauseUnavailable, "192.0.2.99: tls:")
		w.server.Script = func(url.Values) *entra.Answer { time.Sleep(time.Minute); return nil }
		_, err = w.fetch(app())
		w.cause(err, oauth.CauseUnavailable, "didn't answer in time")
		time.Sleep(time.Minute) // until the script has ended
	})
}

func TestCommand(t *testing.T) {
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("there is no shell")
	}
	s := &oauth.Sources{}
	for _, tc := range []struct{ name, script, text string }{
		{"token", "echo abc.def", ""},
		{"json", `echo '{"access_token":"abc.def","expires_in":"3600"}'`, ""},
		{"az", `echo '{"accessToken":"abc.def","expires_on":4102444800}'`, ""},
		{"child stays", "sleep 60 & echo abc.def", ""},
		{"nothing", "true", "prints no token"},
		{"several lines", "echo a; echo b", "prints no token"},
		{"expired", `echo '{"accessToken":"abc.def","expires_on":1}'`, "has expired already"},
		{"fails", "echo not logged on >&2; exit 3", "exit status 3: not logged on"},
		{"trace", "set -x; SECRET=geheim; exit 3", "exit status 3"},
		{"token in words", "echo abc.def.ghi; echo got abc.def.ghi >&2; exit 3", "words withheld"},
		{"fails silently", "exit 3", "exit status 3"},
		{"too much", "head -c 100000 /dev/zero", "prints more than"},
	} {
		got, err := s.Fetch(t.Context(), &oauth.Config{Name: "Out", Grant: oauth.Command, Command: []string{"sh", "-c", tc.script}}, "")
		switch {
		case tc.text == "" && (err != nil || got.Access.Reveal() != "abc.def"):
			t.Errorf("%s: %v", tc.name, err)
		case tc.text != "":
			(&world{T: t}).cause(err, oauth.CauseCommand, tc.text)
			if strings.Contains(err.Error(), "geheim") || strings.Contains(err.Error(), "abc.def.ghi") {
				t.Errorf("%s: %v", tc.name, err)
			}
		}
	}
	_, err := s.Fetch(t.Context(), &oauth.Config{Name: "Out", Grant: oauth.Command, Command: []string{"/absent/program"}}, "")
	(&world{T: t}).cause(err, oauth.CauseCommand, "/absent/program")
	short, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err = s.Fetch(short, &oauth.Config{Name: "Out", Grant: oauth.Command, Command: []string{"sleep", "60"}}, "")
	(&world{T: t}).cause(err, oauth.CauseCommand, "didn't end")
}
