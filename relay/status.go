package relay

import (
	"net/netip"
	"slices"
)

// BoundAddress is a binding of Receive connectors.
type BoundAddress struct {
	Address    netip.AddrPort
	Connectors []string // the enabled Receive connectors that have the binding
	Listening  bool     // ListenAndServe accepts connections there, or at the wildcard that covers it
}

// Bound returns the bindings of the policy in use, in the order of Policy.Bindings. A binding is
// not listening before ListenAndServe has opened it, after Shutdown has begun, and if the
// machine lacks IPv6.
func (s *Server) Bound() (all []BoundAddress) {
	s.init()
	s.policyMu.Lock()
	defer s.policyMu.Unlock()
	p := s.config().Policy
	for _, at := range p.Bindings() {
		b := BoundAddress{Address: at, Listening: s.shutdown.Err() == nil && (s.bound[at] != nil || s.bound[wildcard(at)] != nil)}
		for in := range p.Receive() {
			if r := in.Settings(); r.Enabled.Or(true) && slices.Contains(r.Bindings, at) {
				b.Connectors = append(b.Connectors, in.Name())
			}
		}
		all = append(all, b)
	}
	return all
}

// Sessions returns how many connections each Receive connector of the policy in use serves now,
// by name, those that began under an earlier policy included.
func (s *Server) Sessions() map[string]int {
	now := s.current.Load()
	if now == nil {
		return nil
	}
	all := make(map[string]int, len(now.byConnector))
	for in, ep := range now.byConnector {
		all[in.Name()] = ep.connections.Open()
	}
	return all
}
