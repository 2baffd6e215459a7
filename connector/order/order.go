package order

import (
	"net/netip"
	"strings"

	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/ascii"
)

// implicitTLSPort is that of submissions (RFC 8314, section 3.3).
const implicitTLSPort = 465

// ImplicitTLS reports whether connections to a local address begin with TLS: those to
// port 465 do.
func ImplicitTLS(local netip.AddrPort) bool { return local.Port() == implicitTLSPort }

// Verb is a command that has its place in a session.
type Verb uint8

// The verbs. EHLO and HELO are Hello. All other commands may come at any time.
const (
	Hello Verb = iota
	StartTLS
	Auth
	Mail
	Rcpt
	Data
	Bdat
	Reset
)

// String returns the command; EHLO for Hello.
func (v Verb) String() string {
	return [...]string{"EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "BDAT", "RSET"}[v]
}

// State knows which commands may come next. The zero State is a new
// connection without TLS.
type State struct {
	TLS           bool // TLS is up
	Greeted       bool // EHLO or HELO was accepted
	Authenticated bool // AUTH was accepted
	Transaction   bool // MAIL was accepted: a transaction is open
	Binary        bool // the transaction has BODY=BINARYMIME
	Recipients    int  // accepted recipients of the transaction
}

// Refuse returns why v is out of order, or 0 (RFC 5321, section 4.1.4).
func (s *State) Refuse(v Verb) (reason reply.Reason) {
	switch {
	case v == Hello || v == Reset: // allowed at any time
		return reason
	case v == StartTLS && s.TLS:
		return reply.BadSequence
	case !s.Greeted:
		return reply.SendHelloFirst
	case v == Auth && s.Authenticated: // RFC 4954, section 4
		return reply.BadSequence
	case v == Mail || v == StartTLS || v == Auth:
		if s.Transaction {
			return reply.BadSequence
		}
	case !s.Transaction:
		return reply.NeedMail
	case v == Rcpt:
	case s.Recipients == 0:
		return reply.NeedRcpt
	case v == Data && s.Binary: // RFC 3030, section 3
		return reply.BinaryNeedsChunks
	}
	return reason
}

// EndTransaction closes the transaction, if one is open.
func (s *State) EndTransaction() { s.Transaction, s.Binary, s.Recipients = false, false, 0 }

// StartTLS forgets all commands before TLS (RFC 3207, section 4.2).
func (s *State) StartTLS() { *s = State{TLS: true} }

// maxHelloName is RFC 5321, section 4.5.3.1.2.
const maxHelloName = 255

// HelloName returns the argument of EHLO or HELO as logs and Received fields get it:
// cut to 255 bytes, without blanks around it, and with '?' for all but printable
// ASCII. Devices send all kinds of names, with blanks, quotes and umlauts,
// and nothing is decided by them. ok is false if arg has control characters, which no
// command may have.
func HelloName(arg string) (name string, ok bool) {
	arg = strings.Trim(arg, " \t")
	arg, ok = arg[:min(len(arg), maxHelloName)], !strings.ContainsFunc(arg, isControl)
	return ascii.Printable(arg), ok
}

func isControl(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }
