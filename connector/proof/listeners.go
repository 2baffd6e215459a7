package proof

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector/internal/semantics"
)

// checkListeners checks that the listeners have every binding of the policies once, that
// the spans of each tile the addresses of its family, that no end of a range lies inside
// a span, and that the connectors are right at each witness. Then it checks that
// Connections has each way of being served.
func (v *verifier) checkListeners() error {
	bound := v.bindings()
	seen := map[netip.AddrPort]bool{}
	served := map[string]bool{}
	for i, l := range v.Listeners {
		if len(l.Local) == 0 {
			return wrong(nth("Listeners", i), "it has no local address")
		}
		for _, text := range l.Local {
			at, err := netip.ParseAddrPort(text)
			switch {
			case err != nil || at.String() != text || !bound[at]:
				return wrong(nth("Listeners", i), "the policy has no binding %q", text)
			case seen[at]:
				return wrong(nth("Listeners", i), "the binding %s occurs twice", text)
			case l.ImplicitTLS != semantics.BeginsWithTLS(at):
				return wrong(nth("Listeners", i), "ImplicitTLS is %t, and %t is right for port %d", l.ImplicitTLS, !l.ImplicitTLS, at.Port())
			}
			seen[at] = true
			if err := v.checkSpans(at, l.Spans, bound); err != nil {
				return fmt.Errorf("the listener at %s: %w", at, err)
			}
		}
		for _, s := range l.Spans {
			served[connectionKey(s.Connectors, l.ImplicitTLS)] = true
		}
	}
	for at := range bound {
		if !seen[at] {
			return wrong("Listeners", "the binding %s of the policy is missing", at)
		}
	}
	return v.checkConnections(served)
}

// bindings returns the bindings of all policies.
func (v *verifier) bindings() map[netip.AddrPort]bool {
	bound := map[netip.AddrPort]bool{}
	for _, byName := range v.receivers {
		for _, r := range byName {
			for _, b := range r.Bindings {
				bound[b] = true
			}
		}
	}
	return bound
}

// checkSpans checks the spans of clients of one binding.
func (v *verifier) checkSpans(at netip.AddrPort, spans []Span, bound map[netip.AddrPort]bool) error {
	expected := wildcard(at).Addr()
	ends := v.ends(at)
	local := localWitness(at, bound)
	cost := v.serving()
	for _, s := range spans {
		if err := v.spend(cost); err != nil {
			return err
		}
		low, high, err := readSpan(s.Clients)
		switch {
		case err != nil:
			return err
		case low != expected:
			return fmt.Errorf("the clients %s begin at %s, and %s is the next client without an answer", s.Clients, low, expected)
		case high.Less(low) || high.BitLen() != low.BitLen():
			return fmt.Errorf("the clients %s are no interval", s.Clients)
		}
		if len(ends) == 0 || ends[0] != low {
			return fmt.Errorf("the clients %s are cut at %s, where no range begins or ends", s.Clients, low)
		}
		if ends = ends[1:]; len(ends) > 0 && !high.Less(ends[0]) {
			return fmt.Errorf("the clients %s aren't alike: a range begins at %s or ends before it", s.Clients, ends[0])
		}
		if err := v.checkServed(local, s, low, high); err != nil {
			return fmt.Errorf("the clients %s: %w", s.Clients, err)
		}
		expected = high.Next()
	}
	if expected.IsValid() {
		return fmt.Errorf("the clients from %s on have no answer", expected)
	}
	return nil
}

// mapped are IPv4 addresses within IPv6; such a client counts as the IPv4 address.
var mapped = netip.MustParsePrefix("::ffff:0:0/96")

// checkServed checks which connectors serve the witness of a span.
func (v *verifier) checkServed(local netip.AddrPort, s Span, low, high netip.Addr) error {
	if s.Witness == "" && mapped.Contains(low) && mapped.Contains(high) {
		if slices.ContainsFunc(s.Connectors, func(name string) bool { return name != "" }) {
			return fmt.Errorf("served by %q, and no IPv6 client has such an address", s.Connectors)
		}
		return nil
	}
	witness, err := netip.ParseAddr(s.Witness)
	if err != nil || witness.String() != s.Witness || witness.Less(low) || high.Less(witness) || mapped.Contains(witness) || witness.Zone() != "" {
		return fmt.Errorf("the witness %q isn't one of them", s.Witness)
	}
	return v.checkServing(local, witness, s.Connectors)
}

