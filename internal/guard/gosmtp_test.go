package guard_test

import (
	"strings"
	"testing"

	"github.com/emersion/go-smtp"
)

// TestWhatGoSMTPDoes plays the guard's part against plain go-smtp. The guard
// depends on these codes, on one reply for each line, and on nothing being
// written besides; a new version of go-smtp that fails here needs a look at
// adapter.go.
func TestWhatGoSMTPDoes(t *testing.T) {
	near, far := pipe()
	newPlain(t)(far)
	c := &client{t: t, conn: near}
	c.pump(near)
	c.talk(`< 220 ...
		> HELO c
		< 250 ...
		> MAIL FROM:<>
		< 250 ...
		> RCPT TO:<r@c>
		< 250 ...
		> RSET
		< 250 ...
		> MAIL FROM:<>
		< 250 ...
		> RCPT TO:<r@c>
		< 250 ...
		> DATA
		< 354 ...
		> .
		< 250 ...
		> HELO c
		< 250 ...`)
	_ = near.Close()
}

// refusing refuses at every step, with codes that tell which.
type refusing struct{ plainSession }

func (refusing) Mail(string, *smtp.MailOptions) error {
	return &smtp.SMTPError{Code: 521, EnhancedCode: smtp.NoEnhancedCode, Message: "x"}
}

// TestGoSMTPPassesCodesOn: a session's code is go-smtp's, without anything more,
// and the end of its input ends it without a word.
func TestGoSMTPPassesCodesOn(t *testing.T) {
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return refusing{}, nil }))
	conn := &tape{in: []byte("HELO c\r\nMAIL FROM:<>\r\n"), piece: 1}
	l := make(chanListener, 1)
	l <- conn
	close(l)
	_ = server.Serve(l)
	if err := server.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := conn.out.String(); !strings.HasSuffix(got, "\r\n521 x\r\n") {
		t.Errorf("go-smtp wrote %q", got)
	}
}
