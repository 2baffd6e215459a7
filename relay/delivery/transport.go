package delivery

import (
	"context"
	"io"

	"github.com/interchange-smtp/interchange/relay/envelope"
)

// Transport hands messages to next hops: by SMTP, as [*Sender] does, by LMTP, as [*LMTP]
// does, or in another way, such as into a Maildir or to the HTTP API of a mail service. A
// dispatch.Dispatcher decides by the policy which Send connector carries a message, and
// makes each attempt with the Transport of that connector. If the Transport has a method
// Check(*connector.Outbound) error, the Dispatcher asks it about each of its connectors
// before it works by a policy, and refuses the policy with the error.
type Transport interface {
	// Send makes one attempt to hand a message to all recipients at hop. It returns an
	// Outcome for each, in the order of to. A recipient whose Outcome has no Err is done;
	// one whose Err is a *relay.Error with a 5xx reply is refused permanently, and its
	// sender gets a delivery report; with any other Err it is tried again.
	//
	// The error concerns hop as a whole: it can't be reached, or takes no message now.
	// Then no recipient has got the message, the Outcomes may be nil, and hop's other
	// messages wait with this one until hop is tried again. If the error is a *relay.Error
	// with a 5xx reply, all recipients are refused permanently instead.
	//
	// body is the whole message, with CRLF at the ends of lines; a bare LF can only be in
	// binary content and in mail from a Receive connector whose
	// BareLinefeedRejectionEnabled is $false. If body can't be read to its end, the message
	// must not be delivered. The size in env is the one that was declared, or 0.
	//
	// Send must return soon after ctx has ended. It must not change env or to, nor use any
	// argument after it has returned. Several goroutines call it at once, as many as the
	// limits of Set-TransportService for connections allow.
	Send(ctx context.Context, hop NextHop, env *envelope.Envelope, to []envelope.Recipient, body io.Reader) ([]Outcome, error)
}
