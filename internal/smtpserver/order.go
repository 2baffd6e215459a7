package smtpserver

import "github.com/interchange-smtp/interchange/connector/reply"

// verb is a command that this server knows.
type verb uint8

const (
	verbUnknown verb = iota
	verbHelo
	verbEhlo
	verbMail
	verbRcpt
	verbData
	verbBdat
	verbRset
	verbNoop
	verbQuit
	verbVrfy
	verbHelp
	verbStartTLS
	verbAuth
	verbUnsupported // a command of SMTP that is not implemented
	verbForeign     // a command of HTTP
)

// order holds what the commands so far allow next. The zero order is a new
// connection without TLS.
type order struct {
	tls    bool
	hello  bool // EHLO or HELO was accepted
	authed bool // AUTH was accepted
	mail   bool // MAIL was accepted: a transaction is open
	binary bool // the transaction has BODY=BINARYMIME
	rcpts  int  // accepted recipients of the transaction
}

// refuse returns why v is out of order, or 0 (RFC 5321, section 4.1.4).
func (o *order) refuse(v verb) (r reply.Reason) {
	switch v {
	case verbMail, verbRcpt, verbData, verbBdat, verbStartTLS, verbAuth:
	default:
		return r // allowed at any time
	}
	switch {
	case v == verbStartTLS && o.tls:
		return reply.BadSequence
	case !o.hello:
		return reply.SendHelloFirst
	case v == verbAuth && o.authed: // RFC 4954, section 4
		return reply.BadSequence
	case v == verbMail || v == verbStartTLS || v == verbAuth:
		if o.mail {
			return reply.BadSequence
		}
	case !o.mail:
		return reply.NeedMail
	case v == verbRcpt:
	case o.rcpts == 0:
		return reply.NeedRcpt
	case v == verbData && o.binary: // RFC 3030, section 3
		return reply.BinaryNeedsChunks
	}
	return r
}

// endTransaction closes the transaction, if one is open.
func (o *order) endTransaction() { o.mail, o.binary, o.rcpts = false, false, 0 }

// startTLS forgets everything that was said before TLS (RFC 3207, section 4.2).
func (o *order) startTLS() { *o = order{tls: true} }
