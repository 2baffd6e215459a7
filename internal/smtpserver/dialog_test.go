package smtpserver_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/internal/smtpserver"
)

// TestDialogs holds the server to its replies. A row begins after EHLO unless
// it begins with the greeting; want is the calls of the session after that.
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
		{"hello with what devices call themselves", `
			< 220 ...
			> EHLO two words
			< 250-mx.example.net Hello [pipe]
			< 250-PIPELINING
			< 250-DSN
			< 250-ENHANCEDSTATUSCODES
			< 250-8BITMIME
			< 250-BINARYMIME
			< 250 CHUNKING
			> HELO my_pc.local.
			< 250 mx.example.net Hello [pipe]
			> HELO [192.0.2.1
			< 250 mx.example.net Hello [pipe]
			> HELO [IPv6:2001:db8::1]
			< 250 mx.example.net Hello [pipe]
			> HELO Amy's "copier" (2nd floor) <x>
			< 250 mx.example.net Hello [pipe]
			>> HELO B\xfcro\tOst\r\n
			< 250 mx.example.net Hello [pipe]
			> HELO
			< 250 mx.example.net Hello [pipe]
			>> HELO a\x00b\r\n
			< 500 5.5.2 Syntax error, illegal character in command
			> HELO ` + strings.Repeat("h", 300) + `
			< 250 mx.example.net Hello [pipe]`, []string{
			"hello two words true", "hello my_pc.local. false", "hello [192.0.2.1 false", "hello [IPv6:2001:db8::1] false",
			`hello Amy's "copier" (2nd floor) <x> false`, "hello B?ro?Ost false", "hello  false", "hello " + strings.Repeat("h", 255) + " false",
		}},
		{"blanks in front of a command", `
			>  MAIL FROM:<a@example.org>
			< 250 ...
			>> \t RSET\r\n
			< 250 ...`,
			[]string{"mail a@example.org", "reset"}},
		{"hello resets the transaction", `
			> MAIL FROM:<a@example.org>
			< 250 ...
			> HELO again
			< 250 mx.example.net Hello [pipe]
			> RCPT TO:<b@example.net>
			< 503 5.5.2 Need mail command`,
			[]string{"mail a@example.org", "reset", "hello again false"}},
		{"after HELO everything that EHLO offers", `
			> HELO again
			< 250 mx.example.net Hello [pipe]
			> AUTH LOGIN
			< 504 5.7.4 ...
			> MAIL FROM:<a@example.org> BODY=8BITMIME RET=HDRS
			< 250 ...
			> RCPT TO:<b@example.net> NOTIFY=NEVER
			< 250 ...
			>> BDAT 3 LAST\r\nHi!
			< 250 ...`,
			[]string{"hello again false", "auth LOGIN", "mail a@example.org", "rcpt b@example.net", "data", "reset"}},
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
		{"arguments where none belong", `
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
		{"bytes that a command must not have", `
			>> NOOP \x00\r\n
			< 500 5.5.2 Syntax error, illegal character in command
			>> NOOP \x01\r\n
			< 500 5.5.2 ...
			>> MAIL FROM:<a@example.org>\rRCPT TO:<b@example.net>\r\n
			< 500 5.5.2 ...
			>> MAIL FROM:<b\xfcro@example.org>\r\n
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
		{"paths that can be read in one way", `
			> MAIL FROM: <a@example.org>
			< 250 ...
			> RCPT TO:b@example.net
			< 250 ...
			> rcpt to: c@example.net notify=NEVER
			< 250 ...
			> RCPT TO:< d@example.net >
			< 250 ...
			>> RCPT\tTO:\t<e@example.net>\tNOTIFY=NEVER\r\n
			< 250 ...
			> RCPT TO:<@relay.example:f@example.net>
			< 250 ...
			> RCPT TO:<"v@foreign.example> ORCPT=rfc822;x"@example.net>
			< 250 ...
			> RCPT TO:<pOSTmaster> NOTIFY=NEVER
			< 250 ...
			> RCPT TO:postmaster
			< 250 ...`,
			[]string{"mail a@example.org", "rcpt b@example.net", "rcpt c@example.net", "rcpt d@example.net", "rcpt e@example.net",
				"rcpt f@example.net", `rcpt "v@foreign.example> ORCPT=rfc822;x"@example.net`, "rcpt pOSTmaster@example.net", "rcpt postmaster@example.net"}},
		{"a sender without brackets", `
			> MAIL FROM: scanner@copier_2 SIZE=200 X=Y
			< 555 5.5.4 Unsupported parameter
			> mail from:scanner@copier_2 body=8bitmime
			< 250 ...`, []string{"mail scanner@copier_2"}},
		{"paths that can't", `
			> MAIL FROM <a@example.org>
			< 501 5.5.4 Invalid arguments
			> MAIL FROM:<a@example.org>
			< 250 ...
			> RCPT TO:<>
			< 501 5.1.7 Invalid Address
			> RCPT TO:<v@foreign.example@example.net>
			< 501 5.1.7 Invalid Address
			> RCPT TO:<b@example.net>NOTIFY=NEVER
			< 501 5.1.7 Invalid Address
			> RCPT TO:<b>
			< 501 5.1.7 Invalid Address`,
			[]string{"mail a@example.org"}},
		{"paths with more behind", `
			> MAIL FROM:<a@example.org>
			< 250 ...
			> RCPT TO:<b@example.net> <v@foreign.example>
			< 555 5.5.4 Unsupported parameter
			> RCPT TO:b@example.net,v@foreign.example
			< 501 5.1.7 Invalid Address
			> RCPT TO:Amy <b@example.net>
			< 501 5.1.7 Invalid Address`,
			[]string{"mail a@example.org"}},
		{"DATA without recipients", `
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

// TestUTF8: the Handler decides whether local parts that aren't ASCII may be used, and
// domains become A-labels without SMTPUTF8.
func TestUTF8(t *testing.T) {
	cfg := config()
	cfg.SMTPUTF8 = true
	s := &session{}
	c := serve(t, context.Background(), cfg, s)
	c.hello()
	c.talk(`> MAIL FROM:<a@example.org>
		< 250 ...
		> RCPT TO:<ann@bücher.example>
		< 250 ...
		> RCPT TO:<ann@teſt.example>
		< 501 5.1.7 ...
		> RSET
		< 250 ...
		> MAIL FROM:<ann@bücher.example>
		< 250 ...
		> RSET
		< 250 ...
		> MAIL FROM:<jürgen@example.org> SMTPUTF8
		< 250 ...
		> RCPT TO:<jürgen@example.net>
		< 250 ...
		>> NOOP \xff\r\n
		< 500 5.5.2 ...
		> HELO jürgen
		< 250 ...`)
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
		{"MAIL FROM:<a@example.org> SIZE=100", good, good},
		{"MAIL FROM:<a@example.org> SIZE=-1", good, good},
		{"MAIL FROM:<a@example.org> SIZE=", good, good},
		{"MAIL FROM:<a@example.org> SIZE=1 SIZE=2", bad, bad},
		{"MAIL FROM:<a@example.org> SIZE=1 size=1", good, good},
		{"MAIL FROM:<a@example.org> BODY=8bitmime", good, good},
		{"MAIL FROM:<a@example.org> BODY=7BIT", good, good},
		{"MAIL FROM:<a@example.org> BODY=BINARYMIME", none, good},
		{"MAIL FROM:<a@example.org> BODY=X", good, good},
		{"MAIL FROM:<a@example.org> BODY=7BIT BODY=8BITMIME", bad, bad},
		{"MAIL FROM:<a@example.org> SMTPUTF8", none, good},
		{"MAIL FROM:<a@example.org> SMTPUTF8=1", none, good},
		{"MAIL FROM:<a@example.org> RET=HDRS ENVID=a+2Bb", none, good},
		{"MAIL FROM:<a@example.org> RET=ALL", none, good},
		{"MAIL FROM:<a@example.org> ENVID=a+0Ab", none, good},
		{"MAIL FROM:<a@example.org> AUTH=<>", good, good},
		{"MAIL FROM:<a@example.org> AUTH=", good, good},
		{"MAIL FROM:<a@example.org> AUTH=a+b", good, good},
		{"MAIL FROM:<a@example.org> REQUIRETLS", none, none},
		{"MAIL FROM:<a@example.org> =", none, none},
		{"RCPT TO:<b@example.net> NOTIFY=NEVER", none, good},
		{"RCPT TO:<b@example.net> NOTIFY=NEVER,DELAY", none, good},
		{"RCPT TO:<b@example.net> NOTIFY=", none, good},
		{"RCPT TO:<b@example.net> ORCPT=rfc822;b+2B1@example.net", none, good},
		{"RCPT TO:<b@example.net> ORCPT=b@example.net", none, good},
		{"RCPT TO:<b@example.net> ORCPT=rfc822;+0D+0A", none, good},
		{"RCPT TO:<b@example.net> ORCPT=rfc822;a ORCPT=rfc822;b", none, bad},
		{"RCPT TO:<b@example.net> BY=100;R", none, none},
	} {
		plain := smtpserver.Config{Banner: "x", MaxProtocolErrors: -1, EnhancedCodes: true}
		full := config()
		full.SMTPUTF8 = true
		for _, side := range []struct {
			cfg   smtpserver.Config
			offer smtpserver.Offer
			want  string
		}{
			{plain, smtpserver.Offer{}, row.plain},
			{full, smtpserver.Offer{Size: true, SASL: []string{"LOGIN"}}, row.full},
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

// TestParameterValues checks which values of parameters the Handler gets: an unreadable
// one counts as not given.
func TestParameterValues(t *testing.T) {
	for _, row := range []struct{ mail, rcpt, want string }{
		{"SIZE=100 BODY=8BITMIME RET=hdrs ENVID=a+2Bb", "NOTIFY=success,Delay,FAILURE ORCPT=rfc822;b+2B1@example.net",
			"100 1 HDRS a+2Bb SUCCESS,FAILURE,DELAY rfc822;b+2B1@example.net"},
		{"SIZE=-1 BODY=X RET=ALL ENVID=a+0Ab", "NOTIFY=NEVER,DELAY ORCPT=rfc822;+0D+0A", "0 0    "},
		{"SIZE= BODY= RET= ENVID=", "NOTIFY= ORCPT=", "0 0    "},
		{"SIZE=99999999999999999999 BODY=BINARYMIME ENVID=a=b", "NOTIFY=never ORCPT=x500;+2Fo=x", "9223372036854775807 2  a+3Db NEVER x500;+2Fo+3Dx"},
		{"SIZE=999999999999999999999 ENVID=a+2b", "NOTIFY=DELAY,DELAY ORCPT=utf-8;\\x{E4}@example.net", "0 0   DELAY utf-8;\\x{E4}@example.net"},
		{"ENVID=" + strings.Repeat("x", 101), "NOTIFY=SOMETIMES ORCPT=b@example.net", "0 0    "},
		{"ENVID=+4", "ORCPT=rfc822;+E7+94+A8+E6+88+B7@example.net", "0 0    utf-8;用户@example.net"},
		{"", "ORCPT=rfc822;+E7+94+A8+2B1+3D\\@example.net", `0 0    utf-8;用\x{2B}1\x{3D}\x{5C}@example.net`},
		{"", "ORCPT=rfc822;+FF+FE@example.net", "0 0    "},
		{"", "ORCPT=rfc822;+C2+85@example.net", "0 0    "},
		{"", "ORCPT=x500;+E7+94+A8", "0 0    "},
		{"", "ORCPT=rfc822;" + strings.Repeat("x", 500), "0 0    "},
	} {
		cfg := config()
		cfg.SMTPUTF8 = true
		s := &session{offer: smtpserver.Offer{Size: true}}
		c := serve(t, context.Background(), cfg, s)
		c.hello()
		c.talk("> MAIL FROM:<a@example.org> " + row.mail + "\n< 250 ...\n> RCPT TO:<b@example.net> " + row.rcpt + "\n< 250 ...")
		c.end()
		m, r := s.mail, s.rcpt[0]
		if got := fmt.Sprintf("%d %d %s %s %s %s", m.Size, m.Body, m.Return, m.EnvID, r.Notify, r.ORcpt); got != row.want {
			t.Errorf("%s, %s:\n%q, want\n%q", row.mail, row.rcpt, got, row.want)
		}
	}
}

// TestDefaultDomain: a path without a domain is completed where there is one.
func TestDefaultDomain(t *testing.T) {
	s := &session{domain: "fabrikam.example"}
	c := serve(t, context.Background(), config(), s)
	c.hello()
	c.talk(`> MAIL FROM:<root>
		< 250 ...
		> RCPT TO:<admin> NOTIFY=NEVER
		< 250 ...
		> RCPT TO: postmaster
		< 250 ...
		> RCPT TO:<"front desk">
		< 250 ...
		> RCPT TO:<b@example.net>
		< 250 ...
		> RCPT TO:NOTIFY=NEVER
		< 501 5.1.7 Invalid Address
		> RSET
		< 250 ...
		> MAIL FROM:<>
		< 250 ...`)
	c.end()
	const want = `mail root@fabrikam.example|rcpt admin@fabrikam.example|rcpt postmaster@fabrikam.example|` +
		`rcpt "front desk"@fabrikam.example|rcpt b@example.net|reset|mail`
	if got := strings.Join(s.calls[1:len(s.calls)-1], "|"); strings.TrimSpace(got) != want {
		t.Errorf("calls\n%s, want\n%s", got, want)
	}
}
