package analysis

import (
	"cmp"
	"math"
	"math/big"
	"net/netip"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/source"
)

// Edit is one change of a Config that removes a refusal.
type Edit struct {
	Kind   EditKind
	Path   source.Path      // what is changed, as in Receive["Relay"].RemoteIPRanges
	Text   string           // the change in words
	Config connector.Config // with the change
	After  connector.Walkthrough

	// Admits is the mail that is allowed with the change and not without it; it
	// includes the session itself if that is Accepted. It may be empty if a command
	// passes and the next is refused.
	Admits []Change
	// Alters are the other effects of the change: what is no longer allowed or
	// happens differently, such as mail that takes another route.
	Alters []Change

	rank int // of edits that admit as much: by the clients that a grant is for, from one user to all
}

// Accepted reports whether the change is enough: the session passes to its end.
// Otherwise a later command is refused, see After.
func (e Edit) Accepted() bool { return e.After.Accepted() }

// EditKind is the stable name of what an Edit changes.
type EditKind string

// The kinds of edits.
const (
	EditRange          EditKind = "range"           // the client's address into RemoteIPRanges
	EditBinding        EditKind = "binding"         // the local address into Bindings
	EditEnable         EditKind = "enable"          // a connector that is disabled
	EditGrant          EditKind = "grant"           // a right, by an explicit grant
	EditDeny           EditKind = "deny"            // a denial of a right is removed
	EditGroup          EditKind = "group"           // a permission group
	EditMechanism      EditKind = "mechanism"       // AuthMechanism
	EditRequirement    EditKind = "requirement"     // a parameter that requires or rejects something, switched off
	EditSender         EditKind = "sender"          // one more of AllowedSenders
	EditLimit          EditKind = "limit"           // a size or a number
	EditAcceptedDomain EditKind = "accepted-domain" // one more, or its type
	EditAddressSpace   EditKind = "address-space"   // one more of a Send connector
	EditScope          EditKind = "scope"           // a Send connector for the whole organisation
)

// EditKinds returns all kinds.
func EditKinds() []EditKind {
	return []EditKind{
		EditRange, EditBinding, EditEnable, EditGrant, EditDeny, EditGroup, EditMechanism, EditRequirement, EditSender, EditLimit,
		EditAcceptedDomain, EditAddressSpace, EditScope,
	}
}

// breadth is the binary logarithm of the size of the widest change that e admits.
func (e Edit) breadth() float64 {
	widest := 0.0
	for _, c := range e.Admits {
		widest = max(widest, addressBits(c.Clients)+domainBits(&c))
	}
	return math.Round(widest)
}

// addressBits is the binary logarithm of the number of addresses.
func addressBits(groups []Clients) float64 {
	total := new(big.Int)
	for _, s := range groups {
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
func domainBits(c *Change) float64 {
	bits := 0.0
	if c.MoreDomains > 0 {
		bits = 12 // as if there were a domain with all below it among them
	}
	for _, d := range c.Domains {
		switch {
		case strings.HasPrefix(d, "any "):
			bits = max(bits, 24)
		case strings.HasPrefix(d, "*"):
			bits = max(bits, 12)
		}
	}
	return bits
}

// Narrow reports whether all that e admits is for one client address.
func (e Edit) Narrow() bool {
	for _, c := range e.Admits {
		if len(c.Clients) == 0 || addressBits(c.Clients) > 0 {
			return false
		}
	}
	return true
}

// compareEdits orders the edits that are enough before the others, and both from
// narrow to wide.
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

// Refusal returns the first refusal that remains after the change; ok is false if no
// command is refused.
func (e Edit) Refusal() (s connector.Stage, ok bool) { return firstRefusal(e.After) }

func firstRefusal(w connector.Walkthrough) (s connector.Stage, ok bool) {
	for _, s := range w.Stages {
		if !s.Decision.Allowed() {
			return s, true
		}
	}
	return connector.Stage{}, false
}
