package observed

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"

	"github.com/interchange-smtp/interchange/connector/internal/semantics"
)

// Offers returns the extensions that EHLO offers an anonymous client, sorted: those of
// semantics.Receiver.Offers, and the other keywords with their value. Without a connector,
// and in the clear where connections begin with TLS, nothing is offered.
func (p *Policy) Offers(local netip.AddrPort, remote netip.Addr, tls bool) []string {
	r := p.Serving(local, remote)
	if r == nil || semantics.BeginsWithTLS(local) && !tls {
		return nil
	}
	all := slices.Concat(r.Offers(tls), keywords(r), p.offersSize(r))
	slices.Sort(all)
	return all
}

// keywords are the extensions with a parameter of their own. docs/cmdlets.md
// "New-ReceiveConnector, …", the parameters that say "Offers".
func keywords(r *semantics.Receiver) []string {
	var all []string
	chunking := semantics.OrTrue(r.ChunkingEnabled)
	for _, k := range []struct {
		offered bool
		keyword string
	}{
		{semantics.OrTrue(r.PipeliningEnabled), "PIPELINING"}, {semantics.OrTrue(r.DeliveryStatusNotificationEnabled), "DSN"},
		{semantics.OrTrue(r.EnhancedStatusCodesEnabled), "ENHANCEDSTATUSCODES"}, {semantics.OrTrue(r.EightBitMimeEnabled), "8BITMIME"},
		{semantics.Or(r.BinaryMimeEnabled, chunking), "BINARYMIME"}, {chunking, "CHUNKING"}, {r.UTF8, "SMTPUTF8"},
	} {
		if k.offered {
			all = append(all, k.keyword)
		}
	}
	return all
}

// offersSize returns the keyword SIZE, with the limit that applies to an anonymous client.
// docs/cmdlets.md "New-ReceiveConnector, …", SizeEnabled; docs/differences.md "SIZE in
// the reply to EHLO".
func (p *Policy) offersSize(r *semantics.Receiver) []string {
	limit := p.MaxReceiveSize()
	if s, _ := r.Begin(semantics.Client{}); !s.May(semantics.BypassSize) {
		limit = min(limit, r.MaxSize)
	}
	switch mode := cmp.Or(r.SizeEnabled, "Enabled"); {
	case mode == "Disabled":
		return nil
	case mode == "EnabledWithoutValue" || limit == semantics.Unlimited:
		return []string{"SIZE"}
	}
	return []string{fmt.Sprintf("SIZE %d", limit)}
}
