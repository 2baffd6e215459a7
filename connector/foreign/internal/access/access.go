// Package access makes Receive connectors of sets of clients: one for each set of clients that may
// do the same.
package access

import (
	"fmt"
	"math/big"
	"net/netip"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/rangeset"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
)

// Level says what a client may do.
type Level int

// The levels, from the least.
const (
	Nothing Level = iota
	Inbound       // send to the accepted domains
	Relays        // send to all domains
	levels
)

// Clients has the clients of each level, without overlaps, in order.
type Clients [levels][]rangeset.Span

// Of returns the clients of a universe by level: those that may send, and of these, those that
// may relay.
func Of(universe, senders, relays []rangeset.Span) (c Clients) {
	senders = rangeset.Intersect(universe, senders)
	c[Relays] = rangeset.Intersect(senders, relays)
	c[Inbound] = rangeset.Minus(senders, c[Relays])
	c[Nothing] = rangeset.Minus(universe, senders)
	return c
}

// Terms are the parameters that the connectors of a service have in common.
type Terms struct {
	Name            string
	Bindings        []netip.AddrPort
	TLS, RequireTLS bool
	Logon           bool // users may log on
	LogonWithTLS    bool // only with TLS
	OwnSenders      bool // users may send as their own addresses only
	Minimum         param.TlsVersion
	Server          string // the program that refused clients, for the comment of their connector
}

// cell is a set of clients that may do the same.
type cell struct {
	anonymous, user Level
	clients         []rangeset.Span
}

// Connectors returns the Receive connectors for clients that haven't logged on and for those that
// have. It calls complete for each with its clients. Where a message needs TLS and TLS isn't offered,
// it returns nil.
func (t Terms) Connectors(anonymous, users Clients, complete func(*connector.Receive, []rangeset.Span)) []connector.Receive {
	if t.RequireTLS && !t.TLS {
		return nil
	}
	cells := cellsOf(anonymous, users)
	base := widest(cells)
	names := map[string]bool{}
	var out []connector.Receive
	for i, c := range cells {
		refused := c.anonymous == Nothing && (c.user == Nothing || !t.Logon)
		if refused && i == base {
			continue // without a connector, no client can send
		}
		rc := connector.Receive{Name: t.Name, Bindings: t.Bindings, RemoteIPRanges: rangeset.Ranges(c.clients)}
		switch {
		case refused:
			rc.Name += " refused"
			rc.Comment = "Acknowledged accepts-nothing: " + t.Server + " refused these clients"
		case i == base:
			rc.RemoteIPRanges = everyoneOf(c.clients)
		default:
			rc.Name += [levels]string{" users", " inbound", " relay"}[c.anonymous]
		}
		for n := 2; names[rc.Name]; n++ {
			rc.Name = fmt.Sprintf("%s %d", strings.TrimRight(rc.Name, " 0123456789"), n)
		}
		names[rc.Name] = true
		t.apply(&rc, c)
		complete(&rc, c.clients)
		out = append(out, rc)
	}
	return out
}

// cellsOf sorts all clients by what they may do. Those that may do nothing are a cell, too.
func cellsOf(anonymous, users Clients) []cell {
	var cells []cell
	for a := range levels {
		for u := range levels {
			if clients := rangeset.Join(rangeset.Intersect(anonymous[a], users[u]), nil); len(clients) > 0 {
				cells = append(cells, cell{a, u, clients})
			}
		}
	}
	return cells
}

// widest returns the cell with the most addresses. Its connector can have all addresses, because
// the smaller ranges of the others win.
func widest(cells []cell) int {
	best, most := -1, new(big.Int)
	for i, c := range cells {
		n := new(big.Int)
		for _, s := range c.clients {
			low, high := s.Low.As16(), s.High.As16()
			extent := new(big.Int).Sub(new(big.Int).SetBytes(high[:]), new(big.Int).SetBytes(low[:]))
			if s.Low.Is4() { // IPv4 decides where it is spoken
				extent.Lsh(extent, 128)
			}
			n.Add(n, extent)
		}
		if best < 0 || n.Cmp(most) > 0 {
			best, most = i, n
		}
	}
	return best
}

// everyoneOf returns all addresses of the families of some clients.
func everyoneOf(clients []rangeset.Span) []param.Range {
	var out []param.Range
	if slices.ContainsFunc(clients, func(s rangeset.Span) bool { return s.Low.Is4() }) {
		out = append(out, param.MustParseRange("0.0.0.0/0"))
	}
	if slices.ContainsFunc(clients, func(s rangeset.Span) bool { return s.Low.Is6() }) {
		out = append(out, param.MustParseRange("::/0"))
	}
	return out
}

// apply sets the parameters of a Receive connector that say what its clients may do.
func (t Terms) apply(rc *connector.Receive, c cell) {
	var mechanism auth.Mechanism
	if t.TLS {
		mechanism |= auth.TLS
	}
	if t.Logon && c.user != Nothing {
		mechanism |= auth.BasicAuth
		if t.LogonWithTLS {
			mechanism |= auth.BasicAuthRequireTLS
		}
	}
	rc.AuthMechanism, rc.RequireTLS, rc.TlsMinimumVersion = param.Value(mechanism), t.RequireTLS, t.Minimum
	var groups permission.Group
	if c.anonymous != Nothing {
		groups |= permission.AnonymousUsers
	}
	if c.anonymous == Relays {
		rc.Permissions = append(rc.Permissions, permission.Grant{To: permission.SIDAnonymous, Allow: permission.SetOf(permission.AcceptAnyRecipient)})
	}
	var users permission.Set
	if t.Logon && c.user != Nothing && !t.OwnSenders {
		users = permission.SetOf(permission.AcceptAnySender, permission.AcceptAuthoritativeDomainSender)
	}
	switch {
	case !t.Logon:
	case c.user == Relays:
		groups |= permission.ExchangeUsers
	case c.user == Inbound:
		users = users.Union(permission.SetOf(permission.Submit))
	}
	if users != 0 {
		rc.Permissions = append(rc.Permissions, permission.Grant{To: permission.SIDAuthenticatedUsers, Allow: users})
	}
	rc.PermissionGroups = param.Value(groups)
}
