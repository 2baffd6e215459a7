package semantics

import "net/netip"

// Mentions is what the text of a policy names, beside defaults that the evaluator
// compares with: between these points no answer changes.
type Mentions struct {
	Bindings  []netip.AddrPort // of enabled Receive connectors of this server
	Ranges    []Range          // their RemoteIPRanges
	Domains   []string         // names in accepted domains, address spaces, secured domains, remote domains and sender lists, without *. and @
	Groups    []string         // of grants
	PeerNames []string         // of TLSReceiveDomainSecureList
	Sizes     []int64          // limits for the size of messages
	Headers   []int64          // limits for the size of headers
	Hops      []int            // limits for hops, and for local hops
	Counts    []int            // limits for the number of recipients
}

// Range is a range of addresses of one family, both ends included.
type Range struct{ Low, High netip.Addr }
