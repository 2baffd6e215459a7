package analysis

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/partition"
)

// selection finds connectors and ranges without effect, and where two connectors
// compete in a way that nobody sees by looking.
func (c *checker) selection() {
	for _, e := range c.inbounds {
		if e.pair < 0 {
			c.unreached(e)
		}
	}
	s := newSweep(c)
	s.run(nil)
	s.report()
	// What never wins may go at once. Of the rest, a range is redundant where the
	// same connector serves without it.
	winners := s.won
	again := newSweep(c)
	again.run(func(cl *claim) bool { return winners[cl.key()] })
	again.reportRedundant()
}

// unreached reports a connector that serves nobody.
func (c *checker) unreached(e *entrance) {
	r := e.Settings()
	witness, winner := c.loser(e, 0)
	c.find(Finding{
		Code: CodeConnectorUnreached, Severity: SeverityWarning, Place: e.path,
		Text:    "it serves nobody: other connectors have the same clients in smaller ranges, by the very address, or, in ranges of the same size, by name" + winner,
		Fix:     "remove or disable it, or give it other ranges or bindings",
		Witness: witness,
		edit:    func(cfg *connector.Config) { cfg.Receive[e.index].Enabled = connector.Value(false) },
		Sources: []Source{{Local: r.Bindings, Ranges: r.RemoteIPRanges}},
	})
}

// loser is a session of a client in a range of e that another connector serves.
func (c *checker) loser(e *entrance, index int) (d connector.Dialog, winner string) {
	r := e.Settings()
	for l := range c.listeners {
		at := &c.listeners[l]
		if !boundTo(e, at) {
			continue
		}
		low := r.RemoteIPRanges[index].Low()
		if low.BitLen() != at.Witness.Addr().BitLen() {
			continue
		}
		if in := c.policy.Select(at.Witness, low); in != nil {
			return greet(at, low), fmt.Sprintf("; %v goes to %q", low, in.Name())
		}
	}
	return connector.Dialog{}, ""
}

// greet is the session of a client that connects to l and no more.
func greet(l *partition.Listener, client netip.Addr) connector.Dialog {
	d := partition.Who{}.Dialog(l.Witness, client, l.Implicit)
	d.Implicit = l.Implicit
	return d
}

// boundTo reports whether e is bound to the local addresses of l.
func boundTo(e *entrance, l *partition.Listener) bool { return boundAs(e, l) >= 0 }

// boundAs is how e is bound to the local addresses of l: 0 to the very address, 1
// to all of them, -1 not at all.
func boundAs(e *entrance, l *partition.Listener) int {
	rank := -1
	at := l.Local[0]
	for _, b := range e.Settings().Bindings {
		b = netip.AddrPortFrom(b.Addr().Unmap().WithZone(""), b.Port())
		switch {
		case b == at:
			return 0
		case b.Port() == at.Port() && b.Addr().IsUnspecified() && b.Addr().BitLen() == at.Addr().BitLen():
			rank = 1
		}
	}
	return rank
}

// claim is a range of an entrance.
type claim struct {
	*entrance
	index int // in RemoteIPRanges
	rng   connector.Range
}

// rangeKey names a range of the configuration.
type rangeKey struct {
	in    *entrance
	index int
}

func (c *claim) key() rangeKey { return rangeKey{c.entrance, c.index} }

// compareClaims orders claims to one client as Policy.Select does where all are
// bound alike, the winner first.
func compareClaims(a, b claim) int {
	switch {
	case a.rng.Narrower(b.rng):
		return -1
	case b.rng.Narrower(a.rng):
		return +1
	}
	return cmp.Or(cmp.Compare(b.Settings().TransportRole, a.Settings().TransportRole), // FrontendTransport first
		strings.Compare(strings.ToLower(a.Name()), strings.ToLower(b.Name())),
		strings.Compare(a.Name(), b.Name()), cmp.Compare(a.index, b.index))
}

// sweep walks through the clients of every listener and looks at who claims them:
// the winner, the next one, and the first of those bound to all addresses.
type sweep struct {
	*checker
	won   map[rangeKey]bool
	alone map[rangeKey]bool // it wins somewhere over another connector, or where there is no other
	meets map[meeting]*clash
	order []meeting
}

// meeting is two connectors and what is to be said of them.
type meeting struct {
	code          string
	winner, loser *entrance
}

// clash is where a meeting takes place first.
type clash struct {
	winner, loser claim
	at            *partition.Listener
	client        netip.Addr
	spans         []partition.Span
}

func newSweep(c *checker) *sweep {
	return &sweep{checker: c, won: map[rangeKey]bool{}, alone: map[rangeKey]bool{}, meets: map[meeting]*clash{}}
}

