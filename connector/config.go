package connector

import (
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// Profile picks the edition.
type Profile = permission.Profile

// Config is everything a Policy is compiled from.
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
	MaxSendSize                     ByteSize
	MaxRecipientEnvelopeLimit       Limit
	TLSReceiveDomainSecureList      []string
	TLSSendDomainSecureList         []string
	UseDowngradedExchangeServerAuth bool
}

// Problem is one mistake in a Config.
type Problem struct {
	Path   string // Receive["FromInternetGateway"].Bindings[0]
	Code   string // stable: "bindings-conflict"
	Detail string // what is wrong and what would be right
}

// Problems are all mistakes of a Config, in the order of their paths. As an
// error it prints one per line.
type Problems []Problem

// Error implements error.
func (p Problems) Error() string { return "" }
