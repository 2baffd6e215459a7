package access

import (
	"net/netip"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/permission"
)

// place is a local address and a client that a connector serves there.
type place struct {
	local    netip.AddrPort
	remote   netip.Addr
	implicit bool // connections begin with TLS
}

// placesOf returns a place for each connector of p that serves clients.
func placesOf(p *connector.Policy) map[*connector.Inbound]place {
	served := map[*connector.Inbound]place{}
	for _, l := range partition.SharedIntervals(p, nil, partition.NewEffort()) {
		for _, c := range l.Cells {
			if _, found := served[c.In[0]]; c.In[0] != nil && !found {
				served[c.In[0]] = place{l.Witness, c.Witness, l.Implicit}
			}
		}
	}
	return served
}

// Witness returns a session, for Policy.Walk, of a client that is known as the principal of r on r.Connector.
// It has no sender, which is <>, and no recipients. It reports false if no session is known as the principal, or
// if the connector serves no client, because others serve all of its ranges, or if the policy is
// too large to look for all of them, as for analysis.Compare. The first call is the slowest.
func (t *Table) Witness(r Row) (d connector.Dialog, ok bool) {
	for _, in := range t.connectors {
		if strings.EqualFold(in.Name(), r.Connector) {
			return t.witness(in, r.Principal)
		}
	}
	return connector.Dialog{}, false
}

func (t *Table) witness(in *connector.Inbound, sid permission.SID) (d connector.Dialog, ok bool) {
	s, why := session(in, sid)
	if why != "" {
		return connector.Dialog{}, false
	}
	at, ok := t.served()[in]
	if !ok {
		return connector.Dialog{}, false
	}
	return s.who.Dialog(at.local, at.remote, s.tls || at.implicit || in.Settings().RequireTLS), true
}
