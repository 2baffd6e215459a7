package exchange

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/draft"
	"github.com/interchange-smtp/interchange/connector/internal/schema"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/connector/source"
)

var transportRows = rowsOf(&schema.TransportConfig, map[string]access[transport]{
	"GenerateCopyOfDSNFor": {set: setStatusCodes, get: getStatusCodes},
})

// downgradedAuth is the one parameter of a service that the configuration has in
// Transport.
const downgradedAuth = "UseDowngradedExchangeServerAuth"

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
		changed: func(old, now *transport) {
			o.transport.marks = markElements(o.transport.marks, "Assertions", old.Assertions, now.Assertions)
		},
	}
	n.shape(directoryExtras(n, "0.1 (8.0.535.0)", "ms-Exch-Transport-Settings", "msExchTransportSettings"))
	return n
}

// fullTransport shows what the configuration leaves out: nothing is limited then.
func fullTransport(it *item[transport]) transport {
	t := it.cfg.WithDefaults(&connector.Config{})
	t.ExternalPostmasterAddress = it.cfg.ExternalPostmasterAddress // $null, as in Exchange
	return t
}

// setStatusCodes reads a list of status codes. What is added and removed changes the list that is shown.
func setStatusCodes(it *item[transport], _ string, v object.Value) error {
	full := fullTransport(it)
	list, err := edited(statusCode, slices.Collect(full.GenerateCopyOfDSNFor.Or(param.StatusCodes{}).All()), v)
	if err != nil {
		return err
	}
	codes, err := param.ParseStatusCodes(strings.Join(list, ","))
	if err == nil {
		it.cfg.GenerateCopyOfDSNFor = param.Value(codes)
	}
	return err
}

// getStatusCodes shows them.
func getStatusCodes(_ *item[transport], full *transport, _ string) object.Value {
	return listOf(statusCode, slices.Collect(full.GenerateCopyOfDSNFor.Or(param.StatusCodes{}).All()))
}

func (o *Org) checkTransport(next, old *item[transport]) error {
	return checked(next, old, draft.CheckTransport)
}

// serviceNoun is one of the transport services of servers.
func (o *Org) serviceNoun(name string, of *schema.Noun) *noun[service] {
	shelf, rows := o.services(name), rowsOf[service](of, nil)
	key := func(s *service) string { return o.serviceKey(s.Name) }
	n := &noun[service]{
		org: o, name: name, rows: rows, shelf: shelf,
		key: key, identity: key, dn: func(s *service) string { return "CN=" + escapeDN(key(s)) + ",CN=Servers," + adminGroup + o.root() },
		edge: func(s *service) bool {
			on, _ := o.server(s.Name)
			return on.Edge
		},
		qualify:  func(id string) string { return o.serviceKey(serverName(id)) },
		defaults: func(it *item[service]) service { return it.cfg.WithDefaults(&o.base) },
		check:    o.checkService,
		link:     o.linkService,
		columns:  []string{"Name", "AntispamAgentsEnabled", "MaxOutboundConnections"},
	}
	n.refresh = func() { o.refreshServices(shelf) }
	extras := directoryExtras(n, "0.1 (8.0.535.0)", "ms-Exch-Exchange-Server", "msExchExchangeServer")
	extras["Name"] = func(it *item[service], _ *service) object.Value { return key(&it.cfg) }
	n.shape(extras, "Name")
	return n
}

// isGiven reports whether a command set a parameter of a service.
func isGiven(s service) bool { return !reflect.DeepEqual(s, service{Name: s.Name}) }

// serviceKey is the name of the server that a service is of.
func (o *Org) serviceKey(name string) string {
	s, _ := o.server(name)
	return s.Name
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
		it := &item[service]{}
		if len(o.base.Servers) > 0 {
			it.cfg.Name = server.Name
		}
		if server.Name == o.local().Name && o.transport.cfg.UseDowngradedExchangeServerAuth {
			it.keep(downgradedAuth, true)
		}
		s.put(server.Name, it)
	}
}

// checkService applies the rules to a service.
func (o *Org) checkService(next, old *item[service]) error {
	s := next.cfg
	s.Name = o.serviceKey(s.Name)
	check := func(s service) source.Diagnostics { return draft.CheckService(&o.base, s) }
	if err := checked(&item[service]{cfg: s}, old, check); err != nil {
		return err
	}
	if s.Name != o.local().Name || next.kept[downgradedAuth] != false || old.kept[downgradedAuth] == false {
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

// linkService carries over what the policy needs of this server's service.
func (o *Org) linkService(it *item[service]) {
	if v, given := it.kept[downgradedAuth].(bool); given && o.serviceKey(it.cfg.Name) == o.local().Name {
		o.transport.cfg.UseDowngradedExchangeServerAuth = v
		o.base.Transport = o.transport.cfg
	}
}
