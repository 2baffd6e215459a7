package replay

import (
	"net/netip"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// Options say how logs are read against a policy. The zero Options take the
// logs at their word and have the documented bounds.
type Options struct {
	// Local, if valid, is the local address that every connection of its family
	// is taken to have come to; the port stays. It is for policies that are bound
	// to another address than the server that wrote the log.
	Local netip.Addr

	// Identify returns who a user is whose name the log has. Without it a user
	// is known by name, belongs to no groups but Authenticated Users, and may
	// send as the name if that is an address.
	Identify func(user string) auth.Identity

	MaxOpen     int // sessions and messages under way at once, of each kind; 65536
	MaxSources  int // client addresses remembered, over all connectors; 262144
	MaxProblems int // malformed lines that are listed; 20
	MaxExamples int // examples of one difference; 3
	Top         int // sources listed per connector; 10
	MaxRanges   int // up to which Narrowest lists every address by itself; 64
}

// withDefaults fills in what was left zero.
func (o Options) withDefaults() Options {
	for _, d := range []struct {
		field *int
		value int
	}{
		{&o.MaxOpen, 1 << 16}, {&o.MaxSources, 1 << 18}, {&o.MaxProblems, 20},
		{&o.MaxExamples, 3}, {&o.Top, 10}, {&o.MaxRanges, 64},
	} {
		if *d.field <= 0 {
			*d.field = d.value
		}
	}
	o.Local = o.Local.Unmap()
	if o.Identify == nil {
		o.Identify = identity
	}
	return o
}

// identity is that of a user of whom only the name is known.
func identity(user string) auth.Identity {
	id := auth.Identity{Principal: permission.Authenticated(user)}
	if a, err := routing.ParseAddress(user); err == nil {
		id.Addresses = []routing.Address{a}
	}
	return id
}
