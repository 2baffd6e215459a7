package main

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

// place is where a client may connect: one local address, or any that no binding of
// the port names.
type place struct {
	netip.AddrPort
	other bool // an example of the addresses that no binding names
	alone bool // no binding of the port names an address
}

// String returns the address, or which ones it is an example of.
func (p place) String() string {
	switch {
	case p.alone:
		return fmt.Sprintf("any local address, port %d", p.Port())
	case p.other:
		return fmt.Sprintf("any other local address, port %d", p.Port())
	}
	return p.AddrPort.String()
}

// comparePlaces puts port 25 first, and addresses that a binding names before others.
func comparePlaces(a, b place) int {
	rank := func(p place) int {
		n := 2 * int(p.Port())
		if p.Port() == 25 {
			n = 0
		}
		if p.other {
			n++
		}
		return n
	}
	return cmp.Compare(rank(a), rank(b))
}

// places returns the places at which a client can connect, in the order of
// comparePlaces. A wildcard stands for an address that no other binding has. Bindings
// that begin with TLS are for clients that use TLS.
func places(p *connector.Policy, remote netip.Addr, tls bool) []place {
	four := remote.Unmap().Is4()
	bindings := slices.DeleteFunc(p.Bindings(), func(b netip.AddrPort) bool {
		return b.Addr().Is4() != four || order.ImplicitTLS(b) && !tls
	})
	var all []place
	for _, b := range bindings {
		if !b.Addr().IsUnspecified() {
			all = append(all, place{AddrPort: b})
			continue
		}
		example := place{AddrPort: netip.AddrPortFrom(netip.MustParseAddr("2001:db8::1"), b.Port()), other: true, alone: true}
		if four {
			example.AddrPort = netip.AddrPortFrom(netip.MustParseAddr("192.0.2.1"), b.Port())
		}
		for _, c := range bindings {
			example.alone = example.alone && (c == b || c.Port() != b.Port())
		}
		for slices.Contains(bindings, example.AddrPort) {
			example.AddrPort = netip.AddrPortFrom(example.Addr().Next(), b.Port())
		}
		all = append(all, example)
	}
	slices.SortStableFunc(all, comparePlaces)
	return all
}

// answer is the result of a session, which is the same at some places.
type answer struct {
	places []place // none: the place was given
	dialog connector.Dialog
	walk   connector.Walkthrough
}

// answers walks a session at each place and joins those with the same result.
func (l *loaded) answers(d connector.Dialog, at []place) []answer {
	var all []answer
	found := map[string]int{}
	for _, p := range at {
		d.Local = p.AddrPort
		walk := l.Walk(d)
		key := fates(walk)
		if i, ok := found[key]; ok {
			all[i].places = append(all[i].places, p)
			continue
		}
		found[key] = len(all)
		all = append(all, answer{[]place{p}, d, walk})
	}
	return all
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
		fmt.Fprintln(&b, routeText(r))
	}
	return b.String()
}

// where lists the places of an answer.
func (a answer) where() string {
	var all []string
	for _, p := range a.places {
		all = append(all, p.String())
	}
	return strings.Join(all, ", ")
}

// short is how the session ends, on one line.
func (a answer) short() string {
	text := verdict(a.walk) + by(a.walk)
	for _, s := range a.walk.Stages {
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
