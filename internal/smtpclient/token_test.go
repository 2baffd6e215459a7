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

// TestTokenDialogs plays the client's side of curl's test cases for OAUTHBEARER, 946 to 949, with the replies of
// their servers, and the same for XOAUTH2. A token whose line would be too long goes without an initial response.
func TestTokenDialogs(t *testing.T) {
	b64 := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	const short = "mF_9.B5f-4.1JqM"
	long := short + strings.Repeat("x", 9190)
	bearer := func(token string) string {
		return b64("n,a=user,\x01host=127.0.0.1\x01port=25\x01auth=Bearer " + token + "\x01\x01")
	}
	xoauth2 := func(token string) string { return b64("user=user\x01auth=Bearer " + token + "\x01\x01") }
	challenge := "334 " + b64(`{"status":"invalid_token","scope":"example_scope","openid-configuration":"https://example.com/.well-known/openid-configuration"}`) + "\r\n"
	const refusal = "535 Username and Password not accepted. Learn more at\r\n"
	for _, tt := range []struct {
		name, mechanism, token string
		steps                  []string
		want                   string // of the error; "": logged on
	}{
		{"946: OAUTHBEARER", "OAUTHBEARER", long, []string{">AUTH OAUTHBEARER\r\n", "334 OAUTHBEARER supported\r\n", ">" + bearer(long) + "\r\n", "235 Authenticated\r\n"}, ""},
		{"947: with an initial response", "OAUTHBEARER", short, []string{">AUTH OAUTHBEARER " + bearer(short) + "\r\n", "235 Authenticated\r\n"}, ""},
		{"948: refused", "OAUTHBEARER", long, []string{">AUTH OAUTHBEARER\r\n", "334 OAUTHBEARER supported\r\n", ">" + bearer(long) + "\r\n", challenge, ">AQ==\r\n", refusal}, "535"},
		{"949: refused, with an initial response", "OAUTHBEARER", short, []string{">AUTH OAUTHBEARER " + bearer(short) + "\r\n", challenge, ">AQ==\r\n", refusal}, `{\"status\":\"invalid_token\",\"scope\":\"example_scope\"`},

		{"XOAUTH2", "XOAUTH2", long, []string{">AUTH XOAUTH2\r\n", "334 \r\n", ">" + xoauth2(long) + "\r\n", "235 Authenticated\r\n"}, ""},
		{"XOAUTH2 with an initial response", "XOAUTH2", short, []string{">AUTH XOAUTH2 " + xoauth2(short) + "\r\n", "235 Authenticated\r\n"}, ""},
		{"XOAUTH2 refused", "XOAUTH2", long, []string{">AUTH XOAUTH2\r\n", "334 XOAUTH2 supported\r\n", ">" + xoauth2(long) + "\r\n", challenge, ">\r\n", refusal}, "535"},
		{"the initial response is ignored", "XOAUTH2", short, []string{">AUTH XOAUTH2 " + xoauth2(short) + "\r\n", "334 \r\n", ">" + xoauth2(short) + "\r\n", "235 Authenticated\r\n"}, ""},

		{"asked again after the refusal", "OAUTHBEARER", short, []string{">AUTH OAUTHBEARER", challenge, ">AQ==\r\n", challenge, ">", "235 Authenticated\r\n"}, "asks for more than the mechanism has"},
		{"neither mechanism is offered", "LOGIN PLAIN", short, []string{">"}, "LOGIN PLAIN"},
	} {
		nc, _ := hop(t, append([]string{"220 hop\r\n", ">EHLO", "250-hop\r\n250 AUTH " + tt.mechanism + "\r\n"}, tt.steps...)...)
		c, err := smtpclient.Open(context.Background(), nc, smtpclient.Config{Name: "x", Token: &auth.BearerToken{User: "user", Token: auth.Secret(tt.token), Host: "127.0.0.1", Port: 25}})
		if err == nil {
			c.Close()
		}
		if (err == nil) != (tt.want == "") || err != nil && (!strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), short)) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
}
