package connector

import (
	"cmp"
	"reflect"
	"strings"

	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// Profile is the edition of Exchange.
type Profile = permission.Profile

// Config is the configuration that Compile turns into a Policy. The zero Config
// compiles to a Policy that refuses everything.
type Config struct {
	Profile   Profile
	Server    string           // this server's name; "": the first of Servers, or "localhost" without Servers
	Servers   []routing.Server // the organisation's transport servers
	Links     []routing.SiteLink
	Receive   []Receive
	Send      []Send
	Accepted  []routing.AcceptedDomain
	Remote    []RemoteDomain
	Transport Transport
	Services  []Service // of Servers; a server that isn't listed has the defaults

	// Acknowledged lists findings that the administrator has reviewed and accepts.
	Acknowledged []Acknowledgement
}

// Acknowledgement accepts a finding about the configuration. Only package analysis
// uses it; it changes no decision. A connector can have acknowledgements in its
// Comment instead.
type Acknowledgement struct {
	Code   source.Code // of the finding
	Place  string      // the finding's path or a parent of it: Receive["Relay"] covers Receive["Relay"].Bindings
	Extent string      // what was seen, as analysis.Finding.Extent says it; a finding that goes beyond it isn't acknowledged
	Reason string      // why the finding is accepted; an acknowledgement without a reason has no effect
}

// Transport has the parameters of Set-TransportConfig that a policy needs.
type Transport struct {
	MaxReceiveSize                  param.Size  // zero: unlimited, only the connectors' limits apply
	MaxSendSize                     param.Size  // zero: unlimited, only the connectors' limits apply
	MaxRecipientEnvelopeLimit       param.Limit // zero: unlimited, only the connectors' limits apply
	TLSReceiveDomainSecureList      []string
	TLSSendDomainSecureList         []string
	UseDowngradedExchangeServerAuth bool // of Set-TransportService

	// Delivery reports. External ones go to senders outside the organisation.
	ExternalPostmasterAddress       string                           // From of reports; "": postmaster@ the default accepted domain, on Edge the server's FQDN
	GenerateCopyOfDSNFor            param.Setting[param.StatusCodes] // of failures whose reports are copied to ExternalPostmasterAddress; none are if that is ""
	ExternalDsnMaxMessageAttachSize param.Setting[param.Size]        // reports on larger messages return only the header
	InternalDsnMaxMessageAttachSize param.Setting[param.Size]        // the same
	ExternalDelayDsnEnabled         param.Setting[bool]              // whether reports of delays are sent
	InternalDelayDsnEnabled         param.Setting[bool]              // the same

	// Assertions are questions about all sessions of this server that must hold, each the text of one
	// analysis.Question: "-remote 10.1.0.0/16 -clear never logs-on". Only package analysis
	// answers them; they change no decision. At most MaxAssertions.
	Assertions []string
}

// Merge adds src to dst, so that a configuration can be read from several files in
// order. It appends the lists of src to those of dst, and the other parameters that
// src gives override those of dst. A true flag stays true. There is one service for
// each server: what src gives overrides the parameters of dst's service. Merge
// doesn't merge connectors: Compile reports a connector that occurs in both as a
// duplicate.
func Merge(dst *Config, src Config) {
	transport, services := dst.Transport, dst.Services
	mergeFields(&transport, &src.Transport)
	mergeFields(dst, &src)
	dst.Transport, dst.Services = transport, services
	for i := range src.Services {
		dst.mergeService(&src.Services[i])
	}
}

// mergeService lets the parameters that s gives override those of the same server's
// service in c, or appends s if c has no such service.
func (c *Config) mergeService(s *Service) {
	for i := range c.Services {
		if t := &c.Services[i]; c.sameServer(t.Name, s.Name) {
			name := t.Name
			mergeFields(t, s)
			t.Name = name
			return
		}
	}
	c.Services = append(c.Services, *s)
}

// mergeFields appends the lists of src to those of dst and lets the other fields that
// src gives override those of dst. Both are pointers to structs of one type.
func mergeFields(dst, src any) {
	to, from := reflect.ValueOf(dst).Elem(), reflect.ValueOf(src).Elem()
	for i := range to.NumField() {
		switch t, f := to.Field(i), from.Field(i); {
		case f.Kind() == reflect.Slice:
			t.Set(reflect.AppendSlice(t, f))
		case !f.IsZero():
			t.Set(f)
		}
	}
}

// local returns this server: the one that Server names, else the first of Servers,
// else a server called localhost.
func (c *Config) local() routing.Server {
	s, _ := c.server("")
	return s
}

// server finds a server by name or FQDN in any letter case; "" is this server. For a
// server that isn't listed it returns one with the name as FQDN, and ok false.
func (c *Config) server(name string) (s routing.Server, ok bool) {
	name = cmp.Or(name, c.Server)
	if name == "" && len(c.Servers) > 0 {
		return c.Servers[0], true
	}
	name = cmp.Or(name, "localhost")
	for _, s := range c.Servers {
		if strings.EqualFold(s.Name, name) || s.FQDN != "" && strings.EqualFold(s.FQDN, name) {
			return s, true
		}
	}
	return routing.Server{Name: name, FQDN: name}, false
}

// serverFQDN returns the name of s on the wire.
func serverFQDN(s routing.Server) string { return cmp.Or(s.FQDN, s.Name) }

// localService returns the service of this server, as configured.
func (c *Config) localService() Service {
	for _, s := range c.Services {
		if c.sameServer(s.Name, "") {
			return s
		}
	}
	return Service{}
}

// sameServer reports whether two names mean one server; "" is this server.
func (c *Config) sameServer(a, b string) bool {
	s, _ := c.server(a)
	t, _ := c.server(b)
	return strings.EqualFold(s.Name, t.Name)
}

// acceptedDomain finds an accepted domain by name or domain in any letter case.
func (c *Config) acceptedDomain(s string) (domain string, ok bool) {
	for _, d := range c.Accepted {
		if s != "" && (strings.EqualFold(d.DomainName, s) || strings.EqualFold(d.Name, s)) {
			return strings.TrimPrefix(d.DomainName, "*."), d.DomainName != "*"
		}
	}
	return "", false
}
