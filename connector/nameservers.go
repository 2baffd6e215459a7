package connector

import (
	"net/netip"

	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
)

// NameServers says which name servers are asked for next hops, and how. The zero NameServers
// are those of this machine.
type NameServers struct {
	Servers  []netip.Addr         // at port 53, in the order in which they are asked; empty: those of this machine
	Protocol param.ProtocolOption // over which they are asked
}

// ExternalNameServers returns the name servers of the Send connectors with UseExternalDNSServersEnabled.
// s has its defaults filled in. The caller must not change the list.
func (s *Service) ExternalNameServers() NameServers {
	return nameServers(s.ExternalDNSAdapterEnabled, s.ExternalDNSServers, s.ExternalDNSProtocolOption)
}

// InternalNameServers returns the name servers for all other next hops, those of other servers of the
// organisation included. s has its defaults filled in. The caller must not change the list.
func (s *Service) InternalNameServers() NameServers {
	return nameServers(s.InternalDNSAdapterEnabled, s.InternalDNSServers, s.InternalDNSProtocolOption)
}

func nameServers(adapter param.Setting[bool], servers []netip.Addr, protocol param.ProtocolOption) NameServers {
	if adapter.Or(true) {
		servers = nil
	}
	return NameServers{servers, protocol}
}

// NameServers returns the name servers that this server asks for the connector's next hops: with
// UseExternalDNSServersEnabled the external ones of its Service, otherwise the internal ones. If
// other servers send the connector's mail, they are found by the internal ones. The zero
// NameServers for nil and the zero Outbound. The caller must not change the list.
func (out *Outbound) NameServers() NameServers {
	switch {
	case out == nil || out.policy == nil:
		return NameServers{}
	case out.local && out.settings.UseExternalDNSServersEnabled:
		return out.policy.Service().ExternalNameServers()
	}
	return out.policy.Service().InternalNameServers()
}

// nameServers checks the lists of name servers of a service, which has its defaults filled in.
func (v *validator) nameServers(path source.Path, s *Service) {
	for _, l := range []struct {
		name    source.Path
		adapter param.Setting[bool]
		servers []netip.Addr
	}{
		{"ExternalDNS", s.ExternalDNSAdapterEnabled, s.ExternalDNSServers},
		{"InternalDNS", s.InternalDNSAdapterEnabled, s.InternalDNSServers},
	} {
		at := path + "." + l.name
		switch adapter := l.adapter.Or(true); {
		case !adapter && len(l.servers) == 0:
			v.fail(at+"AdapterEnabled", CodeNameServers, "%sServers lists no name server; list one, or set this to $true to ask those of the machine", l.name)
		case adapter && len(l.servers) > 0:
			v.warn(at+"Servers", CodeNameServersUnused, "no server of the list is asked, because %sAdapterEnabled is $true; set that to $false, or remove the list", l.name)
		}
		for i, server := range l.servers {
			if !server.IsValid() || server.IsUnspecified() || server.IsMulticast() {
				v.fail((at + "Servers").Index(i), CodeNameServers, "%v is not the address of a name server; give one such as 192.0.2.53", server)
			}
		}
	}
}
