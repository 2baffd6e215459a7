package routing

import "strconv"

// Connector has the settings of a Send connector that the choice depends on.
type Connector struct {
	Name     string         // unique in any letter case
	Spaces   []AddressSpace // without any it is never chosen
	Sources  []string       // names or FQDNs of its source servers; nil: the local server
	MaxSize  int64          // bytes, 0: unlimited
	Disabled bool
	Scoped   bool // may be used within the site of its sources only
}

// Query asks for the route of one recipient.
type Query struct {
	Type     string // address type in any letter case; "" is SMTP
	Domain   Domain // for SMTP
	Address  string // for other types
	Size     int64  // of the message in bytes; 0: not known yet
	Exact    bool   // the bare * does not count: set for authoritative domains
	Accepted bool   // the domain is accepted and not an external relay: -- counts on an Edge server
}

// Outcome says how a query ended.
type Outcome uint8

// The outcomes of a query.
const (
	Unreachable Outcome = iota // no connector that can be used matches
	Routed                     // a connector was found
	TooLarge                   // all usable connectors that match are too small
	NonSMTP                    // as Unreachable, for a type other than SMTP
)

// Match is the answer to a Query. The zero Match is Unreachable. The fields
// after Outcome are set if it is Routed.
type Match struct {
	Outcome Outcome
	Index   int          // of the connector in the slice given to NewTable
	Space   AddressSpace // the one that matched
	Cost    int          // of path and space together
	Via     string       // name of the server to reach it through; "": this server
}

// Table picks Send connectors. It is immutable and safe for concurrent use.
// The nil and the zero Table have no connectors.
type Table struct {
	connectors []tableConnector
	domains    index[candidate]       // exact and subtree spaces
	accepted   []candidate            // the spaces --
	any        []candidate            // the spaces *
	others     map[string][]candidate // by type; most specific first
}

// tableConnector holds the properties of a Connector that don't depend on the query.
type tableConnector struct {
	name    string
	via     string
	maxSize int64 // of connector and path
	cost    int   // of the path
	order   int   // place in the order of names
	near    proximity
	barred  Fate // why it can't be chosen, 0 if it can
	scope   Fate // the same for its spaces --
}

// candidate is an address space of a connector. A table may have a million, so
// it is small: one string and eight bytes.
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
// of connectors, except those with equal address spaces that are too small.
func (t *Table) Lookup(q Query) Match {
	w := walk{table: t, query: q}
	return w.answer()
}

// walk evaluates one query. It is the only evaluator: Explain passes a record
// for it to fill, Lookup does not.
type walk struct {
	table    *Table
	query    Query
	chosen   *candidate
	tooLarge bool
	record   *[]Candidate // nil: record nothing
}

// answer visits the candidates, the most specific space first, and within one
// space in the order of preference. So the first one that can be chosen is the
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

// walkName visits the candidates of one name from index i on. Exact ones count
// only where the name is the whole domain. It reports whether the walk is over.
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

// walkOther visits the spaces of a type other than SMTP. They are patterns and
// few, so it tries each.
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

// judge applies Exchange's rules to a candidate whose address space has matched
// (topic "Connector selection"). Candidates come in the order of the later
// rules, so one that could be chosen, but comes after the chosen one, lost by
// one of those rules.
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

// whyAfter returns the rule by which c loses to the chosen candidate.
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

// match returns the answer that the walk found.
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
