package connector

import (
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
	Transport Transport
}

// Transport is what Set-TransportConfig sets and policy needs.
type Transport struct {
	MaxReceiveSize                  ByteSize // zero: unlimited, so that connectors decide
	MaxSendSize                     ByteSize // zero: unlimited, so that connectors decide
	MaxRecipientEnvelopeLimit       Limit    // zero: unlimited, so that connectors decide
	TLSReceiveDomainSecureList      []string
	TLSSendDomainSecureList         []string
	UseDowngradedExchangeServerAuth bool // of Set-TransportService; rule R12
}

// Merge appends the lists of src to those of dst and lets the other parameters
// that src gives override those of dst, so that a configuration can be read
// from several files in order. A true flag stays true. The names of connectors
// are not merged: a connector that occurs in both is a duplicate for Compile.
func Merge(dst *Config, src Config) {
	override(&dst.Profile, src.Profile)
	override(&dst.Server, src.Server)
	dst.Servers = append(dst.Servers, src.Servers...)
	dst.Links = append(dst.Links, src.Links...)
	dst.Receive = append(dst.Receive, src.Receive...)
	dst.Send = append(dst.Send, src.Send...)
	dst.Accepted = append(dst.Accepted, src.Accepted...)
	t, u := &dst.Transport, src.Transport
	override(&t.MaxReceiveSize, u.MaxReceiveSize)
	override(&t.MaxSendSize, u.MaxSendSize)
	override(&t.MaxRecipientEnvelopeLimit, u.MaxRecipientEnvelopeLimit)
	t.TLSReceiveDomainSecureList = append(t.TLSReceiveDomainSecureList, u.TLSReceiveDomainSecureList...)
	t.TLSSendDomainSecureList = append(t.TLSSendDomainSecureList, u.TLSSendDomainSecureList...)
	override(&t.UseDowngradedExchangeServerAuth, u.UseDowngradedExchangeServerAuth)
}

// override sets *dst to src unless src is zero.
func override[T comparable](dst *T, src T) {
	var zero T
	if src != zero {
		*dst = src
	}
}