// run sweeps the claims that take part; nil: all of them.
func (s *sweep) run(takesPart func(*claim) bool) {
	var families [2]*field
	for i := range s.listeners {
		l := &s.listeners[i]
		six := l.Local[0].Addr().Is6()
		family := index(six)
		if families[family] == nil {
			families[family] = s.field(six, takesPart)
		}
		s.listener(l, families[family])
	}
}

// field is all claims to clients of one family.
type field struct {
	claims  []claim // in the order of preference
	borders []border
}

// border is where a claim begins or, if ends, where it is over.
type border struct {
	at    netip.Addr
	claim int // -1: nothing begins or ends
	ends  bool
}

// mapped is where IPv4-mapped addresses begin and what comes behind: they are IPv4,
// so no client has one in IPv6.
var mapped = [2]netip.Addr{netip.MustParseAddr("::ffff:0:0"), netip.MustParseAddr("::1:0:0:0")}

func (s *sweep) field(six bool, takesPart func(*claim) bool) *field {
	f := &field{}
	for _, e := range s.inbounds {
		for i, r := range e.Settings().RemoteIPRanges {
			if cl := (claim{e, i, r}); r.Low().Is6() == six && (takesPart == nil || takesPart(&cl)) {
				f.claims = append(f.claims, cl)
			}
		}
	}
	slices.SortStableFunc(f.claims, compareClaims)
	for i := range f.claims {
		f.borders = append(f.borders, border{f.claims[i].rng.Low(), i, false})
		if next := f.claims[i].rng.High().Next(); next.IsValid() {
			f.borders = append(f.borders, border{next, i, true})
		}
	}
	if six {
		f.borders = append(f.borders, border{mapped[0], -1, false}, border{mapped[1], -1, false})
	}
	slices.SortFunc(f.borders, func(a, b border) int { return a.at.Compare(b.at) })
	return f
}

// listener sweeps one listener.
func (s *sweep) listener(l *partition.Listener, f *field) {
	bound := map[*entrance]int{}
	specific := false
	for _, e := range s.inbounds {
		bound[e] = boundAs(e, l)
		specific = specific || bound[e] == 0
	}
	rank := make([]int, len(f.claims))
	for i := range f.claims {
		rank[i] = bound[f.claims[i].entrance]
	}
	q := newClaimQueue(rank)
	for i := 0; i < len(f.borders); {
		at := f.borders[i].at
		for ; i < len(f.borders) && f.borders[i].at == at; i++ {
			if b := f.borders[i]; b.claim >= 0 && rank[b.claim] >= 0 {
				q.set(b.claim, !b.ends)
			}
		}
		// Whom nobody claims by the very address fares as at other addresses, which
		// are a listener of their own.
		if at.Is4In6() || specific && q.specific == 0 {
			continue
		}
		high := partition.Last(at)
		if i < len(f.borders) {
			high = f.borders[i].at.Prev()
		}
		s.interval(l, f.claims, q, partition.Span{Low: at, High: high})
	}
}

// interval looks at clients whom the same claims hold.
func (s *sweep) interval(l *partition.Listener, claims []claim, q *claimQueue, span partition.Span) {
	first, second, anywhere := q.leaders()
	if first < 0 {
		return
	}
	a := &claims[first]
	s.won[a.key()] = true
	if second < 0 || claims[second].entrance != a.entrance {
		s.alone[a.key()] = true
	}
	if second >= 0 && q.rank[second] == q.rank[first] && claims[second].entrance != a.entrance {
		switch b := &claims[second]; {
		case !a.rng.Narrower(b.rng):
			s.meet(CodeRangeTie, l, a, b, span)
		case !b.rng.Covers(a.rng):
			s.meet(connector.CodeRangesOverlap, l, a, b, span)
		}
	}
	if anywhere >= 0 && q.rank[first] == 0 {
		if b := &claims[anywhere]; b.entrance != a.entrance && b.rng.Narrower(a.rng) {
			s.meet(CodeBindingOutranks, l, a, b, span)
		}
	}
}

func (s *sweep) meet(code string, l *partition.Listener, a, b *claim, span partition.Span) {
	key := meeting{code, a.entrance, b.entrance}
	m := s.meets[key]
	if m == nil {
		m = &clash{winner: *a, loser: *b, at: l, client: span.Low}
		s.meets[key] = m
		s.order = append(s.order, key)
	}
	m.spans = append(m.spans, span)
}

