package relay_test

import (
	"cmp"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/auth/userfile"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/internal/certificate"
	"github.com/interchange-smtp/interchange/internal/scram"
	"github.com/interchange-smtp/interchange/internal/smtpclient"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// proofs accepts the token "good" and verified certificates, both for userName.
type proofs struct{}

func (proofs) VerifyToken(_ context.Context, t auth.BearerToken, _ auth.Channel) (auth.Identity, error) {
	switch t.Token.Reveal() {
	case "good":
		return auth.Identity{Principal: permission.Authenticated(userName)}, nil
	case "unchecked":
		return auth.Identity{}, errors.New("the keys can't be fetched")
	}
	return auth.Identity{}, &auth.TokenError{Reason: "expired"}
}

func (proofs) VerifyCertificate(_ context.Context, _ string, ch auth.Channel) (auth.Identity, error) {
	if !ch.Certificate.Verified {
		return auth.Identity{}, auth.ErrBadCredentials
	}
	return auth.Identity{Principal: permission.Authenticated(ch.Certificate.Names[0])}, nil
}

// serveMethods starts a server that checks passwords, SCRAM keys, tokens and certificates.
func serveMethods(t *testing.T) *world {
	t.Helper()
	file := new(userfile.File)
	if err := file.Add(userName, password, nil, nil); err != nil {
		t.Fatal(err)
	}
	r := defaultHub()
	r.AuthMechanism = param.Value(auth.TLS | auth.BasicAuth | auth.BasicAuthRequireTLS | auth.OAuth | auth.ClientCertificate)
	ca, _ := certificates()
	return serve(t, policy(t, r), func(s *relay.Server) {
		s.Verifier = auth.Methods{Passwords: file, Keys: file, Tokens: proofs{}, Certificates: proofs{}}
		s.ClientCAs = ca.Pool()
	})
}

// talk goes through an exchange of AUTH and returns the code of the last reply.
func talk(c *relaytest.Client, mechanism string, client auth.Client) int {
	response, err := client.Start()
	if err != nil {
		return 0
	}
	line := "AUTH " + mechanism + " " + cmp.Or(base64.StdEncoding.EncodeToString(response), "=")
	for {
		c.Send(line)
		code, text := c.Reply()
		if code != 334 {
			return code
		}
		challenge, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return 0
		}
		if response, err = client.Next(challenge); err != nil {
			return 0
		}
		line = base64.StdEncoding.EncodeToString(response)
	}
}