func (v *verifier) checkServing(local netip.AddrPort, remote netip.Addr, stated []string) error {
	for i, p := range v.policies {
		name := ""
		if r := p.Serving(local, remote); r != nil {
			name = r.Name
		}
		if name != stated[i] {
			return fmt.Errorf("served by %q, and %q is right for %s at %s", stated[i], name, remote, local)
		}
	}
	return nil
}

// ends returns the addresses at which spans must begin, ascending: the first one, where a
// range begins of a connector that is bound to the address or to all addresses, and behind
// each end.
func (v *verifier) ends(at netip.AddrPort) []netip.Addr {
	all := []netip.Addr{wildcard(at).Addr()}
	for _, byName := range v.receivers {
		for _, r := range byName {
			if !slices.Contains(r.Bindings, at) && !slices.Contains(r.Bindings, wildcard(at)) {
				continue
			}
			for _, rng := range r.Ranges {
				if rng.Low.BitLen() != at.Addr().BitLen() {
					continue
				}
				all = append(all, rng.Low)
				if next := rng.High.Next(); next.IsValid() {
					all = append(all, next)
				}
			}
		}
	}
	slices.SortFunc(all, netip.Addr.Compare)
	return slices.Compact(all)
}

// wildcard returns the binding to all addresses of the family.
func wildcard(at netip.AddrPort) netip.AddrPort {
	if at.Addr().Is4() {
		return netip.AddrPortFrom(netip.IPv4Unspecified(), at.Port())
	}
	return netip.AddrPortFrom(netip.IPv6Unspecified(), at.Port())
}

// localWitness returns an address that a binding stands for: of one to all addresses, an
// address that no other binding to the port names.
func localWitness(at netip.AddrPort, bound map[netip.AddrPort]bool) netip.AddrPort {
	if !at.Addr().IsUnspecified() {
		return at
	}
	for a := at.Addr().Next(); ; a = a.Next() {
		if local := netip.AddrPortFrom(a, at.Port()); !bound[local] {
			return local
		}
	}
}

func readSpan(text string) (low, high netip.Addr, err error) {
	first, last, _ := strings.Cut(text, "-")
	if low, err = netip.ParseAddr(first); err == nil {
		high, err = netip.ParseAddr(last)
	}
	if err != nil || low.String()+"-"+high.String() != text {
		return low, high, fmt.Errorf("the clients %q aren't the lowest and the highest address of a span", text)
	}
	return low, high, nil
}

// connectionKey identifies a way of being served.
func connectionKey(connectors []string, implicit bool) string {
	return fmt.Sprintf("%q implicit %t", connectors, implicit)
}

// checkConnections checks that Connections has each way of being served once, where one
// policy serves at least, and that its witness is served like that.
func (v *verifier) checkConnections(served map[string]bool) error {
	delete(served, connectionKey(make([]string, len(v.policies)), false))
	delete(served, connectionKey(make([]string, len(v.policies)), true))
	cost := v.serving()
	for i, c := range v.Connections {
		key := connectionKey(c.Connectors, c.ImplicitTLS)
		if !served[key] {
			return wrong(nth("Connections", i), "no listener has clients that %q serve, or it occurs twice", c.Connectors)
		}
		delete(served, key)
		local, err := netip.ParseAddrPort(c.Local)
		if err != nil || local.String() != c.Local || local.Addr().Is4In6() || local.Addr().IsUnspecified() || local.Addr().Zone() != "" {
			return wrong(nth("Connections", i), "%q isn't a local address with a port", c.Local)
		}
		remote, err := netip.ParseAddr(c.Remote)
		if err != nil || remote.String() != c.Remote || remote.BitLen() != local.Addr().BitLen() || remote.Is4In6() || remote.Zone() != "" {
			return wrong(nth("Connections", i), "%q isn't a client of %s", c.Remote, local)
		}
		if c.ImplicitTLS != semantics.BeginsWithTLS(local) {
			return wrong(nth("Connections", i), "ImplicitTLS is %t, and %t is right for port %d", c.ImplicitTLS, !c.ImplicitTLS, local.Port())
		}
		if err := v.spend(cost); err != nil {
			return err
		}
		if err := v.checkServing(local, remote, c.Connectors); err != nil {
			return wrong(nth("Connections", i), "%w", err)
		}
	}
	for key := range served {
		return wrong("Connections", "the clients that are served by %s are missing", key)
	}
	return nil
}

// client returns a client on a connection.
func (c *Connection) client(tls bool) semantics.Client {
	// checkConnections has read both.
	return semantics.Client{Local: netip.MustParseAddrPort(c.Local), Remote: netip.MustParseAddr(c.Remote), TLS: tls, Helo: "client.example"}
}
