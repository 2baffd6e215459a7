package relay

import (
	"net/netip"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/internal/limits"
	"github.com/interchange-smtp/interchange/internal/network"
	"github.com/interchange-smtp/interchange/permission"
)

// Limit is a limit, its counter, and the bound that the counter may not exceed.
type Limit struct {
	Name  string    // of the parameter, or as docs/limits.md has it
	By    string    // what is counted for itself: connection, message, source, user, connector or server
	Key   string    // which one; "": the server, the connection or the message
	Value int64     // the counter; of a time, milliseconds
	Bound int64     // the largest value that passes now; it may depend on what other clients have
	Until time.Time // when the counter begins again; zero: it has no window, or none has begun

	Window time.Duration // in which the counter counts; 0: it counts what there is at a time
}

// LimitClient is a client for which limits count.
type LimitClient struct {
	Addr   netip.Addr
	User   string // the name of the user who has logged on; "": none
	Sender string // of MAIL, for a client that hasn't logged on
}

// Limits returns the limits that hold for a client at a Receive connector of the policy in use, and their
// counters now. What counts for one connection or message has the value 0. nil: the policy has no such connector.
func (s *Server) Limits(name string, c LimitClient) []Limit {
	s.init()
	now := s.current.Load()
	if now == nil {
		return nil
	}
	for in, ep := range now.byConnector {
		if in.Name() == name {
			return s.limitsFor(ep, c, time.Now())
		}
	}
	return nil
}

// LimitsOf returns the limits that hold for a client at a Receive connector of a Server that has no other
// clients, and whose fields are at their defaults.
func LimitsOf(in *connector.Inbound, c LimitClient) []Limit {
	s := &Server{tarpits: newTarpits()}
	return s.limitsFor(&endpoint{
		in: in, settings: in.Settings(), rate: in.Policy().Service().MaxConnectionRatePerMinute,
		connections: new(limits.Connections), messages: new(limits.MessageRate),
	}, c, time.Now())
}

// newTarpits returns the places for delayed replies.
func newTarpits() *limits.Pool { return limits.NewPool("Tarpits", maxTarpits) }

// limitsFor returns the limits of a connector.
func (s *Server) limitsFor(ep *endpoint, c LimitClient, now time.Time) []Limit {
	source := network.Source(c.Addr)
	user := func() limits.User {
		if c.User == "" {
			return limits.User{ID: c.Sender, Name: c.Sender}
		}
		return limits.User{ID: string(permission.NameSID(c.User)), Name: c.User}
	}
	states := ep.connections.States(ep.settings, source)
	states = append(states, s.rate.State(ep.rate, source, now), s.places.State(s.maxConnections(), source))
	states = append(states, ep.messages.States(ep.settings, source, user, now)...)
	states = append(states, s.transactions.States(source)...)
	states = append(states, s.tarpits.State(source))
	states = append(states, s.guesses.States(source, c.User, now)...)
	states = append(states, ofSession(ep.in)...)
	all := make([]Limit, len(states))
	for i, l := range states {
		all[i] = Limit{Name: l.Limit, By: l.By, Key: l.Key, Value: l.Value, Bound: l.Bound, Until: l.Until, Window: l.Window}
	}
	return all
}

// ofSession returns the limits of one connection and of one message, without counters.
func ofSession(in *connector.Inbound) (all []limits.State) {
	r := in.Settings()
	add := func(name, by string, bound int64) {
		if bound > 0 {
			all = append(all, limits.State{Limit: name, By: by, Bound: bound})
		}
	}
	add("ConnectionTimeout", limits.ByConnection, r.ConnectionTimeout.Milliseconds())
	add("ConnectionInactivityTimeout", limits.ByConnection, r.ConnectionInactivityTimeout.Milliseconds())
	if r.MaxProtocolErrors.Or(0) != param.Unlimited {
		all = append(all, limits.State{Limit: "MaxProtocolErrors", By: limits.ByConnection, Bound: int64(r.MaxProtocolErrors.Or(0))})
	}
	add("MaxLogonFailures", limits.ByConnection, int64(r.MaxLogonFailures.Or(0)))
	add("MaxRecipientsPerMessage", limits.ByMessage, int64(r.MaxRecipientsPerMessage))
	add("MaxRecipientEnvelopeLimit", limits.ByMessage, int64(in.Policy().Transport().MaxRecipientEnvelopeLimit))
	add("MaxHeaderSize", limits.ByMessage, int64(r.MaxHeaderSize))
	add("MaxMessageSize", limits.ByMessage, int64(r.MaxMessageSize))
	add("MaxReceiveSize", limits.ByMessage, int64(in.Policy().Transport().MaxReceiveSize))
	add("MaxHopCount", limits.ByMessage, int64(r.MaxHopCount))
	add("MaxLocalHopCount", limits.ByMessage, int64(r.MaxLocalHopCount.Or(0)))
	return all
}