// TestMethods: every way to log on works, and is refused, on the wire.
func TestMethods(t *testing.T) {
	w := serveMethods(t)
	ca, _ := certificates()
	rogue, err := relaytest.NewAuthority("Rogue CA")
	if err != nil {
		t.Fatal(err)
	}
	credentials := func(password auth.Secret) auth.Credentials {
		return auth.Credentials{Username: userName, Password: password}
	}
	token := func(mechanism, text string) func([]byte) (auth.Client, error) {
		return func([]byte) (auth.Client, error) {
			return auth.NewTokenClient(auth.BearerToken{Mechanism: mechanism, User: userName, Token: auth.Secret(text)})
		}
	}
	scramClient := func(password auth.Secret, bound bool) func([]byte) (auth.Client, error) {
		return func(exporter []byte) (auth.Client, error) {
			if !bound {
				exporter = nil
			}
			return scram.NewClient(credentials(password), exporter, false)
		}
	}
	external := func([]byte) (auth.Client, error) { return auth.NewExternalClient("") }
	for _, tt := range []struct {
		name, mechanism string
		client          func(exporter []byte) (auth.Client, error)
		issuer          *relaytest.Authority // of the client's certificate
		code            int
	}{
		{"SCRAM", auth.Scram, scramClient(password, false), nil, 235},
		{"SCRAM, wrong password", auth.Scram, scramClient("x", false), nil, 535},
		{"SCRAM bound", auth.ScramPlus, scramClient(password, true), nil, 235},
		{"SCRAM not bound to this connection", auth.ScramPlus, func([]byte) (auth.Client, error) {
			return scram.NewClient(credentials(password), []byte(strings.Repeat("x", 32)), false)
		}, nil, 535},
		{"XOAUTH2", auth.XOAuth2, token(auth.XOAuth2, "good"), nil, 235},
		{"XOAUTH2, bad token", auth.XOAuth2, token(auth.XOAuth2, "bad"), nil, 535},
		{"XOAUTH2, checker away", auth.XOAuth2, token(auth.XOAuth2, "unchecked"), nil, 454},
		{"OAUTHBEARER", auth.OAuthBearer, token(auth.OAuthBearer, "good"), nil, 235},
		{"OAUTHBEARER, bad token", auth.OAuthBearer, token(auth.OAuthBearer, "bad"), nil, 535},
		{"EXTERNAL", auth.External, external, ca, 235},
		{"EXTERNAL, unknown authority", auth.External, external, rogue, 535},
		{"EXTERNAL without a certificate", auth.External, external, nil, 504},
		{"password", auth.Plain, func([]byte) (auth.Client, error) { return auth.NewClient(auth.Plain, credentials(password)) }, nil, 235},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := w.hello(stranger, hub)
			config := &tls.Config{InsecureSkipVerify: true}
			if tt.issuer != nil {
				cert, err := tt.issuer.Issue(userName)
				if err != nil {
					t.Fatal(err)
				}
				config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &cert, nil }
			}
			c.Do("STARTTLS", 220)
			conn := tls.Client(c.Conn, config)
			if err := conn.Handshake(); err != nil {
				t.Fatal(err)
			}
			c = relaytest.NewClient(t, conn)
			c.Do("EHLO printer", 250)
			client, err := tt.client(certificate.Exporter(conn.ConnectionState()))
			if err != nil {
				t.Fatal(err)
			}
			if code := talk(c, tt.mechanism, client); code != tt.code {
				t.Errorf("%d, want %d", code, tt.code)
			}
			if strings.Contains(w.log.String(), password) || strings.Contains(w.log.String(), "good") {
				t.Error("a secret is in the log")
			}
		})
	}
}

// TestMethodsAreOffered: EHLO offers what the connector and the connection allow.
func TestMethodsAreOffered(t *testing.T) {
	c := serveMethods(t).hello(stranger, hub)
	if text := c.Do("EHLO printer", 250); strings.Contains(text, "AUTH") {
		t.Errorf("before TLS: %s", text)
	}
	c.Do("AUTH XOAUTH2", 504)
	c.StartTLS(&tls.Config{InsecureSkipVerify: true})
	if text := c.Do("EHLO printer", 250); !strings.Contains(text, "AUTH SCRAM-SHA-256-PLUS SCRAM-SHA-256 OAUTHBEARER XOAUTH2 LOGIN PLAIN") {
		t.Errorf("within TLS: %s", text)
	}
}

// TestClientMethods: this project's client logs on to this project's server with what it has.
func TestClientMethods(t *testing.T) {
	w := serveMethods(t)
	credentials := func(password auth.Secret) *auth.Credentials {
		return &auth.Credentials{Username: userName, Password: password}
	}
	token := func(text auth.Secret) *auth.BearerToken { return &auth.BearerToken{User: userName, Token: text} }
	for _, tt := range []struct {
		name   string
		config smtpclient.Config
		newest uint16 // version of TLS
		want   string // of the error; "": none
	}{
		{"password", smtpclient.Config{Auth: credentials(password)}, tls.VersionTLS13, ""},
		{"wrong password", smtpclient.Config{Auth: credentials("x")}, tls.VersionTLS13, "535 5.7.3"},
		{"TLS 1.2", smtpclient.Config{Auth: credentials(password)}, tls.VersionTLS12, ""},
		{"token", smtpclient.Config{Token: token("good")}, tls.VersionTLS13, ""},
		{"bad token", smtpclient.Config{Token: token("bad")}, tls.VersionTLS13, "535 5.7.3"},
		{"token that can't be checked", smtpclient.Config{Token: token("unchecked")}, tls.VersionTLS13, "454 4.7.0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.config.Name, tt.config.RequireTLS = "printer", true
			tt.config.TLS = &tls.Config{InsecureSkipVerify: true, MaxVersion: tt.newest}
			c, err := smtpclient.Open(t.Context(), w.dial(stranger, hub), tt.config)
			if err == nil {
				c.Close()
			}
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}
