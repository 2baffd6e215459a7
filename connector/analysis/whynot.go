package analysis

import (
	"cmp"
	"math"
	"math/big"
	"net/netip"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/source"
)

// Edit is one change of a Config by which a refusal goes away.
type Edit struct {
	Kind   EditKind
	Path   source.Path      // what is changed, as in Receive["Relay"].RemoteIPRanges
	Text   string           // the change in words
	Config connector.Config // with the change
	After  connector.Walkthrough

	// Admits is what may happen with the change and may not without it; the
	// session itself is part of it if it is Accepted. Nothing may be admitted
	// where a command passes and the next is refused.
	Admits []Change
	// Alters is what the change does beside that: what may no longer happen, or
	// happens otherwise, such as mail that takes another way.
	Alters []Change

	rank int // among edits that admit alike: whom a grant is for, from one user to everybody
}

// Accepted reports whether the change is all that it takes: the session passes to
// its end. Otherwise something later refuses it, as After tells.
func (e Edit) Accepted() bool { return e.After.Accepted() }

// EditKind says what an Edit changes, in a stable form.
type EditKind string

// The kinds of edits.
const (
	EditRange          EditKind = "range"           // the client's address into RemoteIPRanges
	EditBinding        EditKind = "binding"         // the local address into Bindings
	EditEnable         EditKind = "enable"          // a connector that is disabled
	EditGrant          EditKind = "grant"           // a right, by hand
	EditDeny           EditKind = "deny"            // a right's denial taken back
	EditGroup          EditKind = "group"           // a permission group
	EditMechanism      EditKind = "mechanism"       // AuthMechanism
	EditRequirement    EditKind = "requirement"     // a parameter that demands or rejects something, switched off
	EditLimit          EditKind = "limit"           // a size or a number
	EditAcceptedDomain EditKind = "accepted-domain" // one more, or its type
	EditAddressSpace   EditKind = "address-space"   // one more of a Send connector
	EditScope          EditKind = "scope"           // a Send connector for the whole organisation
)

// EditKinds returns all kinds.
func EditKinds() []EditKind {
	return []EditKind{
		EditRange, EditBinding, EditEnable, EditGrant, EditDeny, EditGroup, EditMechanism, EditRequirement, EditLimit,
		EditAcceptedDomain, EditAddressSpace, EditScope,
	}
}

// maxEdits bounds how many edits WhyNot tries: each takes a compilation, and a
// comparison if it helps.
const maxEdits = 40

// WhyNot returns the single changes of p's Config that turn the first refusal of a
// session, and none if nothing is refused or none of those tried helps. Each was
// compiled and the session held again. Those that are all it takes come first, then
// those with which something later refuses the session; both from narrow to wide.
//
// A change is narrower than another if the widest thing that it admits is: the
// number of client addresses times one for a single domain, 2^12 for a domain with
// all below it, and 2^24 for any. Then a grant to a user is narrower than one to a
// group, and that narrower than one to everybody who logged in, or to everybody;
// then what admits fewer things; then the path decides.
//
// What the client can do instead, Remedies tells: where it only needs to log on, no
// change is called for.
//
// At most 40 changes are tried, those of the connector that refused first and those
// that are likely to be all it takes. untried is how many more there are, so in a
// policy of very many connectors some that would help may be missing.
func WhyNot(p *connector.Policy, d connector.Dialog) (edits []Edit, untried int) {
	q := newRefusal(p, d)
	if q == nil {
		return nil, 0
	}
	seen := map[string]bool{}
	for _, s := range q.suggestions() {
		if seen[s.text] {
			continue
		}
		seen[s.text] = true
		if len(seen) > maxEdits {
			untried++
		} else if e, ok := q.try(s); ok {
			edits = append(edits, e)
		}
	}
	slices.SortStableFunc(edits, compareEdits)
	return edits, untried
}

// refusal is a refused stage and all that suggestions look at.
type refusal struct {
	policy  *connector.Policy
	config  connector.Config
	dialog  connector.Dialog
	walk    connector.Walkthrough
	refused int // the stage
}

