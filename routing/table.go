package routing

// Server is a transport server of the organisation.
type Server struct {
	Name string
	FQDN string
	Site string
	Edge bool
}

// SiteLink joins sites at a cost.
type SiteLink struct {
	Name    string
	Sites   []string
	Cost    int
	MaxSize int64 // 0: unlimited
}

// Topology is where the servers are. The zero Topology is one server alone.
type Topology struct {
	Local   string // name of the server we are
	Servers []Server
	Links   []SiteLink
}

// Route is what the table must know of one Send connector.
type Route struct {
	Connector string
	Spaces    []AddressSpace
	Sources   []string // servers; none: the local one
	MaxSize   int64    // 0: unlimited
	Disabled  bool
	Scoped    bool
}

// Query asks for the route of one recipient.
type Query struct {
	Type    string // "" is SMTP
	Domain  Domain // for SMTP
	Address string // for other types
	Size    int64  // 0: not known yet
	Exact   bool   // the bare * does not count: set for authoritative domains
}

// Outcome says how a query, or one candidate of it, ended.
type Outcome uint8

// The outcomes of a query.
const (
	Unreachable Outcome = iota // no connector matches
	Routed
	TooLarge // all that match are too small
	NonSMTP  // no connector matches, and the type is not SMTP
)

// Match is the answer. The zero Match is Unreachable.
type Match struct {
	Outcome Outcome
	Route   int          // index into the routes given to NewTable
	Space   AddressSpace // the one that matched
	Cost    int          // sites and space together
	Via     string       // the server to reach it through; "" is ourselves
}

// Table picks Send connectors. It is immutable.
type Table struct{}

// NewTable compiles routes.
func NewTable(t Topology, routes []Route) (*Table, error) { return &Table{}, nil }

// Lookup answers q without allocating.
func (t *Table) Lookup(q Query) Match { return Match{} }

// Candidate is one route that was looked at and how it fared.
type Candidate struct {
	Route  int
	Space  AddressSpace
	Cost   int
	Reason Reason
}

// Reason says why a candidate won or lost.
type Reason uint8

// Explain answers q as Lookup does and tells how every candidate fared, best first.
func (t *Table) Explain(q Query) (Match, []Candidate) { return Match{}, nil }
