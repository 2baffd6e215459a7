package partition

import (
	"math"
	"slices"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/routing"
)

// Cuts returns the size limits of the Send connectors of a or b, ascending.
// Routing changes only above one of them.
func Cuts(a, b *connector.Policy) []int64 {
	var cuts []int64
	add := func(limit int64) {
		if limit > 0 && limit < math.MaxInt64 { // no message is larger
			cuts = append(cuts, limit)
		}
	}
	for _, p := range [2]*connector.Policy{a, b} {
		for out := range p.Send() {
			add(int64(out.Settings().MaxMessageSize))
		}
		cfg := p.Config()
		add(int64(cfg.Transport.MaxSendSize))
		for _, link := range cfg.Links {
			add(link.MaxSize)
		}
	}
	slices.Sort(cuts)
	return slices.Compact(cuts)
}

// Mailbox returns the address local@d, for a local part that needs no quotes.
func Mailbox(local string, d routing.Domain) routing.Address {
	a, err := routing.ParseAddress(local + "@" + d.String())
	if err != nil {
		return routing.Address{} // too long, which happens with long local parts only
	}
	return a
}
