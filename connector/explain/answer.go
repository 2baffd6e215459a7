package explain

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/order"
	"github.com/interchange-smtp/interchange/connector/reply"
)

// Place is where a client may connect: one local address, or any that no binding of the port names.
type Place struct {
	netip.AddrPort
	Example bool // of the addresses that no binding names
	Alone   bool // no binding of the port names an address
}

// String returns the address, or says of which ones it is an example.
func (p Place) String() string {
	switch {
	case p.Alone:
		return fmt.Sprintf("any local address, port %d", p.Port())
	case p.Example:
		return fmt.Sprintf("any other local address, port %d", p.Port())
	}
	return p.AddrPort.String()
}

// compare puts port 25 first, and addresses that a binding names before others.
func (p Place) compare(q Place) int {
	rank := func(p Place) int {
		n := 2 * int(p.Port())
		if p.Port() == 25 {
			n = 0
		}
		if p.Example {
			n++
		}
		return n
	}
	return cmp.Compare(rank(p), rank(q))
}

// Places returns the places at which a client can connect: those at port 25 first, and addresses that a binding names
// before others. A wildcard stands for an address that no other binding has. Bindings that begin with TLS are for
// clients that use TLS.
func Places(p *connector.Policy, remote netip.Addr, tls bool) []Place {
	four := remote.Unmap().Is4()
	bindings := slices.DeleteFunc(p.Bindings(), func(b netip.AddrPort) bool {
		return b.Addr().Is4() != four || order.ImplicitTLS(b) && !tls
	})
	named, byPort := map[netip.AddrPort]bool{}, map[uint16]int{}
	for _, b := range bindings {
		named[b] = true
		byPort[b.Port()]++
	}
	var all []Place
	for _, b := range bindings {
		if !b.Addr().IsUnspecified() {
			all = append(all, Place{AddrPort: b})
			continue
		}
		example := Place{AddrPort: netip.AddrPortFrom(netip.MustParseAddr("2001:db8::1"), b.Port()), Example: true, Alone: byPort[b.Port()] == 1}
		if four {
			example.AddrPort = netip.AddrPortFrom(netip.MustParseAddr("192.0.2.1"), b.Port())
		}
		for named[example.AddrPort] {
			example.AddrPort = netip.AddrPortFrom(example.Addr().Next(), b.Port())
		}
		all = append(all, example)
	}
	slices.SortStableFunc(all, Place.compare)
	return all
}

// Answer is the result of a session, which is the same at some places.
type Answer struct {
	Places []Place // empty: Dialog.Local was given
	Dialog connector.Dialog
	Walk   connector.Walkthrough

	// Aside says that Short is enough of it: it is about other ports than the first answer, and either an answer about
	// that port accepts the message or this one doesn't.
	Aside bool
}

// Answers walks a session through a policy. If d.Local isn't given, it does so at each place at which the client can
// connect, and joins the places with the same result; it returns nil if there is no such place.
func Answers(p *connector.Policy, d connector.Dialog) []Answer {
	if d.Local.IsValid() {
		return []Answer{{Dialog: d, Walk: p.Walk(d)}}
	}
	var all []Answer
	found := map[string]int{}
	for _, place := range Places(p, d.Remote, d.TLS) {
		d.Local = place.AddrPort
		walk := p.Walk(d)
		key := fates(walk)
		if i, ok := found[key]; ok {
			all[i].Places = append(all[i].Places, place)
			continue
		}
		found[key] = len(all)
		all = append(all, Answer{Places: []Place{place}, Dialog: d, Walk: walk})
	}
	setAside(all)
	return all
}

// setAside sets Aside.
func setAside(all []Answer) {
	first := func(a Answer) bool { return a.Places[0].Port() == all[0].Places[0].Port() }
	accepted := slices.ContainsFunc(all, func(a Answer) bool { return first(a) && a.Walk.Accepted() })
	for i, a := range all {
		all[i].Aside = !first(a) && (accepted || !a.Walk.Accepted())
	}
}

// fates returns everything that a client sees of a session, and the connector.
func fates(w connector.Walkthrough) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n", w.Session.Inbound().Name(), w.Session.Identity())
	for i, s := range w.Stages {
		if i > 0 { // which names the place
			b.WriteString(s.Command)
		}
		fmt.Fprintf(&b, " %v %v\n", s.Decision.Reason, s.Reply)
	}
	for _, r := range w.Routes {
		fmt.Fprintln(&b, Route(r))
	}
	return b.String()
}

// Where lists the places.
func (a Answer) Where() string {
	var all []string
	for _, p := range a.Places {
		all = append(all, p.String())
	}
	return strings.Join(all, ", ")
}

// Short says on one line how the session ends.
func (a Answer) Short() string {
	text := Verdict(a.Walk)
	for _, s := range a.Walk.Stages {
		if s.Decision.Allowed() {
			continue
		}
		if s.Reply == (reply.Reply{}) {
			return text + ": the connection is closed"
		}
		return fmt.Sprintf("%s: %s: %s", text, s.Command, s.Reply)
	}
	return text
}
