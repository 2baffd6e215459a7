// Package guard stands between the wire and go-smtp.
package guard

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/routing"
)

// Config is what one connection is guarded by.
type Config struct {
	Banner   string // complete first line(s) without the code
	Fqdn     string
	TLS      *tls.Config // nil: STARTTLS is not offered
	Implicit bool        // TLS from the first octet

	InactivityTimeout time.Duration
	ConnectionTimeout time.Duration
	TarpitInterval    time.Duration
	AuthTarpit        time.Duration
	MaxProtocolErrors int // <0: unlimited
	MaxLogonFailures  int // 0: never close
	BareLinefeedOK    bool

	EightBitMime, BinaryMime, Chunking, DSN, SMTPUTF8, Pipelining, EnhancedCodes bool

	Log func(event byte, line string) // protocol log: '>' '<' '*' '+' '-'; nil: none
}

// Session is what the guard asks. Calls come one at a time.
type Session interface {
	// Hello opens (or reopens) the dialog: the keywords to advertise beyond
	// the guard's own, in order.
	Hello(name string, esmtp bool) (keywords []string, r connector.Reply)
	// TLS tells that the channel is now encrypted; all that was said before is forgotten.
	TLS(state tls.ConnectionState)
	// Auth starts an exchange; a zero-code reply means go.
	Auth(ctx context.Context, mechanism string) (auth.Exchange, connector.Reply)
	Mail(ctx context.Context, m Mail) connector.Reply
	Rcpt(ctx context.Context, r Rcpt) connector.Reply
	// Data reads the message; err of body is an *Abort when the client broke it off.
	Data(ctx context.Context, body io.Reader) connector.Reply
	Reset()
	Close()
}

// Mail is a parsed MAIL command.
type Mail struct {
	From  routing.Address
	Size  int64
	Body  Body
	UTF8  bool
	Ret   string
	EnvID string
	Auth  string // AUTH= decoded; "<>" when given so
}

// Rcpt is a parsed RCPT command.
type Rcpt struct {
	To     routing.Address
	Notify []string
	ORcpt  string
}

// Body is the BODY parameter.
type Body uint8

// The body types.
const (
	Body7Bit Body = iota
	Body8BitMIME
	BodyBinaryMIME
)

// Serve runs the conversation on raw until it ends, and closes raw.
func Serve(ctx context.Context, raw net.Conn, cfg Config, s Session) error { return nil }
