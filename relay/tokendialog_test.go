package relay_test

import (
	"crypto/tls"
	"encoding/base64"
	"strconv"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// withCertificate connects, starts TLS with a client certificate of userName, and says EHLO.
func (w *world) withCertificate() *relaytest.Client {
	w.t.Helper()
	ca, _ := certificates()
	cert, err := ca.Issue(userName)
	if err != nil {
		w.t.Fatal(err)
	}
	c := w.hello(stranger, hub)
	c.StartTLS(&tls.Config{RootCAs: w.ca.Pool(), ServerName: hubName, Certificates: []tls.Certificate{cert}})
	c.Do("EHLO client.contoso.com", 250)
	return c
}

// TestTokenDialogs plays the server's side of curl's test cases for OAUTHBEARER (946 to 949) and EXTERNAL (942 to
// 945) with the responses of their clients, the same for XOAUTH2, and what clients do otherwise. A line of a dialog is
// what the client sends; the code behind "|" is the answer.
func TestTokenDialogs(t *testing.T) {
	b64 := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	bearer := func(token string) string {
		return b64("n,a=user,\x01host=127.0.0.1\x01port=25\x01auth=Bearer " + token + "\x01\x01")
	}
	xoauth2 := func(token string) string { return b64("user=user\x01auth=Bearer " + token + "\x01\x01") }
	for _, tt := range []struct {
		name   string
		dialog []string
	}{
		{"946: OAUTHBEARER", []string{"AUTH OAUTHBEARER|334", bearer("good") + "|235"}},
		{"947: with an initial response", []string{"AUTH OAUTHBEARER " + bearer("good") + "|235"}},
		{"948: refused", []string{"AUTH OAUTHBEARER|334", bearer("bad") + "|334", "AQ==|535"}},
		{"949: refused, with an initial response", []string{"AUTH OAUTHBEARER " + bearer("bad") + "|334", "AQ==|535"}},
		{"948 as old clients send it", []string{"AUTH OAUTHBEARER|334", b64("user=user\x01host=127.0.0.1\x01port=25\x01auth=Bearer good\x01\x01") + "|501"}},

		{"XOAUTH2", []string{"AUTH XOAUTH2|334", xoauth2("good") + "|235"}},
		{"XOAUTH2 with an initial response", []string{"AUTH XOAUTH2 " + xoauth2("good") + "|235"}},
		{"XOAUTH2 refused", []string{"AUTH XOAUTH2|334", xoauth2("bad") + "|334", "|535"}},
		{"XOAUTH2 refused, with an initial response", []string{"AUTH XOAUTH2 " + xoauth2("bad") + "|334", "|535"}},

		{"cancelled before the token", []string{"AUTH OAUTHBEARER|334", "*|501", "MAIL FROM:<>|250"}},
		{"cancelled after the refusal", []string{"AUTH OAUTHBEARER " + bearer("bad") + "|334", "*|501", "MAIL FROM:<>|250"}},
		{"the token once more after the refusal", []string{"AUTH XOAUTH2 " + xoauth2("bad") + "|334", xoauth2("good") + "|535"}},
		{"another exchange after the refusal", []string{"AUTH XOAUTH2 " + xoauth2("bad") + "|334", "AQ==|535", "AUTH OAUTHBEARER " + bearer("good") + "|235"}},
		{"another exchange after the logon", []string{"AUTH XOAUTH2 " + xoauth2("good") + "|235", "AUTH XOAUTH2 " + xoauth2("good") + "|503"}},
		{"an empty initial response", []string{"AUTH OAUTHBEARER =|501"}},
		{"an empty response", []string{"AUTH XOAUTH2|334", "|501"}},
		{"no base64", []string{"AUTH XOAUTH2|334", "user=user|501"}},
		{"no token, as RFC 7628, section 4.3", []string{"AUTH OAUTHBEARER " + b64("n,a=user,\x01host=127.0.0.1\x01port=25\x01auth=\x01\x01") + "|501"}},
		{"the token isn't checked", []string{"AUTH OAUTHBEARER " + bearer("unchecked") + "|454"}},

		{"942: EXTERNAL", []string{"AUTH EXTERNAL|334", b64(userName) + "|235"}},
		{"943: without a name", []string{"AUTH EXTERNAL|334", "|235"}},
		{"944: with an initial response", []string{"AUTH EXTERNAL " + b64(userName) + "|235"}},
		{"945: with an empty one", []string{"AUTH EXTERNAL =|235"}},
		{"EXTERNAL cancelled", []string{"AUTH EXTERNAL|334", "*|501"}},
		{"EXTERNAL, no name", []string{"AUTH EXTERNAL " + b64("\xff") + "|501"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := serveMethods(t).withCertificate()
			for i, step := range tt.dialog {
				line, want, _ := strings.Cut(step, "|")
				c.Send(line)
				code, text := c.Reply()
				if strconv.Itoa(code) != want {
					t.Fatalf("line %d: %d %s, want %s", i+1, code, text, want)
				}
				reason, err := base64.StdEncoding.DecodeString(text)
				if code == 334 && (err != nil || text != "" && !strings.Contains(string(reason), `"status":"invalid_token"`)) {
					t.Errorf("line %d: the challenge %s, %v", i+1, reason, err)
				}
			}
		})
	}
}
