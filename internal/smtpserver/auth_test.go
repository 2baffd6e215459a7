package smtpserver_test

import (
	"context"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/reply"
)

// login is an onAuth of LOGIN with one password.
func login(password string) func(string) (auth.Exchange, reply.Reply) {
	return func(mech string) (auth.Exchange, reply.Reply) {
		e, err := auth.NewExchange(mech, func(c auth.Credentials) error {
			if string(c.Password) != password {
				return auth.ErrBadCredentials
			}
			return nil
		})
		if err != nil {
			return nil, reply.Reply{Code: 504, Enhanced: [3]int{5, 7, 4}, Text: "Unrecognized authentication type"}
		}
		return e, reply.Reply{}
	}
}

// TestAuth: order, encoding, cancelling, counting.
func TestAuth(t *testing.T) {
	const user, right, wrong = "dXNlcg==", "c2VjcmV0", "d3Jvbmc="
	for _, row := range []struct{ name, dialog string }{
		{"right", "> AUTH login\n< 334 VXNlcm5hbWU6\n> " + user + "\n< 334 UGFzc3dvcmQ6\n> " + right + `
			< 235 2.7.0 Authentication successful
			> AUTH LOGIN
			< 503 5.5.1 Bad sequence of commands
			> EHLO again
			< 250-...
			< 250-...
			< 250-...
			< 250-...
			< 250-...
			< 250-...
			< 250 CHUNKING
			> AUTH LOGIN
			< 503 5.5.1 Bad sequence of commands`},
		{"initial response", "> AUTH LOGIN " + user + "\n< 334 UGFzc3dvcmQ6\n> " + right + "\n< 235 ..."},
		{"PLAIN", "> AUTH PLAIN AHVzZXIAc2VjcmV0\n< 235 ..."},
		{"PLAIN asked for", "> AUTH PLAIN\n< 334 \n> AHVzZXIAc2VjcmV0\n< 235 ..."},
		{"wrong", "> AUTH LOGIN " + user + "\n< 334 ...\n> " + wrong + `
			< 535 5.7.3 Authentication unsuccessful
			> NOOP
			< 250 ...`},
		{"cancelled", `> AUTH LOGIN
			< 334 ...
			> *
			< 501 5.7.0 Authentication cancelled
			> NOOP
			< 250 ...`},
		{"base64 with blanks and padded otherwise", "> AUTH login\n< 334 VXNlcm5hbWU6\n> dXN lcg=\n< 334 UGFzc3dvcmQ6\n>  c2Vj cmV0==\n" + `
			< 235 2.7.0 Authentication successful`},
		{"blanks before the initial response", "> AUTH   LOGIN   dXNlcg  \n< 334 UGFzc3dvcmQ6\n> c2VjcmV0\n< 235 ..."},
		{"bad base64", `> AUTH LOGIN
			< 334 ...
			> dXNl=cg
			< 501 5.5.2 Cannot decode response
			> AUTH PLAIN AHVzZXIAc2VjcmV1x
			< 501 5.5.2 Cannot decode response
			> AUTH PLAIN !
			< 501 5.5.2 Cannot decode response`},
		{"arguments", `> AUTH PLAIN AHVzZXIAc2VjcmV0 more
			< 501 5.5.4 Invalid arguments
			> AUTH PL{}AIN
			< 501 5.5.4 Invalid arguments
			> AUTH NTLM
			< 504 5.7.4 Unrecognized authentication type`},
		{"long response", "> AUTH LOGIN\n< 334 ...\n> " + strings.Repeat("AAAA", 3100) + `
			< 500 5.5.6 Authentication exchange line is too long
			> NOOP
			< 250 ...`},
		{"bare linefeed", `> AUTH LOGIN
			< 334 ...
			>> dXNlcg==\nNOOP\r\n
			< 500 5.5.2 Lines must end with CRLF
			<<`},
		{"guessing", strings.Repeat("> AUTH LOGIN "+user+"\n< 334 ...\n> "+wrong+"\n< 535 5.7.3 ...\n", 3) + `
			< 421 4.7.0 Too many errors on this connection, closing transmission channel
			<<`},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := serve(t, context.Background(), config(), &session{onAuth: login("secret")})
			c.hello()
			c.talk(row.dialog)
			if err := c.end(); err != nil {
				t.Errorf("Serve: %v", err)
			}
		})
	}
}

// TestSecretsAreNotLogged, wherever a client puts them.
func TestSecretsAreNotLogged(t *testing.T) {
	c := serve(t, context.Background(), config(), &session{onAuth: login("other")})
	c.hello()
	c.talk(`> AUTH LOGIN U0VDUkVUQQ==
		< 334 ...
		> U0VDUkVUQg==
		< 535 ...
		> AUTH PLAIN AFNFQ1JFVEMAU0VDUkVUQw== U0VDUkVURA==
		< 501 ...
		> AUTH U0VDUkVURQ==
		< 501 ...
		> U0VDUkVURg==
		< 500 ...
		> AUTHPLAIN U0VDUkVURw==
		< 500 ...`)
	c.end()
	for _, s := range []string{"U0VD", "SECRET", "FNFQ1"} {
		if strings.Contains(c.log.String(), s) {
			t.Errorf("log holds %s:\n%s", s, c.log)
		}
	}
	if !strings.Contains(c.log.String(), "< AUTH LOGIN <redacted>\n") {
		t.Errorf("log does not tell of AUTH:\n%s", c.log)
	}
}
