package smtpclient_test

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/internal/smtpclient"
)

// TestChallenges: how a next hop words its challenges doesn't matter, nor that it
// lists a mechanism that it lacks; and credentials are sent once.
func TestChallenges(t *testing.T) {
	const login, plain = "250-hop\r\n250 AUTH LOGIN PLAIN\r\n", "250-hop\r\n250 AUTH PLAIN\r\n"
	name, password := base64.StdEncoding.EncodeToString([]byte("relay")), base64.StdEncoding.EncodeToString([]byte("geheim"))
	both := base64.StdEncoding.EncodeToString([]byte("\x00relay\x00geheim"))
	steps := func(ehlo string, more ...string) []string {
		return append([]string{"220 hop\r\n", ">EHLO", ehlo}, more...)
	}
	for what, tc := range map[string]struct {
		steps []string
		want  string // "": we are known
	}{
		"as they should be":      {steps(login, ">AUTH LOGIN\r\n", "334 VXNlcm5hbWU6\r\n", ">"+name, "334 UGFzc3dvcmQ6\r\n", ">"+password, "235 ok\r\n"), ""},
		"no base64":              {steps(login, ">AUTH LOGIN\r\n", "334 Username:\r\n", ">"+name, "334 Password:\r\n", ">"+password, "235 ok\r\n"), ""},
		"no text":                {steps(login, ">AUTH LOGIN\r\n", "334\r\n", ">"+name, "334\r\n", ">"+password, "235 ok\r\n"), ""},
		"PLAIN asks again":       {steps(plain, ">AUTH PLAIN "+both, "334 \r\n", ">"+both, "235 ok\r\n"), ""},
		"LOGIN isn't there":      {steps(login, ">AUTH LOGIN\r\n", "504 5.5.4 what\r\n", ">AUTH PLAIN "+both, "235 ok\r\n"), ""},
		"neither is PLAIN":       {steps(login, ">AUTH LOGIN\r\n", "504 5.5.4 what\r\n", ">AUTH PLAIN", "504 5.5.4 nor that\r\n"), "nor that"},
		"LOGIN is refused":       {steps(login, ">AUTH LOGIN\r\n", "535 5.7.3 no\r\n", ">AUTH", "235 ok\r\n"), "535 5.7.3 no"},
		"refused after the name": {steps(login, ">AUTH LOGIN\r\n", "334 \r\n", ">"+name, "504 who\r\n", ">AUTH", "235 ok\r\n"), "504 who"},
		"it never ends":          {steps(plain, ">AUTH PLAIN", "334 \r\n", ">"+both, "334 \r\n", ">", "235 ok\r\n"), "asks for more than the mechanism has"},
	} {
		nc, _ := hop(t, tc.steps...)
		c, err := smtpclient.Open(context.Background(), nc, smtpclient.Config{Name: "x", Auth: &auth.Credentials{Username: "relay", Password: "geheim"}})
		switch {
		case err == nil && tc.want == "":
			c.Close()
		case tc.want == "" || err == nil || !strings.Contains(err.Error(), tc.want):
			t.Errorf("%s: %v, want %q", what, err, tc.want)
		}
	}
}

// TestRefusalsKeepTheirWords: what a next hop says of our credentials is kept,
// unless it says them.
func TestRefusalsKeepTheirWords(t *testing.T) {
	secret := &auth.Credentials{Username: "relay@contoso.com", Password: "Tr0ub4dor&3"}
	b64 := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	for said, kept := range map[string]bool{
		"550 5.7.30 Basic authentication is not supported for Client Submission.":                      true,
		"535-5.7.139 Authentication unsuccessful, SmtpClientAuthentication\r\n535 5.7.139 is disabled": true,
		"535 5.7.8 relay@contoso.com is locked; see https://hop.example/cmVsYXk=":                      true,
		"454 4.7.0 try later":                                               true,
		"535 no Tr0ub4dor&3 here":                                           false,
		"535 no TR0UB4DOR&3 here":                                           false,
		"500 unknown command " + b64("Tr0ub4dor&3"):                         false,
		"500 unknown '" + b64("\x00relay@contoso.com\x00Tr0ub4dor&3") + "'": false,
		"500 what is " + strings.TrimRight(b64("relay@contoso.com:Tr0ub4dor&3"), "=") + "?":                                       false,
		"500-" + b64("\x00relay@contoso.com\x00Tr0ub4dor&3")[:30] + "\r\n500 " + b64("\x00relay@contoso.com\x00Tr0ub4dor&3")[30:]: false,
		"500 cut: " + b64("\x00relay@contoso.com\x00Tr0u"):                                                                        false,
		"what? " + b64("Tr0ub4dor&3"): false, // no reply at all
	} {
		for _, stage := range []string{"AUTH", "MAIL"} {
			steps := []string{"220 hop\r\n", ">EHLO", "250-hop\r\n250 AUTH PLAIN\r\n", ">AUTH"}
			if stage == "MAIL" {
				steps = append(steps, "235 ok\r\n", ">MAIL")
			}
			nc, _ := hop(t, append(steps, said+"\r\n")...)
			_, _, err := send(nc, smtpclient.Config{Auth: secret}, text("x\r\n"))
			var e *smtpclient.Error
			if !errors.As(err, &e) || string(e.Stage) != stage {
				t.Fatalf("%q: %v", said, err)
			}
			words := strings.Fields(strings.ReplaceAll(said, "\r\n", " "))
			if last := words[len(words)-1]; strings.Contains(err.Error(), last) != kept {
				t.Errorf("%q at %s is told as %v; kept: want %t", said, stage, err, kept)
			}
			for _, leak := range []string{"r0ub4dor", "R0UB4DOR", b64("Tr0ub4dor&3")[:8], b64("\x00relay@contoso.com\x00Tr0ub4dor&3")[24:34]} {
				if strings.Contains(err.Error(), leak) {
					t.Errorf("%q at %s tells the password: %v", said, stage, err)
				}
			}
		}
	}
	nc, _ := hop(t, "220 hop\r\n", ">EHLO", "250-hop\r\n250 AUTH NTLM GSSAPI\r\n")
	_, err := smtpclient.Open(context.Background(), nc, smtpclient.Config{Name: "x", Auth: secret})
	if !errors.Is(err, smtpclient.ErrNoAuth) || !strings.Contains(err.Error(), "NTLM GSSAPI") {
		t.Errorf("without a mechanism in common: %v", err)
	}
}
