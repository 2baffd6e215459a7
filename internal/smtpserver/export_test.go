package smtpserver

import (
	"io"
	"net"
	"time"

	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/routing"
)

// ReadData reads a DATA message from conn as Handler.Data would, and returns it
// with the bytes that follow it as far as they have been read.
func ReadData(conn net.Conn, linefeedOK bool) (content, rest []byte, err error) {
	w := &wire{}
	w.init(conn, &Config{Buffers: NewBuffers(4), InactivityTimeout: time.Minute, ConnectionTimeout: time.Minute})
	defer w.release()
	b := &body{src: &dataReader{w: w, atLineStart: true}, strict: true}
	b.check.linefeedOK, b.mend = linefeedOK, linefeedOK
	content, err = io.ReadAll(b)
	return content, append([]byte(nil), w.unread()...), err
}

// ParseMail parses the argument of a MAIL with every extension on offer.
func ParseMail(arg string) (envelope.Envelope, bool) {
	m, reason := everything().parseMail(arg)
	return m, reason == 0
}

// ParseRcpt parses the argument of a RCPT with every extension on offer.
func ParseRcpt(arg string) (envelope.Recipient, bool) {
	c := everything()
	r, reason := c.parseRcpt(arg)
	return r, reason == 0
}

func everything() *conn {
	return &conn{
		handler: completing{},
		cfg:     Config{EightBitMime: true, BinaryMime: true, Chunking: true, DSN: true, SMTPUTF8: true},
		offer:   Offer{Size: true, SASL: []string{"PLAIN"}},
	}
}

// completing is a Handler that has a domain for every local part.
type completing struct{ Handler }

func (completing) Complete(local routing.Address) routing.Address {
	return local.WithDomain(routing.MustParseDomain("example.net"))
}

// SetMaxDiscard lowers how many bytes of a refused message the server reads.
func (c *Config) SetMaxDiscard(n int64) { c.maxDiscard = n }
