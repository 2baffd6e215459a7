package gateway

import (
	"fmt"

	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/gateway/control"
)

// limits returns the limits of a client, for operators.
func (g *Gateway) limits(c control.LimitClient) ([]control.Limit, error) {
	found := g.Server.Limits(c.Connector, relay.LimitClient{Addr: c.Address, User: c.User, Sender: c.Sender})
	if found == nil {
		return nil, fmt.Errorf("the policy in use has no Receive connector %q on this server", c.Connector)
	}
	all := make([]control.Limit, len(found))
	for i, l := range found {
		all[i] = control.Limit{Name: l.Name, By: l.By, Key: l.Key, Value: l.Value, Bound: l.Bound, Window: l.Window.Seconds(), Until: l.Until}
	}
	return all, nil
}
