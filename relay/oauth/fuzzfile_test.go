package oauth

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/source"
)

// fuzzedSecret must not be in an error text.
const fuzzedSecret = "hunter2-Q8~x"

// FuzzParse: the mistakes of settings have no secret in their text, and settings without
// mistakes say for which connector they are, and keep the secret.
func FuzzParse(f *testing.F) {
	f.Add(`}}]}`)
	f.Add(`}, "Provider": "Microsoft365", "Tenant": "contoso.com", "ClientID": "1"}]}`)
	f.Add(`, "File": "x"}, "TokenURL": "http://login.example/token"}]}`)
	f.Add(`}, "Grant": "Command", "SecretExpires": "soon", "Comand": [1e999]}, {"Name": "OUT"}]}`)
	f.Add("\x00\n")
	f.Fuzz(func(t *testing.T, rest string) {
		if strings.Contains(rest, "hunter2") {
			t.Skip("shows it itself")
		}
		s, err := Parse("oauth.json", []byte(`{"Connectors": [{"Name": "Out", "Grant": "ClientCredentials", "ClientSecret": {"Value": "`+fuzzedSecret+`"`+rest))
		switch {
		case err != nil:
			if _, ok := err.(source.Diagnostics); !ok || s != nil || strings.Contains(err.Error(), fuzzedSecret) {
				t.Fatalf("%T %v, %v", err, err, s)
			}
		case s.Find("OUT", s.Connectors[0].SmartHost) == nil:
			t.Fatalf("%q: no settings of the connector", rest)
		default:
			for _, c := range s.Connectors {
				if c.Name == "" || c.Grant.String() == "" || c.TokenURL != "" && !safeURL(c.TokenURL) {
					t.Fatalf("%+v", c)
				}
			}
		}
	})
}

// smallAccount has a key of 512 bits, which Go doesn't sign with.
const smallAccount = `"client_email":"a@b","private_key":"-----BEGIN RSA PRIVATE KEY-----\nMIIBPAIBAAJBALN79luKIXOHENzJyHFqVuZFujpCrKHYcYOwfpCbUzaxQLmte5V2\n4EzR26A8RgMCagUvtBRSFFvWyaOt72OZrScCAwEAAQJBAIyKU5TIK3tf1odcBXUx\ndEwpazI1hSHR7sjUSbaHuXgHsbzhYNSHjOj/wqA/b53gPvLOZlTsV9Cjhu85R2UZ\nU3ECIQDcBNofMYyvyB7dJi1hKpY1f30v5XkYplUGVahzqBCODwIhANDWHS28w84X\nLRZAnn8XY7SZbO3+nUvC3BLb9gP9QwdpAiEAmW0Uwe3momnWA/dsa7ar2pCVtsG5\nqVPMNMek2UoYiUcCIQC4k8YOWrylNo6/EDYGFmIliUVhxJy6DWv9rzPtqrbHoQIg\nP1nKPrpUcsZR+kynRtQqYlwHMHpJaMYy0V9toqlCRb0=\n-----END RSA PRIVATE KEY-----\n"`

// FuzzServiceAccount: a key file that is taken signs, for a token server to which a secret may
// be sent; an error doesn't quote the file.
func FuzzServiceAccount(f *testing.F) {
	f.Add(`"client_email":"a@b","private_key":"{}"`)
	f.Add(`"type":"user"`)
	f.Add(`"client_email":"a@b","private_key":"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n","token_uri":"http://a"`)
	f.Add(smallAccount)
	f.Fuzz(func(t *testing.T, members string) {
		text := `{"type":"service_account","private_key_id":"` + fuzzedSecret + `",` + members + `}`
		a, err := readServiceAccount(Secret{Value: auth.Secret(text)})
		switch {
		case err != nil:
			if a != nil || len(err.Error()) > 200 || strings.Contains(err.Error(), fuzzedSecret) {
				t.Fatalf("%v, %v", a, err)
			}
		case a.Email == "" || a.TokenURI != "" && !safeURL(a.TokenURI):
			t.Fatalf("%+v", a)
		default:
			if _, err := sign(jwt.SigningMethodRS256, a.key, nil, jwt.MapClaims{}); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// FuzzRecord: a stored refresh token that can be read is stored as the same again; an error
// doesn't quote it.
func FuzzRecord(f *testing.F) {
	f.Add(`}`)
	f.Add(`,"user":"kim@contoso.com","time":"2026-11-30T01:00:00+24:00","client_id":"1","token_url":"https://a"}`)
	f.Add(`,"time":"9999-12-31T23:59:59-23:59"}`)
	f.Add(`,"refresh_token":""}`)
	f.Add("\xff")
	s, c := &store{f.TempDir()}, &Config{Name: "Out"}
	f.Fuzz(func(t *testing.T, rest string) {
		if strings.Contains(rest, "hunter2") {
			t.Skip("shows it itself")
		}
		if err := os.WriteFile(s.path(c), []byte(`{"refresh_token":"`+fuzzedSecret+`"`+rest), 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := s.load(c)
		if err != nil {
			if r != nil || len(err.Error()) > 500 || strings.Contains(err.Error(), fuzzedSecret) {
				t.Fatalf("%v, %v", r, err)
			}
			return
		}
		if r.Token == "" {
			t.Fatalf("no token: %+v", r)
		}
		if err := s.save(c, r); err != nil {
			t.Fatalf("%+v: %v", r, err)
		}
		if again, err := s.load(c); err != nil || !again.Time.Equal(r.Time) {
			t.Fatalf("%+v, %v", again, err)
		} else if again.Time = r.Time; !reflect.DeepEqual(again, r) {
			t.Fatalf("%+v is %+v", r, again)
		}
	})
}
