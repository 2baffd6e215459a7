package exchange

import (
	"fmt"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
)

// downgradedAuth is the one parameter of a service that a policy needs.
const downgradedAuth = "UseDowngradedExchangeServerAuth"

// maxOrganizationSize is the upper end of MaxReceiveSize and MaxSendSize.
const maxOrganizationSize = 2147482624

// transportNoun is the transport configuration of the organisation.
func (o *Org) transportNoun() *noun[transport] {
	n := &noun[transport]{
		org: o, name: "TransportConfig", rows: transportRows, shelf: &shelf[transport]{}, only: &o.transport,
		key:      func(*transport) string { return o.transport.key },
		identity: func(*transport) string { return "Transport Settings" },
		dn:       func(*transport) string { return "CN=Transport Settings" + o.root() },
		defaults: fullTransport,
		check:    o.checkTransport,
		link:     func(it *item[transport]) { o.base.Transport = it.cfg },
	}
	n.shape(directoryExtras(n, "0.1 (8.0.535.0)", "", ""), append(settable(transportRows), "AdminDisplayName", "ExchangeVersion",
		"DistinguishedName", "Identity", "Guid")...)
	return n
}

// settable are the names of the parameters that rows set.
func settable[C any](rows []row[C]) []string {
	var names []string
	for _, r := range rows {
		if r.set != nil {
			names = append(names, r.Name)
		}
	}
	return names
}

// fullTransport shows what the configuration leaves out: nothing is limited then.
func fullTransport(it *item[transport]) transport {
	t := it.cfg
	if t.MaxReceiveSize == 0 {
		t.MaxReceiveSize = connector.UnlimitedSize
	}
	if t.MaxSendSize == 0 {
		t.MaxSendSize = connector.UnlimitedSize
	}
	if t.MaxRecipientEnvelopeLimit == 0 {
		t.MaxRecipientEnvelopeLimit = connector.Unlimited
	}
	return t
}

func (o *Org) checkTransport(draft, _ *item[transport]) error {
	for name, b := range map[string]connector.ByteSize{"MaxReceiveSize": draft.cfg.MaxReceiveSize, "MaxSendSize": draft.cfg.MaxSendSize} {
		if b > maxOrganizationSize {
			return &object.ArgumentError{Parameter: name, Err: fmt.Errorf("%v is out of range; give up to %v, or Unlimited",
				b, connector.ByteSize(maxOrganizationSize))}
		}
	}
	return nil
}

// serviceNoun is one of the transport services of servers.
func (o *Org) serviceNoun(name string, rows []row[service]) *noun[service] {
	shelf := o.services(name)
	key := func(s *service) string { return s.Server }
	n := &noun[service]{
		org: o, name: name, rows: rows, shelf: shelf,
		key: key, identity: key, dn: func(s *service) string { return "CN=" + escapeDN(s.Server) + ",CN=Servers," + adminGroup + o.root() },
		edge: func(s *service) bool {
			on, _ := o.server(s.Server)
			return on.Edge
		},
		qualify: func(id string) string {
			s, _ := o.server(serverName(id))
			return s.Name
		},
		defaults: func(it *item[service]) service { return it.cfg },
		check:    o.checkService,
		link:     o.linkService,
		columns:  []string{"Name", "AntispamAgentsEnabled", "MaxOutboundConnections"},
	}
	n.refresh = func() { o.refreshServices(shelf) }
	extras := directoryExtras(n, "0.1 (8.0.535.0)", "", "")
	extras["Name"] = func(it *item[service], _ *service) object.Value { return it.cfg.Server }
	n.shape(extras, append(append([]string{"Name"}, settable(rows)...), "DistinguishedName", "Identity", "Guid")...)
	return n
}

// services returns the shelf of a kind of service. TransportServer is the older
// name of TransportService.
func (o *Org) services(name string) *shelf[service] {
	if name == "TransportServer" {
		name = "TransportService"
	}
	if o.serviceShelves[name] == nil {
		o.serviceShelves[name] = &shelf[service]{}
	}
	return o.serviceShelves[name]
}

// refreshServices gives every server its service.
func (o *Org) refreshServices(s *shelf[service]) {
	for _, server := range append([]server{o.local()}, o.base.Servers...) {
		if s.find(server.Name) != nil {
			continue
		}
		it := &item[service]{cfg: service{server.Name}}
		if server.Name == o.local().Name && o.transport.cfg.UseDowngradedExchangeServerAuth {
			it.keep(downgradedAuth, true)
		}
		if server.Edge {
			it.keep("AntispamAgentsEnabled", true)
			it.keep("OutboundConnectionFailureRetryInterval", showSpan(edgeFailureInterval))
			it.keep("TransientFailureRetryInterval", showSpan(edgeTransientInterval))
		}
		s.put(server.Name, it)
	}
}

// checkService checks what concerns more than one parameter.
func (o *Org) checkService(draft, old *item[service]) error {
	if total, ok := draft.kept["MaxOutboundConnections"].(limitValue); ok {
		if each, ok := draft.kept["MaxPerDomainOutboundConnections"].(limitValue); ok {
			if order, _ := each.Compare(total); order > 0 {
				return fmt.Errorf("MaxPerDomainOutboundConnections, %v, must not exceed MaxOutboundConnections, %v", each, total)
			}
		}
	}
	if draft.cfg.Server != o.local().Name || draft.kept[downgradedAuth] != false || old.kept[downgradedAuth] == false {
		return nil
	}
	for it := range o.receive.all() {
		if it.cfg.SuppressXAnonymousTls {
			return &object.ArgumentError{Parameter: downgradedAuth, Err: fmt.Errorf(
				"the Receive connector %s needs it, because its SuppressXAnonymousTls is set", quote(it.key))}
		}
	}
	return nil
}

// linkService carries over what the policy needs of our own service.
func (o *Org) linkService(it *item[service]) {
	if v, given := it.kept[downgradedAuth].(bool); given && it.cfg.Server == o.local().Name {
		o.transport.cfg.UseDowngradedExchangeServerAuth = v
		o.base.Transport = o.transport.cfg
	}
}
