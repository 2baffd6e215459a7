package replay

import (
	"cmp"
	"net/netip"
	"slices"
)

// clientCounts counts the clients of a connector. It is exact as long as there is
// room; from then on it is the Space-Saving sketch of Metwally, Agrawal and El
// Abbadi: a new client takes the place of one with the lowest count, whose count
// it inherits as its possible error. So clients with many sessions always stay.
type clientCounts struct {
	room  *int // shared by all
	byIP  map[netip.Addr]int32
	all   []clientCount
	heap  []int32 // of all, lowest count first; nil while exact
	total int64
}

// clientCount is one client.
type clientCount struct {
	addr         netip.Addr
	name         string // its first name at EHLO
	count, error int64
	rng          int32 // the index of the range that contains it; -1 if no range does
	at           int32 // in the heap
}

// leastClients is the room that every connector has, regardless of their number.
const leastClients = 64

// exact reports whether every client is counted exactly.
func (s *clientCounts) exact() bool { return s.heap == nil }

// add counts a session of a client. isNew is true for its first.
func (s *clientCounts) add(addr netip.Addr) (found *clientCount, isNew bool) {
	s.total++
	if i, ok := s.byIP[addr]; ok {
		s.all[i].count++
		if s.heap != nil {
			s.sink(int(s.all[i].at))
		}
		return &s.all[i], false
	}
	if s.byIP == nil {
		s.byIP = map[netip.Addr]int32{}
	}
	if s.heap == nil && (*s.room > 0 || len(s.all) < leastClients) {
		*s.room--
		i := int32(len(s.all))
		s.all = append(s.all, clientCount{addr: addr, count: 1})
		s.byIP[addr] = i
		return &s.all[i], true
	}
	return s.replace(addr), true
}

// replace puts addr in the place of a client with the lowest count.
func (s *clientCounts) replace(addr netip.Addr) *clientCount {
	if s.heap == nil {
		s.heap = make([]int32, len(s.all))
		for i := range s.heap {
			s.heap[i] = int32(i)
		}
		slices.SortFunc(s.heap, func(a, b int32) int { return cmp.Compare(s.all[a].count, s.all[b].count) })
		for at, i := range s.heap {
			s.all[i].at = int32(at)
		}
	}
	i := s.heap[0]
	out := &s.all[i]
	delete(s.byIP, out.addr)
	s.byIP[addr] = i
	*out = clientCount{addr: addr, count: out.count + 1, error: out.count}
	s.sink(0)
	return out
}

// sink moves an entry of the heap down to its place.
func (s *clientCounts) sink(at int) {
	for {
		least := at
		for child := 2*at + 1; child <= 2*at+2 && child < len(s.heap); child++ {
			if s.all[s.heap[child]].count < s.all[s.heap[least]].count {
				least = child
			}
		}
		if least == at {
			return
		}
		s.heap[at], s.heap[least] = s.heap[least], s.heap[at]
		s.all[s.heap[at]].at, s.all[s.heap[least]].at = int32(at), int32(least)
		at = least
	}
}

// name notes the EHLO name of a client.
func (s *clientCounts) name(addr netip.Addr, name string) {
	if i, ok := s.byIP[addr]; ok && s.all[i].name == "" {
		s.all[i].name = name[:min(len(name), 64)]
	}
}

// top returns the n clients with the highest counts.
func (s *clientCounts) top(n int) []Client {
	order := slices.SortedFunc(slices.Values(s.all), func(a, b clientCount) int {
		return cmp.Or(cmp.Compare(b.count, a.count), a.addr.Compare(b.addr))
	})
	list := make([]Client, 0, min(n, len(order)))
	for _, o := range order[:min(n, len(order))] {
		list = append(list, Client{Address: o.addr, Name: printable(o.name), Sessions: o.count, Error: o.error})
	}
	return list
}
