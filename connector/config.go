package connector

import (
	"reflect"
	"strings"

	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// Profile picks the edition.
type Profile = permission.Profile

// Config is everything a Policy is compiled from. The zero Config compiles to
// a Policy that refuses everything.
type Config struct {
	Profile   Profile
	Server    string           // the server we are; "": the first of Servers, or "localhost" if there is none
	Servers   []routing.Server // the organisation's transport servers
	Links     []routing.SiteLink
	Receive   []Receive
	Send      []Send
	Accepted  []routing.AcceptedDomain
	Remote    []RemoteDomain
	Transport Transport
	Services  []Service // of Servers; one that isn't listed has the defaults

	// Acknowledged lists findings that somebody looked at and means to keep.
	Acknowledged []Acknowledgement
}

// Acknowledgement says that a finding about the configuration is meant. It decides
// nothing: package analysis goes by it. A connector can have acknowledgements in
// its Comment instead.
type Acknowledgement struct {
	Code   string // of the finding
	Place  string // the finding's, or what that is a part of: Receive["Relay"] goes for Receive["Relay"].Bindings
	Reason string // why it is meant; without one the acknowledgement is worth nothing
}

// Transport is what Set-TransportConfig sets and policy needs.
type Transport struct {
	MaxReceiveSize                  param.Size  // zero: unlimited, so that connectors decide
	MaxSendSize                     param.Size  // zero: unlimited, so that connectors decide
	MaxRecipientEnvelopeLimit       param.Limit // zero: unlimited, so that connectors decide
	TLSReceiveDomainSecureList      []string
	TLSSendDomainSecureList         []string
	UseDowngradedExchangeServerAuth bool // of Set-TransportService

	// Delivery reports. External ones go to senders outside the organisation.
	ExternalPostmasterAddress       string                    // the From of reports; "": postmaster@ the default accepted domain, on Edge the server's FQDN
	ExternalDsnMaxMessageAttachSize param.Setting[param.Size] // of a larger message only the header is returned
	InternalDsnMaxMessageAttachSize param.Setting[param.Size] // the same
	ExternalDelayDsnEnabled         param.Setting[bool]       // whether reports of delays are sent
	InternalDelayDsnEnabled         param.Setting[bool]       // the same
}

// Merge appends the lists of src to those of dst and lets the other parameters
// that src gives override those of dst, so that a configuration can be read
// from several files in order. A true flag stays true. Services are one for each
// server: those of dst take over what src gives. The names of connectors are not
// merged: a connector that occurs in both is a duplicate for Compile.
func Merge(dst *Config, src Config) {
	transport, services := dst.Transport, dst.Services
	mergeFields(&transport, &src.Transport)
	mergeFields(dst, &src)
	dst.Transport, dst.Services = transport, services
	for i := range src.Services {
		dst.mergeService(&src.Services[i])
	}
}

// mergeService lets what s gives override what the service of that server has
// in c already; a service of another server is appended.
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

// mergeFields appends the lists of src to those of dst and lets the other fields of
// src that are given override those of dst. Both are pointers to one type of struct.
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

// local returns the server we are: the one that Server names, else the first
// of Servers, else one called localhost.
func (c *Config) local() routing.Server {
	s, _ := c.server("")
	return s
}

// server finds a server by name or FQDN in any letter case; "" is the local
// one. A server that isn't listed has its name as FQDN and ok false.
func (c *Config) server(name string) (s routing.Server, ok bool) {
	if name == "" {
		name = c.Server
	}
	if name == "" && len(c.Servers) > 0 {
		return c.Servers[0], true
	}
	if name == "" {
		name = "localhost"
	}
	for _, s := range c.Servers {
		if strings.EqualFold(s.Name, name) || s.FQDN != "" && strings.EqualFold(s.FQDN, name) {
			return s, true
		}
	}
	return routing.Server{Name: name, FQDN: name}, false
}

// serverFQDN is the name s goes by on the wire.
func serverFQDN(s routing.Server) string {
	if s.FQDN != "" {
		return s.FQDN
	}
	return s.Name
}

// localService returns the service of the server we are, as configured.
func (c *Config) localService() Service {
	for _, s := range c.Services {
		if c.sameServer(s.Name, "") {
			return s
		}
	}
	return Service{}
}

// sameServer reports whether two names stand for one server.
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
