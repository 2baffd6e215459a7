package smtpclient_test

import (
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/internal/smtpclient"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/routing"
)

// TestOriginalRecipient: xtext and UTF-8 leave as they are, where the next hop
// knows them, and nothing that is neither can end the command.
func TestOriginalRecipient(t *testing.T) {
	const whole = "250-hop\r\n250-SMTPUTF8\r\n250 DSN\r\n"
	for _, tc := range []struct{ offers, orcpt, want string }{
		{whole, "rfc822;b+2Bc@fabrikam.com", " ORCPT=rfc822;b+2Bc@fabrikam.com"},
		{whole, "rfc822;b c=\r\nd\u00fc", " ORCPT=rfc822;b+20c+3D+0D+0Ad+C3+BC"},
		{whole, `utf-8;m\x{FC}ller`, ` ORCPT=utf-8;m\x{FC}ller`},
		{whole, "UTF-8;m\u00fcller", " ORCPT=UTF-8;m\u00fcller"},
		{whole, "utf-8;\r\n\x7f\u0085+", ` ORCPT=utf-8;\x{0D}\x{0A}\x{7F}\x{85}\x{2B}`},
		{"250-hop\r\n250 DSN\r\n", "utf-8;m\u00fcller\U0001F4E7", ` ORCPT=utf-8;m\x{FC}ller\x{1F4E7}`},
		{"250-hop\r\n250 SMTPUTF8\r\n", "rfc822;b", ""},
		{whole, "nothing", ""},
	} {
		nc, heard := hop(t, "220 hop\r\n", ">EHLO", tc.offers, ">MAIL", "250 ok\r\n", ">RCPT", "250 ok\r\n")
		c, err := smtpclient.Open(t.Context(), nc, smtpclient.Config{Name: "hub"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Begin(t.Context(), smtpclient.Mail{}, []envelope.Recipient{{To: routing.MustParseAddress("b@x.example"), ORcpt: tc.orcpt}}, false); err != nil {
			t.Fatal(err)
		}
		_, rcpt, _ := strings.Cut(heard.String(), "RCPT TO:<b@x.example>")
		if rcpt != tc.want+"\r\n" {
			t.Errorf("%q: hop heard %q, want %q", tc.orcpt, rcpt, tc.want)
		}
	}
}
