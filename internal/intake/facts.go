package intake

import (
	"crypto/tls"
	"net/netip"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/internal/limits"
	"github.com/interchange-smtp/interchange/routing"
)

// Facts are what is known of a message before its first byte.
type Facts struct {
	Session connector.Session // decides on the message, of a connector that serves it
	Trace   *connector.Trace  // of Session, emptied before each decision on the message; may be nil
	Budget  *limits.Budget    // pays for the header

	Local, Remote netip.Addr
	TLS           *tls.ConnectionState // nil: no TLS
	Helo          string
	ESMTP         bool // EHLO, not HELO
	Auth          bool // the client authenticated with AUTH
	UTF8          bool // SMTPUTF8

	ID   string // of the message
	From routing.Address
	For  string // the recipient if there is only one: with several, each would learn of the others
}
