package verify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/dmarc"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/message"
)

// QuarantineField is the header field by which the next hop recognises a message that a DMARC
// policy would quarantine or reject. Its value says why. Fields of that name that a client has
// sent are removed from each message that is checked.
const QuarantineField = "X-Interchange-Quarantine"

var (
	errSeveralDomains = errors.New("header field From has authors of several domains")
	errNoDomain       = errors.New("header field From has no domain")
)

// Hooks returns the Hooks that check each message by the MessageAuthenticationMode of its
// Receive connector. They belong in front of Hooks that change messages, because signatures hold
// for a message as it was sent.
func (v *Verifier) Hooks() relay.Hooks {
	return relay.Hooks{
		NeedsMessage: func(env *relay.Envelope) bool { return modeOf(env) != param.AuthenticationOff },
		Message:      v.message,
	}
}

// modeOf returns the mode in which the messages of a transaction are checked.
func modeOf(env *relay.Envelope) param.AuthenticationMode {
	return env.Inbound.MessageAuthentication(env.Rights)
}

// message checks a message, notes the results, and refuses the message if the mode says so.
func (v *Verifier) message(ctx context.Context, env *relay.Envelope, m *message.Message) error {
	r := v.Check(ctx, env, m)
	reason := r.act(modeOf(env))
	v.report(ctx, env, &r)
	if reason != reply.Undecided {
		return &relay.Error{Reply: env.Inbound.Decide(reason).Reply(), Err: errors.New(r.String())}
	}
	h := m.Header()
	h.Drop(QuarantineField)
	if r.Action == actQuarantine {
		if err := h.Prepend(fmt.Sprintf("%s: dmarc=%s policy=%s", QuarantineField, r.DMARC.Value, r.policy())); err != nil {
			return err
		}
	}
	return h.Prepend(r.field(env.Inbound.Fqdn()).String())
}

// The actions, as they stand in Result.Action.
const (
	actNote       = "noted"
	actQuarantine = "quarantined"
	actRefuse     = "refused"
	actDefer      = "deferred"
)

// act sets the Action and returns the reason for a refusal; reply.Undecided if the message isn't
// refused.
func (r *Result) act(mode param.AuthenticationMode) reply.Reason {
	r.Action = actNote
	if mode < param.AuthenticationQuarantine {
		return reply.Undecided
	}
	rejects := mode == param.AuthenticationReject
	asked := r.policy() != dmarc.None.String()
	switch {
	case r.DMARC.Value == dmarc.ResultPermError.String() && rejects:
		r.Action = actRefuse
		return reply.AuthorUnclear
	case r.DMARC.Value == dmarc.ResultTempError.String() && rejects && asked:
		r.Action = actDefer
		return reply.DMARCUnavailable
	case r.DMARC.Value == dmarc.ResultFail.String() && rejects && r.DMARC.Policy == dmarc.Reject.String():
		r.Action = actRefuse
		return reply.DMARCRejected
	case r.DMARC.Value == dmarc.ResultPermError.String(), r.DMARC.Value != dmarc.ResultPass.String() && asked:
		// A temperror counts, too, because a sender can cause one.
		r.Action = actQuarantine
	}
	return reply.Undecided
}

// policy returns the policy of the domain's owner. A record that isn't known may ask for
// anything.
func (r *Result) policy() string {
	switch {
	case r.DMARC.Policy != "":
		return r.DMARC.Policy
	case r.DMARC.Value == dmarc.ResultTempError.String():
		return "unknown"
	}
	return dmarc.None.String()
}

// report passes the results to the readers of events.
func (v *Verifier) report(ctx context.Context, env *relay.Envelope, r *Result) {
	readers := event.Log(v.Logger, v.Events...)
	if readers == nil {
		return
	}
	e := event.Event{Kind: event.MessageAuthenticated, Time: time.Now(), Helo: env.Helo, Result: r.String(), Detail: r.Action, Err: r.err()}
	e.SetMessage(&env.Envelope)
	readers(ctx, e)
}
