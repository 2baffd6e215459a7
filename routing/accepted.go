package routing

// DomainType says what an organisation does with mail for an accepted domain.
type DomainType uint8

// The domain types.
const (
	Authoritative DomainType = iota + 1
	InternalRelay
	ExternalRelay
)

// AcceptedDomain is one entry of the organisation's accepted domains.
// DomainName is "contoso.com", "*.contoso.com" or "*".
type AcceptedDomain struct {
	Name            string
	DomainName      string
	DomainType      DomainType // zero: Authoritative
	MatchSubDomains bool
	Default         bool
}

// Accepted is the compiled list. It is immutable.
type Accepted struct{}

// NewAccepted compiles domains.
func NewAccepted(domains ...AcceptedDomain) (*Accepted, error) { return &Accepted{}, nil }

// Lookup returns the type of the accepted domain that covers d.
func (a *Accepted) Lookup(d Domain) (DomainType, bool) { return 0, false }

// Default returns the default accepted domain; invalid if there is none.
func (a *Accepted) Default() Domain { return Domain{} }
