package exchange

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/schema"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
)

// testConnectivity is Test-SmtpConnectivity. Exchange connects to every binding
// from the server itself; here the policy is asked what would become of that.
func (c *commandSet) testConnectivity(call *object.Call) error {
	if err := c.org.noticeAll(call, schema.SmtpConnectivity.Rows); err != nil {
		return err
	}
	local := c.org.local()
	if v, given := call.Args["Identity"]; given {
		name, err := single(v)
		if err != nil {
			return err
		}
		s, ok := c.org.server(serverName(name))
		if !ok {
			return &NotFoundError{Noun: "ExchangeServer", Identity: name}
		}
		local = s
	}
	cfg := c.org.Config()
	cfg.Server = local.Name
	cfg.Send = nil // nothing is sent, and their passwords may not have been read
	policy, err := connector.Compile(cfg)
	if err != nil {
		return fmt.Errorf("the policy isn't valid: %w", err)
	}
	for it := range c.org.receive.all() {
		if s, _ := c.org.server(it.cfg.Server); !strings.EqualFold(s.Name, local.Name) {
			continue
		}
		full := c.org.fullReceive(&it.cfg)
		for _, b := range full.Bindings {
			if err := call.Emit(probe(policy, local.Name, it.key, &full, b)); err != nil {
				return err
			}
		}
	}
	return nil
}

// probe returns the outcome of a connection that this server makes to one of its
// bindings.
func probe(p *connector.Policy, server, identity string, r *receive, b netip.AddrPort) *object.Object {
	from := b.Addr()
	if from.IsUnspecified() {
		from = netip.IPv6Loopback()
		if b.Addr().Is4() {
			from = netip.AddrFrom4([4]byte{127, 0, 0, 1})
		}
	}
	endpoint := netip.AddrPortFrom(from, b.Port())
	status, details := "Success", fmt.Sprintf("220 %s", r.Fqdn)
	switch in := p.Select(endpoint, from, nil); {
	case !r.Enabled.Or(true):
		status, details = "Unable to connect", "the connector is disabled"
	case in == nil:
		status, details = "Unable to connect", fmt.Sprintf("no connector takes connections from %v", from)
	case in.Name() != r.Name:
		details = fmt.Sprintf("220 %s (the connector %q serves connections from %v)", in.Fqdn(), in.Name(), from)
	}
	o := object.NewObject("SmtpConnectivityStatus", 6)
	o.Columns = []string{"ReceiveConnector", "Binding", "EndPoint", "StatusCode"}
	o.Text = identity
	o.Set("Server", server)
	o.Set("ReceiveConnector", r.Name)
	o.Set("Binding", ipBinding.show(b))
	o.Set("EndPoint", typed{"IPEndPoint", endpoint.String()})
	o.Set("StatusCode", typed{"SmtpConnectivityStatusCode", status})
	o.Set("Details", details)
	return o
}
