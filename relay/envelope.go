package relay

import (
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/relay/envelope"
)

// Envelope is one transaction: everything known of a message except its content. The Server makes it at MAIL; one goroutine at a time uses it, and
// after Deliver and Release no Handler may use it.
type Envelope struct {
	envelope.Envelope
	To []envelope.Recipient // the accepted recipients, in order

	Inbound   *connector.Inbound   // the Receive connector; nil if no Server made the Envelope
	Principal permission.Principal // the identity by which the session's permissions were computed
	TLS       bool

	// Delivered is set by a Handler that accepts the message: the result in the
	// Server's log, such as where the message is now, and under which name.
	Delivered string

	// State belongs to the Router, from the first Route to Release.
	State any
}
