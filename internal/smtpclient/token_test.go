package smtpclient_test

import (
	"context"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/internal/smtpclient"
)

// TestReasonOfARefusedToken: the error of a refused token has the reason in it, which comes before
// the reply; and neither says the token.
func TestReasonOfARefusedToken(t *testing.T) {
	const token = "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJodHRwczovL291dGxvb2sub2ZmaWNlMzY1LmNvbSJ9.c2lnbmF0dXJl"
	const google = `{"status":"401","schemes":"bearer","scope":"https://mail.google.com/"}`
	b64 := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	initial := b64("user=scan@contoso.com\x01auth=Bearer " + token + "\x01\x01")
	for name, tc := range map[string]struct {
		challenge string // "": none
		reply     string
		want      string // in the error
	}{
		"Google":             {google, "535-5.7.8 Username and Password not accepted. Learn more at\r\n535 5.7.8 https://support.google.com/mail", `not accepted. Learn more at https://support.google.com/mail {\"status\":\"401\"`},
		"Microsoft":          {"", "535 5.7.3 Authentication unsuccessful [AM0PR01.prod.exchangelabs.com]", "535 5.7.3 Authentication unsuccessful [AM0PR01.prod.exchangelabs.com]"},
		"no JSON":            {"go\x00 away\r\n\xff", "535 5.7.8 no", "no go? away ?"},
		"long":               {strings.Repeat("y ", 400) + "end", "535 5.7.8 no", strings.Repeat(" y", 100)},
		"token in it":        {`{"status":"401","token":"` + token + `"}`, "535 5.7.8 no", "535 5.7.8 no (text withheld"},
		"part of it":         {`{"token":"` + token[40:70] + `"}`, "535 5.7.8 no", "535 5.7.8 no (text withheld"},
		"token in the reply": {"", "500 unknown command " + token[:60], "(text withheld"},
		"line in the reply":  {"", "500 unknown command " + initial[:60], "(text withheld"},
		"end in the reply":   {"", "500 unknown command " + initial[97:], "(text withheld"},
	} {
		steps := []string{"220 hop\r\n", ">EHLO", "250-hop\r\n250 AUTH LOGIN XOAUTH2\r\n", ">AUTH XOAUTH2 " + initial}
		if tc.challenge != "" {
			steps = append(steps, "334 "+b64(tc.challenge)+"\r\n", ">\r\n")
		}
		nc, _ := hop(t, append(steps, tc.reply+"\r\n")...)
		_, err := smtpclient.Open(context.Background(), nc, smtpclient.Config{Name: "x", Token: &auth.BearerToken{User: "scan@contoso.com", Token: token}})
		if err == nil || !strings.Contains(err.Error(), tc.want) || len(err.Error()) > 600 {
			t.Errorf("%s: %v, want %q", name, err, tc.want)
		}
		for i := 0; i+30 < len(token) && err != nil; i += 10 {
			if strings.Contains(err.Error(), token[i:i+30]) || strings.Contains(err.Error(), b64(token)[i:i+30]) {
				t.Errorf("%s: the error has the token: %v", name, err)
			}
		}
	}
}
