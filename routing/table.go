package routing

import "strconv"

// Connector is what the table must know of one Send connector.
type Connector struct {
	Name     string         // its name, unique in any letter case
	Spaces   []AddressSpace // a route without any is never taken
	Sources  []string       // names or FQDNs of its servers; none: the local one
	MaxSize  int64          // bytes, 0: unlimited
	Disabled bool
	Scoped   bool // to be used within the site of its sources only
}

// Query asks for the route of one recipient.
type Query struct {
	Type     string // address type in any letter case; "" is SMTP
	Domain   Domain // for SMTP
	Address  string // for other types
	Size     int64  // of the message in bytes; 0: not known yet
	Exact    bool   // the bare * does not count: set for authoritative domains
	Accepted bool   // the domain is accepted and not an external relay: -- counts, if we are an Edge server
}

// Outcome says how a query ended.
type Outcome uint8

// The outcomes of a query.
const (
	Unreachable Outcome = iota // no connector that can be used matches
	Routed                     // a connector was found
	TooLarge                   // all that match and could be used are too small
	NonSMTP                    // as Unreachable, for a type other than SMTP
)

// Match is the answer to a Query. The zero Match is Unreachable. The fields
// after Outcome are set if it is Routed.
type Match struct {
	Outcome Outcome
	Index   int          // index into the routes given to NewTable
	Space   AddressSpace // the one that matched
	Cost    int          // of sites and space together
	Via     string       // name of the server to reach it through; "" is ourselves
}

// Table picks Send connectors. It is immutable and safe for concurrent use.
// The nil and the zero Table know no routes.
type Table struct {
	connectors []tableConnector
	domains    index[candidate]       // exact and subtree spaces
	accepted   []candidate            // the spaces --
	any        []candidate            // the spaces *
	others     map[string][]candidate // by type; most specific first
}

// tableConnector is a Route with everything worked out that no query can change.
type tableConnector struct {
	name    string
	via     string
	maxSize int64 // of connector and path
	cost    int   // of the path
	order   int   // place in the order of names
	near    proximity
	barred  Fate // why it is never taken, 0 if it may be
	scope   Fate // the same for its spaces --
}

// candidate is an address space of a route. There is one for each address
// space, so it is kept small: one string and eight octets.
type candidate struct {
	text   string // as in AddressSpace
	route  uint32
	kind   SpaceKind
	typLen uint8
	cost   uint8
	flags  uint8
}

const (
	flagLast  = 1 << iota // the last candidate of its name
	flagLocal             // AddressSpace.local
)

func (c candidate) domainName() string { return c.text }

// space returns the address space that c was made from.
func (c *candidate) space() AddressSpace {
	return AddressSpace{c.text, c.kind, c.typLen, c.cost, c.flags&flagLocal != 0}
}

// Lookup answers q without allocating. Its time does not grow with the number
// of routes, except for those with equal address spaces that are too small.
func (t *Table) Lookup(q Query) Match {
	w := walk{table: t, query: q}
	return w.answer()
}

// walk evaluates one query. It is the only evaluator: Explain gives it a
// record to fill, Lookup does not.
type walk struct {
	table    *Table
	query    Query
	chosen   *candidate
	tooLarge bool
	record   *[]Candidate // nil: not wanted
}

// answer looks at all candidates, most specific space first, and within one
// space in the order of preference. So the first that may be taken is the
// answer, and without a record the walk ends there.
func (w *walk) answer() Match {
	if w.table == nil {
		return w.match(w.smtp())
	}
	if w.smtp() {
		w.walkSMTP()
	} else {
		w.walkOther()
	}
	return w.match(w.smtp())
}

func (w *walk) smtp() bool {
	return w.query.Type == "" || equalFoldASCII(w.query.Type, smtpType)
}

func (w *walk) walkSMTP() {
	d := w.query.Domain
	if !d.IsValid() {
		return
	}
	x := &w.table.domains
	for s := x.suffixes(d); ; {
		name := s.next()
		if name == "" {
			break
		}
		if w.walkName(x.find(name), len(name) == len(d.name)) {
			return
		}
	}
	if w.query.Accepted && w.walkList(w.table.accepted) {
		return
	}
	w.walkList(w.table.any)
}

// walkName looks at the candidates of one name from place i on. Exact ones
// come first; they count only where the name is the whole domain. It reports
// whether the walk is over.
func (w *walk) walkName(i int, whole bool) bool {
	if i < 0 {
		return false
	}
	for entries := w.table.domains.entries; ; i++ {
		c := &entries[i]
		if (whole || c.kind == SpaceSubtree) && w.consider(c) {
			return true
		}
		if c.flags&flagLast != 0 {
			return false
		}
	}
}

func (w *walk) walkList(list []candidate) bool {
	for i := range list {
		if w.consider(&list[i]) {
			return true
		}
	}
	return false
}

// walkOther looks at the spaces of a type other than SMTP. They are patterns,
// so each is tried; nobody has many of them.
func (w *walk) walkOther() {
	for typ, list := range w.table.others {
		if !equalFoldASCII(typ, w.query.Type) {
			continue
		}
		for i := range list {
			space := list[i].space()
			if matchText(typ, space.Space(), w.query.Address) && w.consider(&list[i]) {
				return
			}
		}
	}
}

// consider judges one candidate whose space matches, and reports whether the
// walk is over.
func (w *walk) consider(c *candidate) bool {
	reason := w.judge(c)
	if reason == Chosen {
		w.chosen = c
	}
	if reason == TooSmall {
		w.tooLarge = true
	}
	if w.record == nil {
		return reason == Chosen
	}
	*w.record = append(*w.record, w.table.describe(c, reason))
	return false
}

// judge applies what Exchange's rules say after the address space has
// matched (topic "Connector selection"). Candidates come in the order of the
// later rules, so whoever is not barred after the choice has lost by one of
// them.
func (w *walk) judge(c *candidate) Fate {
	r := &w.table.connectors[c.route]
	switch {
	case r.barred != 0:
		return r.barred
	case c.kind == SpaceAccepted && r.scope != 0:
		return r.scope
	case c.kind == SpaceAny && w.query.Exact:
		return NotForAuthoritative
	case r.maxSize != 0 && w.query.Size > r.maxSize:
		return TooSmall
	case w.chosen != nil:
		return w.table.whyAfter(w.chosen, c)
	}
	return Chosen
}

// whyAfter returns by which rule c loses to the chosen candidate.
func (t *Table) whyAfter(chosen, c *candidate) Fate {
	r, best := &t.connectors[c.route], &t.connectors[chosen.route]
	switch {
	case c.space().specificity() < chosen.space().specificity():
		return LessSpecific
	case r.cost+int(c.cost) > best.cost+int(chosen.cost):
		return HigherCost
	case r.near > best.near:
		return Farther
	}
	return LaterName
}

// match returns the answer that the walk has come to.
func (w *walk) match(smtp bool) Match {
	switch {
	case w.chosen != nil:
		r := &w.table.connectors[w.chosen.route]
		return Match{Routed, int(w.chosen.route), w.chosen.space(), r.cost + int(w.chosen.cost), r.via}
	case w.tooLarge:
		return Match{Outcome: TooLarge}
	case !smtp:
		return Match{Outcome: NonSMTP}
	}
	return Match{}
}

// String returns the name of the outcome.
func (o Outcome) String() string {
	switch o {
	case Unreachable:
		return "Unreachable"
	case Routed:
		return "Routed"
	case TooLarge:
		return "TooLarge"
	case NonSMTP:
		return "NonSMTP"
	}
	return "Outcome(" + strconv.Itoa(int(o)) + ")"
}
