package connector

import "slices"

// clone returns a Config that shares no memory with c, so that neither the
// caller of Compile nor the caller of Policy.Config can change a Policy.
func (c *Config) clone() Config {
	d := *c
	d.Servers = slices.Clone(c.Servers)
	d.Links = slices.Clone(c.Links)
	for i := range d.Links {
		d.Links[i].Sites = slices.Clone(d.Links[i].Sites)
	}
	d.Receive = slices.Clone(c.Receive)
	for i := range d.Receive {
		d.Receive[i] = d.Receive[i].Clone()
	}
	d.Send = slices.Clone(c.Send)
	for i := range d.Send {
		d.Send[i] = d.Send[i].Clone()
	}
	d.Accepted = slices.Clone(c.Accepted)
	d.Remote = slices.Clone(c.Remote)
	d.Services = slices.Clone(c.Services)
	d.Acknowledged = slices.Clone(c.Acknowledged)
	d.Transport = c.Transport.Clone()
	return d
}

// Clone returns a copy of r that shares no memory with it.
func (r Receive) Clone() Receive {
	r.Bindings = slices.Clone(r.Bindings)
	r.RemoteIPRanges = slices.Clone(r.RemoteIPRanges)
	r.Permissions = slices.Clone(r.Permissions)
	r.TlsDomainCapabilities = slices.Clone(r.TlsDomainCapabilities)
	return r
}

// Clone returns a copy of s that shares no memory with it.
func (s Send) Clone() Send {
	s.AddressSpaces = slices.Clone(s.AddressSpaces)
	s.SourceTransportServers = slices.Clone(s.SourceTransportServers)
	s.SmartHosts = slices.Clone(s.SmartHosts)
	s.Permissions = slices.Clone(s.Permissions)
	if s.AuthenticationCredential != nil {
		c := *s.AuthenticationCredential
		s.AuthenticationCredential = &c
	}
	return s
}

// Clone returns a copy of t that shares no memory with it.
func (t Transport) Clone() Transport {
	t.TLSReceiveDomainSecureList = slices.Clone(t.TLSReceiveDomainSecureList)
	t.TLSSendDomainSecureList = slices.Clone(t.TLSSendDomainSecureList)
	return t
}
