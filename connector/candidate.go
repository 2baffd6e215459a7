package connector

import (
	"slices"

	"github.com/interchange-smtp/interchange/routing"
)

// Fate is how a candidate for a connection or a recipient fared, in a stable
// form.
type Fate string

// The fates of Receive connectors, in the order in which they are looked at. The
// one that serves is Chosen.
const (
	FateChosen       Fate = "chosen"
	FateDisabled     Fate = "disabled"
	FateOtherBinding Fate = "other-binding" // no binding for the local address
	FateOtherRange   Fate = "other-range"   // no range that holds the client
	FateWildcard     Fate = "wildcard"      // bound to all addresses, and another to the very one
	FateLargerRange  Fate = "larger-range"
	FateOtherRole    Fate = "other-role" // the range is as large as one of the Front End Transport service's
	FateLaterName    Fate = "later-name"
)

// The other fates of Send connectors, or rather of their address spaces.
const (
	FateOutOfScope       Fate = "out-of-scope"
	FateUnconnected      Fate = "unconnected"       // no site link leads to a source server
	FateNotAuthoritative Fate = "not-authoritative" // the space is *, and the domain an authoritative one
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

// Doc returns what f says of a connector, in words that follow its name; "" if f
// is none of Fates.
func (f Fate) Doc() string {
	if f == FateOtherSpace {
		return "has no address space for the recipient"
	}
	if i := slices.Index(routeFates[:], f); i > 0 {
		return routing.Fate(i).String()
	}
	if i := slices.Index(lossFates[:], f); i > 0 {
		return lossTexts[i]
	}
	return ""
}

// Candidate returns the name of the connector that the step is about; "" for
// steps that choose none.
func (s Step) Candidate() string {
	switch {
	case s.rival != nil:
		return s.rival.in.name
	case s.candidate != nil:
		return s.candidate.Connector
	}
	return ""
}

// Fate returns how the candidate of the step fared; "" for steps that choose
// none.
func (s Step) Fate() Fate {
	switch {
	case s.rival != nil:
		return lossFates[s.rival.lost]
	case s.candidate == nil:
		return ""
	case int(s.candidate.Fate) < len(routeFates):
		return routeFates[s.candidate.Fate]
	}
	return ""
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

// loss says why a Receive connector was not chosen.
type loss uint8

const (
	lostDisabled loss = iota + 1
	lostBinding
	lostRange
	lostWildcard
	lostLarger
	lostRole
	lostName
)

// lossFates has the fates of Receive connectors; who lost to nobody was chosen.
var lossFates = [...]Fate{
	0:            FateChosen,
	lostDisabled: FateDisabled,
	lostBinding:  FateOtherBinding,
	lostRange:    FateOtherRange,
	lostWildcard: FateWildcard,
	lostLarger:   FateLargerRange,
	lostRole:     FateOtherRole,
	lostName:     FateLaterName,
}

var lossTexts = [...]string{
	lostDisabled: "is disabled",
	lostBinding:  "has no binding for the local address",
	lostRange:    "has no range that contains the client",
	lostWildcard: "matches, but another is bound to the very address",
	lostLarger:   "matches, but by a larger range than another",
	lostRole:     "matches alike, but another belongs to FrontendTransport",
	lostName:     "matches alike, but its name comes later",
}

func (l loss) String() string { return lossTexts[l] }
