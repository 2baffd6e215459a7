package exchange

import (
	"fmt"
	"io"
	"iter"
	"maps"
	"net/netip"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/routing"
)

// The configurations of items. A site is an Active Directory site, which the servers and links
// that name it make. Of a service, the configuration's Services has the part for the policy,
// and its Transport UseDowngradedExchangeServerAuth. Of a remote domain, the configuration has
// which delivery reports senders there get; the other parameters, about message formats and
// automatic replies, are kept.
type (
	receive      = connector.Receive
	send         = connector.Send
	accepted     = routing.AcceptedDomain
	remoteDomain = connector.RemoteDomain
	transport    = connector.Transport
	service      = connector.Service
	server       = routing.Server
	link         = routing.SiteLink
	site         struct{ Name string }

	bindings = []netip.AddrPort
)

// item is one thing of an organisation: its configuration, what is kept besides,
// and where in the scripts each parameter was set. Slices within cfg are never
// changed in place, so that a copy of the item is a draft of its next state.
type item[C any] struct {
	cfg   C
	kept  map[string]object.Value // what C has no field for, by parameter
	born  string                  // the key it was made with, which its Guid comes from
	marks []mark
	key   string // under which its shelf has it; "" once it is removed
}

// Format writes the key for every verb. Objects carry their items about, and
// package fmt would print all that is in them, passwords too.
func (it *item[C]) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, it.key) }

func (it *item[C]) keep(name string, v object.Value) {
	if it.kept == nil {
		it.kept = map[string]object.Value{}
	}
	it.kept[name] = v
}

// mark remembers where a parameter was set last.
func (it *item[C]) mark(name string, pos source.Position) {
	for i := range it.marks {
		if it.marks[i].name == name {
			it.marks[i].pos = pos
			return
		}
	}
	it.marks = append(it.marks, mark{name, pos})
}

// draft returns a copy of it that can be changed and thrown away.
func (it *item[C]) draft() *item[C] {
	d := *it
	d.kept = maps.Clone(it.kept)
	d.marks = append([]mark(nil), it.marks...)
	return &d
}

// shelf holds the items of one kind in the order in which they were made. Keys
// are unique in any letter case.
type shelf[C any] struct {
	items []*item[C]
	byKey map[string]*item[C] // by folded key
	gone  int                 // removed ones among items
}

// fold is the form by which names are compared, as Windows compares them: with
// Unicode's simple folding.
func fold(s string) string { return object.Fold(s) }

func (s *shelf[C]) find(key string) *item[C] { return s.byKey[fold(key)] }

// put adds it under its key, which must be free.
func (s *shelf[C]) put(key string, it *item[C]) {
	if s.byKey == nil {
		s.byKey = map[string]*item[C]{}
	}
	it.key = key
	if it.born == "" {
		it.born = key
	}
	s.items = append(s.items, it)
	s.byKey[fold(key)] = it
}

// rekey gives it another key, which must be free.
func (s *shelf[C]) rekey(it *item[C], key string) {
	delete(s.byKey, fold(it.key))
	it.key = key
	s.byKey[fold(key)] = it
}

// remove takes it off. Removed items stay in the slice until half of it are, so
// that removing all takes linear time.
func (s *shelf[C]) remove(it *item[C]) {
	delete(s.byKey, fold(it.key))
	it.key = ""
	if s.gone++; s.gone <= len(s.items)/2 {
		return
	}
	var left []*item[C]
	for it := range s.all() {
		left = append(left, it)
	}
	s.items, s.gone = left, 0
}

// all yields the items in order. Items may be removed meanwhile.
func (s *shelf[C]) all() iter.Seq[*item[C]] {
	return func(yield func(*item[C]) bool) {
		for _, it := range s.items {
			if it.key != "" && !yield(it) {
				return
			}
		}
	}
}

func (s *shelf[C]) len() int { return len(s.byKey) }
