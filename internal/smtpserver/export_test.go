package smtpserver

import (
	"io"
	"net"
	"time"

	"github.com/interchange-smtp/interchange/routing"
)

// ReadDots reads a message behind DATA from conn as Handler.Data would, and
// returns it with the octets that follow it as far as they have been read.
func ReadDots(conn net.Conn, linefeedOK bool) (body, rest []byte, err error) {
	w := &wire{}
	w.init(conn, NewBuffers(1), time.Minute, time.Minute)
	defer w.release()
	b := &messageBody{src: &dots{w: w, begin: true}, strict: true}
	b.check.linefeedOK, b.mend = linefeedOK, linefeedOK
	body, err = io.ReadAll(b)
	return body, append([]byte(nil), w.unread()...), err
}

// messageBody lets ReadDots call its result body.
type messageBody = body

// ParseMail parses the argument of a MAIL with every extension on offer.
func ParseMail(arg string) (Mail, bool) {
	g := everything()
	r := g.checkMail(arg)
	return g.pending.mail, r == 0
}

// ParseRcpt parses the argument of a RCPT with every extension on offer.
func ParseRcpt(arg string) (Rcpt, bool) {
	g := everything()
	g.inMail, g.mail.UTF8 = true, true
	r := g.checkRcpt(arg)
	return g.pending.rcpt, r == 0
}

func everything() *conn {
	g := &conn{sess: completing{}, cfg: Config{EightBitMime: true, BinaryMime: true, Chunking: true, DSN: true, SMTPUTF8: true}}
	g.hello, g.esmtp, g.offer = true, true, Offer{Size: true, SASL: []string{"PLAIN"}}
	return g
}

// completing is a session that has a domain for every local part.
type completing struct{ Handler }

func (completing) Complete(local routing.Address) routing.Address {
	return local.WithDomain(routing.MustParseDomain("example.net"))
}

// Escape is what log lines go through.
var Escape = escape
