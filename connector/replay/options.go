package replay

import (
	"net/netip"

	"github.com/interchange-smtp/interchange/auth"
)

// Options say how to read logs. With the zero Options addresses and users are those of
// the logs, and the limits are the documented ones.
type Options struct {
	// Local, if valid, replaces the local address of every connection of its
	// family; the port stays. It is for policies that are bound to another address
	// than the server that wrote the log.
	Local netip.Addr

	// Identify returns the identity of a user by the name in the log. If nil, a
	// user is known by name, belongs to Authenticated Users only, and may send as
	// the name if that is an address.
	Identify func(user string) auth.Identity

	MaxOpen     int // sessions and messages open at once, of each kind; 65536
	MaxClients  int // client addresses remembered, over all connectors; 262144
	MaxProblems int // malformed lines that are listed; 20
	MaxExamples int // examples of one difference; 3
	Top         int // clients listed per connector; 10
	MaxRanges   int // up to which Narrowest lists every address by itself; 64
}

// withDefaults fills in the zero fields.
func (o Options) withDefaults() Options {
	for _, d := range []struct {
		field *int
		value int
	}{
		{&o.MaxOpen, 1 << 16}, {&o.MaxClients, 1 << 18}, {&o.MaxProblems, 20},
		{&o.MaxExamples, 3}, {&o.Top, 10}, {&o.MaxRanges, 64},
	} {
		if *d.field <= 0 {
			*d.field = d.value
		}
	}
	o.Local = o.Local.Unmap()
	if o.Identify == nil {
		o.Identify = func(user string) auth.Identity { return auth.Named(user) }
	}
	return o
}
