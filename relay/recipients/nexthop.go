package recipients

import (
	"context"
	"errors"
	"net/netip"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/routing"
)

// NextHop asks a recipient's next hop, by a transaction from <> that ends behind RCPT. It is safe
// for concurrent use.
type NextHop struct {
	// Handler is one that passes RCPT on to the next hop while it waits, such as a
	// *delivery.Sender.
	Handler relay.Handler

	// Policy returns the policy by which recipients are routed.
	Policy func() *connector.Policy
}

// Exists implements relay.Recipients. A recipient doesn't exist if the next hop refuses it for good as
// unknown: with 550, 551 or 553 and an enhanced status 5.1.x or none. Any other refusal is an
// error, as it may concern this server or the null sender.
func (n *NextHop) Exists(ctx context.Context, _ netip.Addr, to routing.Address) (bool, error) {
	env := &relay.Envelope{Policy: n.Policy()}
	env.ID = envelope.NewID()
	tx, err := n.Handler.Begin(ctx, env)
	if err == nil {
		defer tx.Close()
		err = tx.Rcpt(ctx, envelope.Recipient{To: to})
	}
	if e := new(relay.Error); errors.As(err, &e) {
		status := e.Reply.Enhanced
		switch code := e.Reply.Code; {
		case code != 550 && code != 551 && code != 553:
		case status == [3]int{} || status[0] == 5 && status[1] == 1:
			return false, nil
		}
	}
	return err == nil, err
}
