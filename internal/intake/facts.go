package intake

import (
	"crypto/tls"
	"net/netip"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/internal/limits"
	"github.com/interchange-smtp/interchange/relay/envelope"
)

// Facts are the facts about a message that are known before its first byte.
type Facts struct {
	Session connector.Session // decides on the message, of a connector that serves it
	Trace   *connector.Trace  // of Session, emptied before each decision on the message; may be nil
	Budget  *limits.Budget    // pays for the header

	envelope.Envelope        // ID, From, UTF8, Remote and Helo
	For               string // the recipient if there is only one: with several, each would learn of the others

	Local netip.Addr
	TLS   *tls.ConnectionState // nil: no TLS
	ESMTP bool                 // EHLO, not HELO
	Auth  bool                 // the client authenticated with AUTH
}
