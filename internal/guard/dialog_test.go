package guard_test

import (
	"context"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/internal/guard"
)

// TestDialogs holds the guard to its replies. A row begins after EHLO unless
// it begins with the greeting; want is what the session was told after that.
func TestDialogs(t *testing.T) {
	for _, row := range []struct {
		name, dialog string
		want         []string
	}{
		{"hello is required", `
			< 220 ...
			> MAIL FROM:<a@example.org>
			< 503 5.5.2 Send hello first
			> RCPT TO:<b@example.net>
			< 503 5.5.2 Send hello first
			> DATA
			< 503 5.5.2 Send hello first
			> AUTH LOGIN
			< 503 5.5.2 Send hello first
			> RSET
			< 250 2.0.0 Resetting
			> NOOP whatever
			< 250 2.0.0 OK
			> QUIT
			< 221 ...`, nil},
		{"hello with nonsense", `
			< 220 ...
			> EHLO two words
			< 501 5.5.4 Invalid domain name
			> EHLO a..b
			< 501 5.5.4 Invalid domain name
			> HELO <script>
			< 501 5.5.4 Invalid domain name
			> EHLO [192.0.2.1
			< 501 5.5.4 Invalid domain name
			> HELO [IPv6:2001:db8::1]
			< 250 mx.example.net Hello [pipe]`, []string{"hello [IPv6:2001:db8::1] false"}},
		{"hello with what real clients send", `
			> HELO my_pc.local.
			< 250 mx.example.net Hello [pipe]
			> HELO
			< 250 mx.example.net Hello [pipe]`,
			[]string{"hello my_pc.local. false", "hello  false"}},
		{"hello resets the transaction", `
			> MAIL FROM:<a@example.org>
			< 250 ...
			> HELO again
			< 250 mx.example.net Hello [pipe]
			> RCPT TO:<b@example.net>
			< 503 5.5.2 Need mail command`,
			[]string{"mail a@example.org", "reset", "hello again false"}},
		{"no parameters after HELO", `
			> HELO again
			< 250 mx.example.net Hello [pipe]
			> MAIL FROM:<a@example.org> BODY=8BITMIME
			< 555 5.5.4 Unsupported parameter
			> AUTH LOGIN
			< 503 5.5.1 Bad sequence of commands
			> BDAT 0 LAST
			< 503 5.5.1 Bad sequence of commands`,
			[]string{"hello again false"}},
		{"order", `
			> RCPT TO:<b@example.net>
			< 503 5.5.2 Need mail command
			> DATA
			< 503 5.5.2 Need mail command
			> MAIL FROM:<a@example.org>
			< 250 ...
			> MAIL FROM:<other@example.org>
			< 503 5.5.1 Bad sequence of commands
			> AUTH LOGIN
			< 503 5.5.1 Bad sequence of commands
			> DATA
			< 503 5.5.2 Need rcpt command
			> RSET
			< 250 2.0.0 Resetting`,
			[]string{"mail a@example.org", "reset"}},
		{"arguments where there are none", `
			> RSET now
			< 501 5.5.4 Invalid arguments
			> QUIT now
			< 501 5.5.4 Invalid arguments
			> DATA now
			< 501 5.5.4 Invalid arguments
			> VRFY
			< 501 5.5.4 Invalid arguments
			> AUTH
			< 501 5.5.4 Invalid arguments`, nil},
		{"other verbs", `
			> VRFY b
			< 252 2.1.5 Cannot VRFY user, but will accept message and attempt delivery
			> HELP
			< 214 ...
			> EXPN list
			< 502 5.5.1 Command not implemented
			> XEXCH50 1 2
			< 500 5.3.3 Unrecognized command
			> STARTTLS
			< 500 5.3.3 Unrecognized command
			> starttlsfoo
			< 500 5.3.3 Unrecognized command
			> MAILFROM:<a@example.org>
			< 500 5.3.3 Unrecognized command
			>
			< 500 5.3.3 Unrecognized command
			< 421 4.7.0 Too many errors on this connection, closing transmission channel
			<<`, nil},
		{"lower case and trailing space", `
			> mail from:<a@example.org> 
			< 250 ...
			> rcpt to:<b@example.net>  
			< 250 ...
			> rset 
			< 250 ...
			> quit 
			< 221 ...
			<<`, []string{"mail a@example.org", "rcpt b@example.net", "reset"}},
		{"octets that no command holds", `
			>> NOOP \x00\r\n
			< 500 5.5.2 Syntax error, illegal character in command
			>> NOOP \x01\r\n
			< 500 5.5.2 ...
			>> MAIL FROM:<a@example.org>\rRCPT TO:<b@example.net>\r\n
			< 500 5.5.2 ...
			>> MAIL\tFROM:<a@example.org>\r\n
			< 500 5.5.2 ...
			>> EHLO b\xfcro\r\n
			< 500 5.5.2 ...`, nil},
		{"bare linefeed ends it", `
			>> NOOP\nMAIL FROM:<a@example.org>\r\n
			< 500 5.5.2 Lines must end with CRLF
			<<`, nil},
		{"CR CR LF is no line end", `
			>> NOOP\r\r\n
			< 500 5.5.2 Syntax error, illegal character in command`, nil},
		{"long line", "> NOOP " + strings.Repeat("x", 2041) + `
			< 250 2.0.0 OK
			> NOOP ` + strings.Repeat("x", 2042) + `
			< 500 5.5.2 Line too long
			> NOOP ` + strings.Repeat("x", 40000) + `
			< 500 5.5.2 Line too long
			> AUTH XLONG ` + strings.Repeat("AAAA", 2000) + `
			< 504 5.7.4 ...
			> NOOP
			< 250 2.0.0 OK`, []string{"auth XLONG"}},
		{"endless line", ">> " + strings.Repeat("x", 60000) + `
			< 500 5.5.2 Line too long
			<<`, nil},
		{"HTTP", `
			> POST / HTTP/1.1
			< 421 4.7.0 This is an SMTP server, closing transmission channel
			<<`, nil},
		{"HTTP later", `
			> MAIL FROM:<a@example.org>
			< 250 ...
			> CONNECT example.org:25 HTTP/1.1
			< 421 ...
			<<`, []string{"mail a@example.org"}},
		{"paths", `
			> MAIL FROM: <a@example.org>
			< 250 ...
			> RCPT TO:b@example.net
			< 501 5.1.7 Invalid Address
			> RCPT TO:<>
			< 501 5.1.7 Invalid Address
			> RCPT TO:<"v@foreign.example> ORCPT=rfc822;x"@example.net>
			< 250 ...
			> RCPT TO:<v@foreign.example@example.net>
			< 501 5.1.7 Invalid Address
			> RCPT TO:<@example.net:v@foreign.example>
			< 501 5.1.7 Invalid Address
			> RCPT TO:<b@example.net>NOTIFY=NEVER
			< 501 5.1.7 Invalid Address
			> RCPT TO:<pOSTmaster> NOTIFY=NEVER
			< 250 ...`,
			[]string{"mail a@example.org", `rcpt "v@foreign.example> ORCPT=rfc822;x"@example.net`, "rcpt pOSTmaster@example.net"}},
		{"DATA with nobody to go to", `
			> MAIL FROM:<a@example.org>
			< 250 ...
			> RCPT TO:<no@example.net>
			< 550 5.1.1 User unknown
			> DATA
			< 503 5.5.2 Need rcpt command`,
			[]string{"mail a@example.org", "rcpt no@example.net"}},
		{"a message behind a refused DATA is no commands", `
			> MAIL FROM:<a@example.org>
			< 250 ...
			>> DATA\r\nRCPT TO:<b@example.net>\r\nDATA\r\nx\r\n.\r\n
			< 503 5.5.2 Need rcpt command
			< 554 5.5.0 Improper use of command pipelining, closing transmission channel
			<<`,
			[]string{"mail a@example.org"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := &session{onRcpt: refuseNo}
			c := serve(t, context.Background(), config(), s)
			before := 0
			if !strings.HasPrefix(strings.TrimSpace(row.dialog), "< 220") {
				c.hello()
				before = 1
			}
			c.talk(row.dialog)
			if err := c.end(); err != nil {
				t.Errorf("Serve: %v", err)
			}
			got := strings.Join(s.calls[before:len(s.calls)-1], "|")
			if want := strings.Join(row.want, "|"); got != want {
				t.Errorf("calls %s, want %s", got, want)
			}
			if last := s.calls[len(s.calls)-1]; last != "close" {
				t.Errorf("last call %s", last)
			}
		})
	}
}

