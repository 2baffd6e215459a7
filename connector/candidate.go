package connector

import (
	"net/netip"
	"slices"

	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/routing"
)

// Fate says why a connector was chosen for a connection or a recipient, or passed
// over. Its text is stable.
type Fate string

// The fates of Receive connectors, in the order in which they are checked. The
// connector that serves the client is Chosen.
const (
	FateChosen       Fate = "chosen"
	FateDisabled     Fate = "disabled"
	FateOtherBinding Fate = "other-binding" // no binding for the local address
	FateOtherRange   Fate = "other-range"   // no range that holds the client
	FateWildcard     Fate = "wildcard"      // bound to all addresses, and another connector to the local address
	FateLargerRange  Fate = "larger-range"
	FateOtherRole    Fate = "other-role" // the range is as large as that of a connector with FrontendTransport
	FateLaterName    Fate = "later-name"
)

// The other fates of Send connectors and their address spaces.
const (
	FateOutOfScope       Fate = "out-of-scope"
	FateUnconnected      Fate = "unconnected"       // no site link leads to a source server
	FateNotAuthoritative Fate = "not-authoritative" // the space is *, and the domain is authoritative
	FateTooSmall         Fate = "too-small"
	FateLessSpecific     Fate = "less-specific"
	FateHigherCost       Fate = "higher-cost"
	FateFarther          Fate = "farther"
	FateOtherSpace       Fate = "other-space" // no address space for the recipient
)

// Fates returns all fates, those of Receive connectors first.
func Fates() []Fate {
	return []Fate{
		FateChosen, FateDisabled, FateOtherBinding, FateOtherRange, FateWildcard, FateLargerRange, FateOtherRole, FateLaterName,
		FateOutOfScope, FateUnconnected, FateNotAuthoritative, FateTooSmall, FateLessSpecific, FateHigherCost, FateFarther, FateOtherSpace,
	}
}

// Doc returns the meaning of f for a connector, in words that follow its name; ""
// if f is not one of Fates.
func (f Fate) Doc() string {
	if f == FateOtherSpace {
		return "has no address space for the recipient"
	}
	if i := slices.Index(routeFates[:], f); i > 0 {
		return routing.Fate(i).String()
	}
	return receiveFateTexts[f]
}

// routeFates has the fates of address spaces.
var routeFates = [...]Fate{
	0:                           FateOtherSpace,
	routing.Disabled:            FateDisabled,
	routing.OutOfScope:          FateOutOfScope,
	routing.Unconnected:         FateUnconnected,
	routing.NotForAuthoritative: FateNotAuthoritative,
	routing.TooSmall:            FateTooSmall,
	routing.Chosen:              FateChosen,
	routing.LessSpecific:        FateLessSpecific,
	routing.HigherCost:          FateHigherCost,
	routing.Farther:             FateFarther,
	routing.LaterName:           FateLaterName,
}

// receiveFateTexts says why a Receive connector was passed over.
var receiveFateTexts = map[Fate]string{
	FateDisabled:     "is disabled",
	FateOtherBinding: "has no binding for the local address",
	FateOtherRange:   "has no range that contains the client",
	FateWildcard:     "matches, but another is bound to this local address",
	FateLargerRange:  "matches, but by a larger range than another",
	FateOtherRole:    "matches equally well, but another belongs to FrontendTransport",
	FateLaterName:    "matches equally well, but its name comes later",
}

// receiveCandidate is a Receive connector that was considered for one connection.
type receiveCandidate struct {
	in       *Inbound
	fate     Fate        // "": it matches, and has not been compared with the others
	wildcard bool        // only a binding to all addresses matches
	binding  int         // index of the binding that matches
	rng      param.Range // the smallest that contains the client
	index    int         // of rng
}

// candidate compares the connector with a connection, without regard to other
// connectors.
func (in *Inbound) candidate(local netip.AddrPort, remote netip.Addr) receiveCandidate {
	r := receiveCandidate{in: in}
	everywhere := netip.AddrPortFrom(netip.IPv6Unspecified(), local.Port())
	if local.Addr().Is4() {
		everywhere = netip.AddrPortFrom(netip.IPv4Unspecified(), local.Port())
	}
	for i, rng := range in.settings.RemoteIPRanges {
		if rng.Contains(remote) && (!r.rng.IsValid() || rng.Narrower(r.rng)) {
			r.rng, r.index = rng, i
		}
	}
	r.binding = slices.Index(in.bindings, local)
	if r.wildcard = r.binding < 0; r.wildcard {
		r.binding = slices.Index(in.bindings, everywhere)
	}
	switch {
	case !in.enabled:
		r.fate = FateDisabled
	case r.binding < 0:
		r.fate = FateOtherBinding
	case !r.rng.IsValid():
		r.fate = FateOtherRange
	}
	return r
}

// compareCandidates orders the connectors that match before the others, the winner
// first.
func compareCandidates(a, b receiveCandidate) int {
	switch {
	case a.fate != "" && b.fate != "":
		return 0
	case a.fate != "":
		return +1
	case b.fate != "":
		return -1
	case a.wildcard != b.wildcard:
		if a.wildcard {
			return +1
		}
		return -1
	}
	return Claim{a.in, a.rng}.Compare(Claim{b.in, b.rng})
}

// fateBeside returns why the winner was chosen and not r, which matches too.
func (r receiveCandidate) fateBeside(winner receiveCandidate) Fate {
	switch {
	case r.wildcard && !winner.wildcard:
		return FateWildcard
	case winner.rng.Narrower(r.rng):
		return FateLargerRange
	case r.in.settings.TransportRole != winner.in.settings.TransportRole:
		return FateOtherRole
	}
	return FateLaterName
}
