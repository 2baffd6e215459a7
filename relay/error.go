package relay

import (
	"errors"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/connector/source"
)

// ErrNoPolicy is the error where a policy must be given and is nil, a *source.Diagnostic.
var ErrNoPolicy error = &source.Diagnostic{Severity: source.SeverityError, Code: source.CodePolicyMissing, Detail: "no policy is given"}

// Error is an error of a [Handler] or of one of the [Hooks], with the reply for the client.
// A reply of 400 to 599 is sent as it is. Any other becomes 451 4.3.0: above all, the
// 2xx of a next hop that replied out of turn must not pass for success.
type Error struct {
	Reply reply.Reply
	Err   error // for the log, never for the client; may be nil
}

// Error returns the reply, and Err if there is one.
func (e *Error) Error() string {
	text := e.Reply.String()
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// replyFor returns the reply for an error of the Handler: that of an Error, or a
// refusal for now without details.
func replyFor(in *connector.Inbound, err error) reply.Reply {
	var e *Error
	if errors.As(err, &e) && e.Reply.Code >= 400 && e.Reply.Code <= 599 {
		return e.Reply
	}
	return in.Decide(reply.TemporaryError).Reply()
}