// report tells what the sweep found.
func (s *sweep) report() {
	for _, e := range s.inbounds {
		if e.pair < 0 {
			continue
		}
		for i, r := range e.Settings().RemoteIPRanges {
			if !s.won[rangeKey{e, i}] {
				s.neverWins(e, i, r)
			}
		}
	}
	for _, key := range s.order {
		s.clash(key, s.meets[key])
	}
}

func (s *sweep) neverWins(e *entrance, i int, r connector.Range) {
	witness, winner := s.loser(e, i)
	if in := s.policy.Select(witness.Local, witness.Remote); in == e.Inbound {
		winner = "; " + witness.Remote.String() + " is in a smaller one of the same connector"
	}
	s.find(Finding{
		Code: CodeRangeUnreached, Severity: SeverityWarning, Place: indexPath(e.path+".RemoteIPRanges", i),
		Text:    fmt.Sprintf("%v serves nobody: other ranges always win%s", r, winner),
		Fix:     "leave it out",
		Witness: witness,
		Sources: []Source{{Local: e.Settings().Bindings, Ranges: []connector.Range{r}}},
		edit:    dropRange(e, i),
	})
}

func (s *sweep) reportRedundant() {
	for _, e := range s.inbounds {
		for i, r := range e.Settings().RemoteIPRanges {
			if key := (rangeKey{e, i}); s.won[key] && !s.alone[key] {
				witness, _ := s.loser(e, i)
				s.find(Finding{
					Code: CodeRangeRedundant, Severity: SeverityNote, Place: indexPath(e.path+".RemoteIPRanges", i),
					Text:    fmt.Sprintf("without %v the same connector serves its clients by a larger range", r),
					Fix:     "leave it out",
					Witness: witness,
					Sources: []Source{{Local: e.Settings().Bindings, Ranges: []connector.Range{r}}},
					edit:    dropRange(e, i),
				})
			}
		}
	}
}

func dropRange(e *entrance, i int) func(*connector.Config) {
	return func(cfg *connector.Config) {
		r := &cfg.Receive[e.index]
		if len(r.RemoteIPRanges) == 0 {
			r.RemoteIPRanges = slices.Clone(e.Settings().RemoteIPRanges) // of the preset
		}
		r.RemoteIPRanges = slices.Delete(r.RemoteIPRanges, i, i+1)
	}
}

// clash reports two connectors that compete.
func (s *sweep) clash(key meeting, m *clash) {
	spans := partition.Join(m.spans)
	ranges := make([]connector.Range, len(spans))
	for i, span := range spans {
		ranges[i] = span.Range()
	}
	f := Finding{
		Code: key.code, Severity: SeverityWarning, Place: indexPath(m.loser.path+".RemoteIPRanges", m.loser.index),
		Witness: greet(m.at, m.client),
		Sources: []Source{{Local: m.at.Local, Ranges: ranges}},
	}
	winner := strconv.Quote(key.winner.Name())
	switch clients := "clients " + rangesText(ranges); key.code {
	case CodeRangeTie:
		by := "comes first by name"
		if key.winner.Settings().TransportRole != key.loser.Settings().TransportRole {
			by = "has TransportRole FrontendTransport"
		}
		f.Text = fmt.Sprintf("%s go to %s only because that %s: its range %v is as large as %v", clients, winner, by, m.winner.rng, m.loser.rng)
		f.Fix = "let one of the ranges be smaller, or leave these clients out of one"
	case CodeBindingOutranks:
		f.Place = indexPath(m.loser.path+".Bindings", wildcardOf(key.loser, m.at))
		f.Text = fmt.Sprintf("%s go to %s, although its range %v is larger than %v: it is bound to %v and not to all addresses",
			clients, winner, m.winner.rng, m.loser.rng, m.at.Local[0])
		f.Fix = fmt.Sprintf("bind it to %v as well", m.at.Local[0])
		if len(m.at.Local) == 1 {
			f.edit = func(cfg *connector.Config) {
				r := &cfg.Receive[key.loser.index]
				r.Bindings = append(slices.Clone(key.loser.Settings().Bindings), m.at.Local[0])
			}
		}
	default:
		f.Text = fmt.Sprintf("%v overlaps %v of %s in part, which wins for %s because it is smaller", m.loser.rng, m.winner.rng, winner, clients)
		f.Fix = "let one range hold the other, or leave these clients out of one"
	}
	s.find(f)
}

// wildcardOf returns the place of the binding of e to all addresses of l's port.
func wildcardOf(e *entrance, l *partition.Listener) int {
	return max(0, slices.IndexFunc(e.Settings().Bindings, func(b netip.AddrPort) bool {
		return b.Port() == l.Local[0].Port() && b.Addr().IsUnspecified() && b.Addr().BitLen() == l.Local[0].Addr().BitLen()
	}))
}
