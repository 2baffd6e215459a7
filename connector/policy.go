package connector

import (
	"iter"
	"net/netip"
	"slices"

	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/routing"
)

// Policy is a compiled Config. It is immutable and safe for concurrent use;
// to change it, publish a new one with an atomic.Pointer. A nil
// Policy selects nothing, accepts nothing and routes nothing.
type Policy struct {
	config   Config
	warnings source.Diagnostics

	receive  []*Inbound // of this server, in the order of the Config
	selector selector
	bindings []netip.AddrPort

	send     []*Outbound // of all servers, in the order of the Config
	table    *routing.Table
	servers  map[string]*routing.Server // by the name that a routing.Match gives
	accepted *routing.Accepted

	services   []string         // whose Authentication-Results a client must be trusted to bring; lower case, sorted
	secure     []routing.Domain // TLSReceiveDomainSecureList
	secureSend []routing.Domain // TLSSendDomainSecureList

	service    Service   // of this server, with its defaults
	transport  Transport // with its defaults
	postmaster routing.Address
	copied     param.StatusCodes       // of failures whose reports postmaster gets, too
	remote     map[string]RemoteDomain // by remoteKey

	fingerprint func() string // computes it once
}

// Warnings returns the warnings of Config.Check. The caller owns the slice.
func (p *Policy) Warnings() []source.Diagnostic {
	if p == nil {
		return nil
	}
	return slices.Clone(p.warnings)
}

// Bindings returns the addresses to listen on: the bindings of this server's enabled
// Receive connectors, without duplicates, sorted. The caller owns the slice.
func (p *Policy) Bindings() []netip.AddrPort {
	if p == nil {
		return nil
	}
	return slices.Clone(p.bindings)
}

// Receive returns the Receive connectors of this server, disabled ones
// included, in the order of the Config.
func (p *Policy) Receive() iter.Seq[*Inbound] {
	if p == nil {
		return slices.Values([]*Inbound(nil))
	}
	return slices.Values(p.receive)
}

// Send returns all Send connectors, including disabled connectors and connectors of
// other servers, in the order of the Config.
func (p *Policy) Send() iter.Seq[*Outbound] {
	if p == nil {
		return slices.Values([]*Outbound(nil))
	}
	return slices.Values(p.send)
}

// Accepted returns the type of the accepted domain that covers d, and whether
// there is one.
func (p *Policy) Accepted(d routing.Domain) (routing.DomainType, bool) {
	if p == nil || !d.IsValid() {
		return 0, false
	}
	return p.accepted.Lookup(d)
}

// Service returns the Transport service of this server with every default filled
// in; nil for nil. The caller must not change it.
func (p *Policy) Service() *Service {
	if p == nil {
		return nil
	}
	return &p.service
}

// Transport returns the organisation's settings with every default filled in;
// nil for nil. The caller must not change it.
func (p *Policy) Transport() *Transport {
	if p == nil {
		return nil
	}
	return &p.transport
}

// Config returns a copy of the Config that p was compiled from, without the defaults
// that Compile filled in. The copy shares no memory with p.
func (p *Policy) Config() Config {
	if p == nil {
		return Config{}
	}
	return p.config.clone()
}
