package delivery_test

import (
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// TestLogonNeedsACertificate: no mechanism gives a password or token to a host whose certificate isn't
// valid for its name, unless the connector says so. In the clear a password goes to a host that offers no
// TLS. A host on this machine is no exception.
func TestLogonNeedsACertificate(t *testing.T) {
	trusted, stranger := authority(t)
	for name, tc := range map[string]struct {
		host       string // "": smtp.example
		issuer     *relaytest.Authority
		names      string // in the certificate; "": no TLS
		change     func(*connector.Send)
		basic, all bool // sent with BasicAuth; and with BasicAuthRequireTLS and OAuth
	}{
		"right":            {issuer: trusted, names: "smtp.example", basic: true, all: true},
		"another name":     {issuer: trusted, names: "other.example"},
		"wildcard":         {issuer: trusted, names: "*.example", basic: true, all: true},
		"part of a label":  {issuer: trusted, names: "s*.example"},
		"deep wildcard":    {host: "smtp.mail.example", issuer: trusted, names: "*.example"},
		"not trusted":      {issuer: stranger, names: "smtp.example"},
		"without check":    {issuer: stranger, names: "other.example", change: func(s *connector.Send) { s.LogonWithoutCertificateCheck = true }, basic: true, all: true},
		"no TLS":           {basic: true},
		"no TLS unchecked": {change: func(s *connector.Send) { s.LogonWithoutCertificateCheck = true }, basic: true},
		"required":         {issuer: stranger, names: "smtp.example", change: func(s *connector.Send) { s.RequireTLS = true }},
		"encryption only": {issuer: stranger, names: "smtp.example", change: func(s *connector.Send) {
			s.RequireTLS, s.TlsAuthLevel = true, param.EncryptionOnly
		}},
		"name of TlsDomain": {issuer: trusted, names: "other.example", change: func(s *connector.Send) {
			s.RequireTLS, s.TlsAuthLevel, s.TlsDomain = true, param.DomainValidation, "other.example"
		}, basic: true},
		"this machine": {host: "127.0.0.1", issuer: stranger, names: "other.example"},
	} {
		for _, mechanism := range []auth.Mechanism{auth.BasicAuth, auth.BasicAuthRequireTLS, auth.OAuth} {
			host, address := "smtp.example", "192.0.2.1"
			if tc.host != "" {
				host = tc.host
			}
			if host == "127.0.0.1" {
				address = host
			}
			c := credentialed(host, mechanism)
			c.Port = 587
			if mechanism == auth.OAuth {
				c.AuthenticationCredential.Password = ""
			}
			if tc.change != nil {
				tc.change(&c)
			}
			w := newWorld(t, c)
			w.sender.RootCAs = trusted.Pool()
			w.sender.Tokens = func(*connector.Outbound, param.SmartHost) delivery.TokenSource { return &tokens{now: "good"} }
			w.dns.AddHost("smtp.example", addr("192.0.2.1"))
			w.dns.AddHost("smtp.mail.example", addr("192.0.2.1"))
			sink := &relaytest.Sink{Users: map[string]string{"hub": password}, InsecureAuth: true,
				Tokens: func(user, token string) bool { return user == "hub" && token == "good" }}
			if tc.names != "" {
				certificate := issued(t, tc.issuer, tc.names)
				sink.Certificate = &certificate
			}
			w.sink(address+":587", sink)
			want, said := tc.all, w.send("b@fabrikam.com")
			if mechanism == auth.BasicAuth {
				want = tc.basic
			}
			if sent := said == "ok"; sent != want || !sent && !strings.HasPrefix(said, "451 4.7.") {
				t.Errorf("%s, %v: %s", name, mechanism, said)
			}
			if logons := len(sink.Messages()); logons > 0 != want {
				t.Errorf("%s, %v: %d messages", name, mechanism, logons)
			}
		}
	}
}
