package smtpserver

import (
	"crypto/tls"
	"time"

	"github.com/interchange-smtp/interchange/connector"
)

// Config is what one connection is guarded by. Serve does not change it.
type Config struct {
	Banner string // the greeting without its code; several lines are separated by "\n"
	Fqdn   string // our name in the replies to EHLO and HELO

	Profile connector.Profile // the edition whose words the server's own replies have

	TLS      *tls.Config // nil: STARTTLS is not offered. Versions below 1.2 are never spoken
	Implicit bool        // TLS from the first octet; needs TLS

	// InactivityTimeout bounds every single read and write; 0 is 5 minutes.
	InactivityTimeout time.Duration
	// ConnectionTimeout bounds the whole connection, also while data flows;
	// 0 is 10 minutes.
	ConnectionTimeout time.Duration
	// TarpitInterval delays replies of 5xx unless the session is trusted. 4xx
	// are what honest clients get, 452 for one recipient too many above all.
	TarpitInterval time.Duration
	// AuthTarpit delays the reply to a failed logon.
	AuthTarpit time.Duration

	MaxProtocolErrors int // replies of 5xx that are put up with; one more ends the connection. <0: unlimited
	MaxLogonFailures  int // the failed logon that ends the connection; 0: none does

	// MaxDiscard is how many octets are read to no purpose, in hope of the end
	// of a message that was refused before its end; 0 is 64 MiB. A client
	// that sends more gets the refusal and is cut off.
	MaxDiscard int64

	// BareLinefeedOK makes a line end of every LF without CR in a message: the
	// session reads CRLF. Such an LF is never part of an end of data, and a dot
	// behind it is content.
	BareLinefeedOK bool

	// What EHLO advertises. BinaryMime has no effect without Chunking.
	EightBitMime, BinaryMime, Chunking, DSN, SMTPUTF8, Pipelining, EnhancedCodes bool

	// Buffers are shared with other connections; nil: this one has one of its own.
	Buffers *Buffers

	// Log is the protocol log: '>' sent, '<' received, '*' remark. Lines are
	// printable ASCII, with \xNN for every other octet, and without secrets
	// and message content. nil: none.
	Log func(event byte, line string)
}

// The limits that are not the connector's.
const (
	defaultInactivity = 5 * time.Minute
	defaultConnection = 10 * time.Minute
	defaultDiscard    = 64 << 20

	// maxLine is what a command line may have in octets, CRLF included: the
	// 512 of RFC 5321, 4.5.3.1.4, and what RFC 1870, 3461, 4954, 6152 and 6531
	// add to MAIL and RCPT, rounded up.
	maxLine = 2048
	// maxAuthLine is RFC 4954, section 4.
	maxAuthLine = 12288
	// maxReplyLine is RFC 5321, 4.5.3.1.5.
	maxReplyLine = 512

	// maxIdle is how many commands that lead nowhere are put up with between two
	// messages: NOOP, VRFY, HELP, RSET, another EHLO. Each further one counts as
	// an error; a client that sends ten times as many is cut off even where
	// errors don't count. Postfix has smtpd_junk_command_limit, 100 too.
	maxIdle = 100
	// maxDeferred is the same for recipients that are refused for now. A list
	// pipelines all of its recipients and learns of the limit afterwards.
	maxDeferred = 1000
	// manyChunks and smallChunk: beyond so many BDAT commands of a message they
	// must carry so many bytes each on average.
	manyChunks = 1000
	smallChunk = 64

	// writeGrace is how long a last reply may take when time is up.
	writeGrace = 5 * time.Second
	// lingerTime is how long a client that is cut off in the middle of sending
	// is listened to, so that it gets to read why.
	lingerTime = 2 * time.Second
)

// withDefaults fills in what zero stands for.
func (c Config) withDefaults() Config {
	if c.InactivityTimeout <= 0 {
		c.InactivityTimeout = defaultInactivity
	}
	if c.ConnectionTimeout <= 0 {
		c.ConnectionTimeout = defaultConnection
	}
	if c.MaxDiscard <= 0 {
		c.MaxDiscard = defaultDiscard
	}
	c.BinaryMime = c.BinaryMime && c.Chunking
	if c.Buffers == nil {
		c.Buffers = NewBuffers(1)
	}
	if c.TLS != nil && c.TLS.MinVersion < tls.VersionTLS12 {
		// RFC 8996 buried what came before TLS 1.2.
		c.TLS = c.TLS.Clone()
		c.TLS.MinVersion = tls.VersionTLS12
	}
	return c
}
