package schedule

import (
	"iter"
	"math"
	"time"
)

// State is a next hop as operators see it.
type State struct {
	Name         string
	Connector    string
	DeliveryType string
	Destination  string
	Suspended    bool
	Waiting      int
	Active       int
	Failures     int
	Retry, Tried time.Time
	Reply, Host  string
	Advice       string
	Paced        time.Time

	Incoming, Outgoing float64
}

// Hops yields the states at now of all next hops that have mail or failed a short while ago, in no order.
func (s *Scheduler) Hops(now time.Time) iter.Seq[State] {
	return func(yield func(State) bool) {
		if state, ok := s.nowhere.state(now); ok && !yield(state) {
			return
		}
		for _, h := range s.hops {
			if state, ok := h.state(now); ok && !yield(state) {
				return
			}
		}
	}
}

// state returns the state of h. ok is false if there is nothing to see.
func (h *hop) state(now time.Time) (s State, ok bool) {
	if h.waiting == 0 && h.active == 0 && h.failures == 0 {
		return State{}, false
	}
	s = State{Name: h.name, Suspended: h.suspended, Waiting: h.waiting, Active: h.active, Failures: h.failures,
		Tried: h.lastReply.at, Reply: h.lastReply.text, Host: h.lastReply.host, Advice: h.lastReply.advice,
		DeliveryType: h.next.DeliveryType(), Destination: h.next.Destination(),
		Incoming: h.incoming.perSecond(now), Outgoing: h.outgoing.perSecond(now)}
	if out := h.next.Connector(); out != nil {
		s.Connector = out.Name()
	}
	if h.failures > 0 {
		s.Retry = h.retryAt
	}
	if next := h.pace.next(now); next.After(now) && h.waiting > 0 {
		s.Paced = next
	}
	return s, true
}

// rate is how often something happened lately. What is older than rateTime hardly counts.
type rate struct {
	value float64 // at the time at
	at    time.Time
}

// rateTime is the time in which a rate falls to 1/e.
const rateTime = time.Minute

// count adds one event.
func (r *rate) count(now time.Time) { r.value, r.at = r.perSecond(now)+1/rateTime.Seconds(), now }

// perSecond returns the rate at now.
func (r *rate) perSecond(now time.Time) float64 {
	if r.value == 0 {
		return 0
	}
	return r.value * math.Exp(-max(0, now.Sub(r.at)).Seconds()/rateTime.Seconds())
}
