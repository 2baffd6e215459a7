package relay

import (
	"context"
	"net/netip"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/routing"
)

// Recipients knows which recipients exist. Package relay/recipients has some. It is used by many
// connections at once.
type Recipients interface {
	// Exists reports whether a recipient exists, for the client at an address. The error says
	// that this can't be found out now. ctx is the transaction's.
	Exists(ctx context.Context, client netip.Addr, to routing.Address) (bool, error)
}

// found decides on a recipient that the policy has allowed by d, as far as it must exist. err is
// why that can't be found out.
func (s *session) found(tx *transaction, r envelope.Recipient, d connector.Decision) (_ connector.Decision, err error) {
	if s.server.Recipients == nil || !s.rules.LooksUp(r.To) {
		return d, nil
	}
	exists, err := s.server.Recipients.Exists(tx.ctx, s.conn.Channel.Remote.Addr(), r.To)
	if err != nil {
		return s.decide(s.endpoint.in.Decide(reply.RecipientUnchecked)), err
	}
	return s.decide(s.rules.Found(r.To, exists)), nil
}
