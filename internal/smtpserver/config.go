package smtpserver

import (
	"crypto/tls"
	"net/netip"
	"time"

	"github.com/interchange-smtp/interchange/internal/limits"
	"github.com/interchange-smtp/interchange/permission"
)

// Config configures one connection. Serve does not change it.
type Config struct {
	Banner string // the greeting without its code; several lines are separated by "\n"
	Fqdn   string // this server's name in the replies to EHLO and HELO

	Profile permission.Profile // the edition whose wording the server's own replies have

	// TLS returns the configuration of a handshake that begins now. Versions below 1.2
	// are never spoken. Nil: there is no TLS, and the Handler must refuse StartTLS.
	TLS      func() *tls.Config
	Implicit bool // TLS from the first byte; needs TLS

	// InactivityTimeout bounds every single read and write; 0 is 5 minutes.
	InactivityTimeout time.Duration
	// ConnectionTimeout bounds the whole connection, also while data flows;
	// 0 is 10 minutes.
	ConnectionTimeout time.Duration
	// TarpitInterval delays 5xx replies to clients that aren't trusted. Honest
	// clients get 4xx replies too, above all 452 for one recipient too many.
	TarpitInterval time.Duration
	// AuthTarpit delays the reply to a failed logon.
	AuthTarpit time.Duration

	MaxProtocolErrors int // how many 5xx replies a client may get; one more ends the connection. <0: unlimited
	MaxLogonFailures  int // the failed logon that ends the connection; 0: unlimited

	// BareLinefeedOK makes a line end of every LF without CR in a message: the
	// Handler reads CRLF. Such an LF is never part of an end of data, and a dot
	// behind it is content.
	BareLinefeedOK bool

	// Extensions that EHLO advertises. BinaryMime has no effect without Chunking.
	EightBitMime, BinaryMime, Chunking, DSN, SMTPUTF8, Pipelining, EnhancedCodes bool

	// Source stands for the client in what connections share; see network.Source.
	Source netip.Addr
	// Buffers are shared with other connections; nil: this connection has its own.
	Buffers *Buffers
	// Tarpits are the delays of replies, of all connections; nil: they have no bound.
	Tarpits *limits.Pool

	// Reached is called when a limit of the connection, or of what it shares with others, has refused
	// something or slowed it down. nil: it isn't called.
	Reached func(limits.State)

	// Xclient offers XCLIENT, and takes it until TLS begins: see Succession.
	Xclient bool

	// Log is the protocol log: '>' sent, '<' received, '*' a note, '-' the end, and 0 for a
	// line that is withheld because it is part of a logon. Texts are printable ASCII, with
	// \xNN for every other byte, and without secrets and message content. nil: no log.
	Log func(event byte, data, context string)

	// Answered is called when a command was handled, before its reply is sent. nil: not called,
	// and no time is measured.
	Answered func(Answered)

	maxDiscard int64 // 0: defaultDiscard; tests lower it
}

// Limits that no parameter of a connector sets.
const (
	defaultInactivity = 5 * time.Minute
	defaultConnection = 10 * time.Minute

	// defaultDiscard is how many bytes the server reads and drops to find the end of
	// a message that it has refused. A client that sends more gets the refusal and is
	// cut off.
	defaultDiscard = 64 << 20

	// maxLine bounds a command line in bytes, with CRLF: the 512 of RFC 5321,
	// section 4.5.3.1.4, and what RFC 1870, 3461, 4954, 6152 and 6531 add to MAIL
	// and RCPT, rounded up.
	maxLine = 2048
	// maxAuthLine is RFC 4954, section 4.
	maxAuthLine = 12288
	// maxReplyLine is RFC 5321, section 4.5.3.1.5.
	maxReplyLine = 512

	// maxIdle is how many commands without effect a client may send between two
	// messages: NOOP, VRFY, HELP, RSET, another EHLO, an empty chunk. Each further one counts as
	// an error, and ten times as many end the connection even where errors don't
	// count. Postfix has smtpd_junk_command_limit, 100 too.
	maxIdle = 100
	// maxDeferred is the same for recipients that are refused for now. A client
	// with a list pipelines all recipients and learns of the limit afterwards.
	maxDeferred = 1000
	// A message of more than manyChunks BDAT commands must carry smallChunk bytes
	// in each on average.
	manyChunks = 1000
	smallChunk = 64

	// writeGrace is how long the last reply may take when time is up.
	writeGrace = 5 * time.Second
	// lingerTime is how long the server still reads from a client that it cuts off
	// while it is sending, so that the client gets the reply.
	lingerTime = 2 * time.Second
)

// setDefaults replaces zero values by their defaults.
func (c *Config) setDefaults() {
	if c.InactivityTimeout <= 0 {
		c.InactivityTimeout = defaultInactivity
	}
	if c.ConnectionTimeout <= 0 {
		c.ConnectionTimeout = defaultConnection
	}
	if c.maxDiscard <= 0 {
		c.maxDiscard = defaultDiscard
	}
	c.BinaryMime = c.BinaryMime && c.Chunking
	if c.Buffers == nil {
		c.Buffers = NewBuffers(4)
	}
}