// newRefusal returns nil if nothing is refused.
func newRefusal(p *connector.Policy, d connector.Dialog) *refusal {
	w := p.Walk(d)
	i := slices.IndexFunc(w.Stages, func(s connector.Stage) bool { return !s.Decision.Allowed() })
	if p == nil || i < 0 {
		return nil
	}
	return &refusal{policy: p, config: p.Config(), dialog: d, walk: w, refused: i}
}

func (q *refusal) stage() connector.Stage { return q.walk.Stages[q.refused] }

// suggestion is an Edit that nobody has tried.
type suggestion struct {
	kind EditKind
	path source.Path
	text string
	rank int
	edit func(*connector.Config)
}

// try makes the Edit of s, if it helps.
func (q *refusal) try(s suggestion) (Edit, bool) {
	cfg := q.policy.Config() // a copy
	s.edit(&cfg)
	p, err := connector.Compile(cfg)
	if err != nil {
		return Edit{}, false // it breaks a rule
	}
	after := p.Walk(q.dialog)
	if !q.passesNow(after) {
		return Edit{}, false
	}
	e := Edit{Kind: s.kind, Path: s.path, Text: s.text, Config: cfg, After: after, rank: s.rank}
	found := Compare(q.policy, p)
	if found.TooLarge != "" {
		e.Admits = []Change{{Direction: Wider, Text: "What it admits isn't known: " + found.TooLarge + "."}}
	}
	for _, c := range found.Changes {
		if c.Direction == Wider {
			e.Admits = append(e.Admits, c)
		} else {
			e.Alters = append(e.Alters, c)
		}
	}
	return e, true
}

// turned reports whether the stage that was refused passes.
func (q *refusal) passesNow(after connector.Walkthrough) bool {
	refused := q.stage()
	nth := 0 // EHLO is said again after STARTTLS, and a recipient may come twice
	for _, s := range q.walk.Stages[:q.refused] {
		if s.Name == refused.Name && s.Command == refused.Command {
			nth++
		}
	}
	for _, s := range after.Stages {
		if s.Name != refused.Name || s.Command != refused.Command {
			continue
		}
		if nth--; nth < 0 {
			return s.Decision.Allowed()
		}
	}
	return false
}

// compareEdits orders those that are all it takes before the others, and from narrow
// to wide.
func compareEdits(a, b Edit) int {
	if a.Accepted() != b.Accepted() {
		if a.Accepted() {
			return -1
		}
		return +1
	}
	return cmp.Or(
		cmp.Compare(a.breadth(), b.breadth()),
		cmp.Compare(a.rank, b.rank),
		cmp.Compare(len(a.Admits), len(b.Admits)),
		cmp.Compare(a.Path, b.Path),
		strings.Compare(a.Text, b.Text),
	)
}

// breadth is the binary logarithm of the widest thing that e admits.
func (e Edit) breadth() float64 {
	widest := 0.0
	for _, c := range e.Admits {
		widest = max(widest, addressBits(c.Sources)+domainBits(c.Domains))
	}
	return math.Round(widest)
}

// addressBits is the binary logarithm of the number of addresses.
func addressBits(sources []Source) float64 {
	total := new(big.Int)
	for _, s := range sources {
		for _, r := range s.Ranges {
			n := new(big.Int).Sub(number(r.High()), number(r.Low()))
			total.Add(total, n.Add(n, big.NewInt(1)))
		}
	}
	f, _ := new(big.Float).SetInt(total).Float64()
	return math.Log2(max(f, 1))
}

func number(a netip.Addr) *big.Int { return new(big.Int).SetBytes(a.AsSlice()) }

// domainBits weighs domains as WhyNot documents it.
func domainBits(domains []string) float64 {
	bits := 0.0
	for _, d := range domains {
		switch {
		case strings.HasPrefix(d, "any "):
			bits = max(bits, 24)
		case strings.HasPrefix(d, "*"):
			bits = max(bits, 12)
		}
	}
	return bits
}