// TestUTF8: non-ASCII addresses need the extension and its parameter.
func TestUTF8(t *testing.T) {
	cfg := config()
	cfg.SMTPUTF8 = true
	s := &session{}
	c := serve(t, context.Background(), cfg, s)
	c.hello()
	c.talk(`> MAIL FROM:<jürgen@example.org>
		< 553 5.6.7 Address needs SMTPUTF8
		> MAIL FROM:<a@example.org>
		< 250 ...
		> RCPT TO:<jürgen@example.net>
		< 553 5.6.7 Address needs SMTPUTF8
		> RSET
		< 250 ...
		> MAIL FROM:<jürgen@example.org> SMTPUTF8
		< 250 ...
		> RCPT TO:<jürgen@example.net>
		< 250 ...
		>> NOOP \xff\r\n
		< 500 5.5.2 ...
		> EHLO jürgen
		< 501 5.5.4 Invalid domain name`)
	c.end()
}

// TestParameters looks at one parameter of MAIL or RCPT at a time.
func TestParameters(t *testing.T) {
	const (
		good = "250 2.0.0 OK"
		bad  = "501 5.5.4 Invalid arguments"
		none = "555 5.5.4 Unsupported parameter"
	)
	for _, row := range []struct{ command, plain, full string }{
		{"MAIL FROM:<a@example.org> SIZE=100", none, good},
		{"MAIL FROM:<a@example.org> SIZE=99999999999999999999", none, good},
		{"MAIL FROM:<a@example.org> SIZE=-1", none, bad},
		{"MAIL FROM:<a@example.org> SIZE=", none, bad},
		{"MAIL FROM:<a@example.org> SIZE=1 SIZE=2", none, bad},
		{"MAIL FROM:<a@example.org> SIZE=1 size=1", none, bad},
		{"MAIL FROM:<a@example.org> SIZE=999999999999999999999", none, bad},
		{"MAIL FROM:<a@example.org> BODY=8bitmime", none, good},
		{"MAIL FROM:<a@example.org> BODY=7BIT", none, good},
		{"MAIL FROM:<a@example.org> BODY=BINARYMIME", none, good},
		{"MAIL FROM:<a@example.org> BODY=X", none, bad},
		{"MAIL FROM:<a@example.org> SMTPUTF8", none, good},
		{"MAIL FROM:<a@example.org> SMTPUTF8=1", none, bad},
		{"MAIL FROM:<a@example.org> RET=HDRS ENVID=a+2Bb", none, good},
		{"MAIL FROM:<a@example.org> RET=ALL", none, bad},
		{"MAIL FROM:<a@example.org> ENVID=a+0Ab", none, bad},
		{"MAIL FROM:<a@example.org> ENVID=a+2b", none, bad},
		{"MAIL FROM:<a@example.org> ENVID=a=b", none, bad},
		{"MAIL FROM:<a@example.org> ENVID=+4", none, bad},
		{"MAIL FROM:<a@example.org> ENVID=" + strings.Repeat("x", 101), none, bad},
		{"MAIL FROM:<a@example.org> AUTH=<>", none, good},
		{"MAIL FROM:<a@example.org> AUTH=u+40example.org", none, good},
		{"MAIL FROM:<a@example.org> AUTH=u@example.org", none, good},
		{"MAIL FROM:<a@example.org> AUTH=", none, bad},
		{"MAIL FROM:<a@example.org> REQUIRETLS", none, none},
		{"MAIL FROM:<a@example.org> =", none, none},
		{"RCPT TO:<b@example.net> NOTIFY=NEVER", none, good},
		{"RCPT TO:<b@example.net> NOTIFY=success,Delay,FAILURE", none, good},
		{"RCPT TO:<b@example.net> NOTIFY=NEVER,DELAY", none, bad},
		{"RCPT TO:<b@example.net> NOTIFY=DELAY,DELAY", none, bad},
		{"RCPT TO:<b@example.net> NOTIFY=", none, bad},
		{"RCPT TO:<b@example.net> ORCPT=rfc822;b+2B1@example.net", none, good},
		{"RCPT TO:<b@example.net> ORCPT=x500;+2Fo=x", none, bad},
		{"RCPT TO:<b@example.net> ORCPT=x500;+2Fo+3Dx", none, good},
		{"RCPT TO:<b@example.net> ORCPT=utf-8;\\x{E4}@example.net", none, good},
		{"RCPT TO:<b@example.net> ORCPT=b@example.net", none, bad},
		{"RCPT TO:<b@example.net> ORCPT=rfc822;+0D+0A", none, bad},
		{"RCPT TO:<b@example.net> BY=100;R", none, none},
	} {
		plain := guard.Config{Banner: "x", MaxProtocolErrors: -1, EnhancedCodes: true}
		full := config()
		full.SMTPUTF8 = true
		for _, side := range []struct {
			cfg   guard.Config
			offer guard.Offer
			want  string
		}{
			{plain, guard.Offer{}, row.plain},
			{full, guard.Offer{Size: true, SASL: []string{"LOGIN"}}, row.full},
		} {
			c := serve(t, context.Background(), side.cfg, &session{offer: side.offer})
			c.line()
			c.send("EHLO x\r\n")
			for strings.HasPrefix(c.line(), "250-") {
			}
			if strings.HasPrefix(row.command, "RCPT") {
				c.talk("> MAIL FROM:<a@example.org>\n< 250 ...")
			}
			c.send(row.command + "\r\n")
			if got := c.line(); got != side.want {
				t.Errorf("%s: %q, want %q", row.command, got, side.want)
			}
			c.end()
		}
	}
}
