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

// TestRefusalsKeepTheirWords: what a hop says of our credentials is kept, unless
// it says them.
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
