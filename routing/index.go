package routing

import (
	"hash/maphash"
	"math/bits"
	"strings"
)

// index finds entries by domain name. It is a hash table rather than a Go map
// from names to lists, which costs two to three times the memory: a name takes
// one eight-byte slot at a load of 3/5, and the entries lie in one array without
// pointers to each other.
//
// Entries of equal name are neighbours; a slot leads to the first of them.
type index[E named] struct {
	seed    maphash.Seed
	slots   []uint64 // low half of the hash above entry number + 1; 0: free
	entries []E
	labels  int // of the longest name: longer suffixes need no look-up
}

// named is an entry of an index.
type named interface {
	domainName() string
}

// newIndex returns an index of the entries. It groups entries of equal name and
// keeps their order within a group.
func newIndex[E named](entries []E) index[E] {
	x := index[E]{seed: maphash.MakeSeed()}
	if len(entries) == 0 {
		return x
	}
	x.slots = make([]uint64, len(entries)*5/3+2)
	// At first a slot leads to the first entry of its name in the order given;
	// group numbers the names.
	group := make([]uint32, len(entries))
	var starts []uint32 // per group: first the number of its entries
	for i, e := range entries {
		name := e.domainName()
		slot, hash := x.probe(name, entries)
		if x.slots[slot] == 0 {
			x.slots[slot] = hash<<32 | uint64(i+1)
			group[i] = uint32(len(starts))
			starts = append(starts, 0)
			x.labels = max(x.labels, Domain{name}.labels())
		} else {
			group[i] = group[uint32(x.slots[slot])-1]
		}
		starts[group[i]]++
	}
	var sum uint32
	for g, n := range starts {
		starts[g], sum = sum, sum+n
	}
	for s, slot := range x.slots {
		if slot != 0 {
			x.slots[s] = slot>>32<<32 | uint64(starts[group[uint32(slot)-1]]+1)
		}
	}
	x.entries = make([]E, len(entries))
	for i, e := range entries {
		x.entries[starts[group[i]]] = e
		starts[group[i]]++
	}
	return x
}

// probe returns the slot that leads to name among entries, or the free one
// where it would be put, and the hash of name.
func (x *index[E]) probe(name string, entries []E) (slot int, hash uint64) {
	hash = maphash.String(x.seed, name)
	at, _ := bits.Mul64(hash, uint64(len(x.slots)))
	for slot = int(at); ; slot++ {
		if slot == len(x.slots) {
			slot = 0
		}
		s := x.slots[slot]
		if s == 0 || s>>32 == hash&(1<<32-1) && entries[uint32(s)-1].domainName() == name {
			return slot, hash
		}
	}
}

// find returns the number of the first entry with this name, or -1.
func (x *index[E]) find(name string) int {
	if len(x.slots) == 0 {
		return -1
	}
	slot, _ := x.probe(name, x.entries)
	return int(uint32(x.slots[slot])) - 1
}

// suffixes walks from a domain to its parents.
type suffixes struct {
	rest string
}

// suffixes returns a walk over d and its parents, longest first, without those that
// have more labels than any name in x. So the depth of the longest name in x bounds the
// work for a hostile name of a hundred labels. For an address literal it yields only
// the literal.
func (x *index[E]) suffixes(d Domain) suffixes {
	name := d.name
	for skip := d.labels() - x.labels; skip > 0 && name != ""; skip-- {
		_, name, _ = strings.Cut(name, ".")
	}
	return suffixes{name}
}

// next returns the next suffix, the empty string at the end.
func (s *suffixes) next() string {
	name := s.rest
	s.rest = ""
	if i := strings.IndexByte(name, '.'); i >= 0 && name[0] != '[' {
		s.rest = name[i+1:]
	}
	return name
}
