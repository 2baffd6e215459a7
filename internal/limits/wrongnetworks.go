package limits

import (
	"hash/maphash"
	"net/netip"
	"time"
)

const (
	wrongFor  = 12 * time.Hour // how long a network is remembered, and up to twice as long
	wrongBits = 1 << 21        // of a set of networks
)

// wrongNetworks are the networks from which a wrong guess has come lately: IPv4 networks of 24
// bits, IPv6 networks of 48 bits, which one owner commonly has as a whole. The memory is the same
// however many there are: a network is one of wrongBits bits, which it may share with others.
type wrongNetworks struct {
	seed      maphash.Seed
	since     time.Time
	now, then []uint64 // sets of bits: of wrongFor since that time, and of wrongFor before it
}

// has reports whether a wrong guess has come from the network of a source.
func (w *wrongNetworks) has(source netip.Addr, now time.Time) bool {
	if w.now == nil {
		return false
	}
	w.age(now)
	word, bit := w.place(source)
	return (w.now[word]|w.then[word])&bit != 0
}

// add remembers the network of a source.
func (w *wrongNetworks) add(source netip.Addr, now time.Time) {
	if w.now == nil {
		w.seed, w.since = maphash.MakeSeed(), now
		w.now, w.then = make([]uint64, wrongBits/64), make([]uint64, wrongBits/64)
	}
	w.age(now)
	word, bit := w.place(source)
	w.now[word] |= bit
}

// age forgets what is older than twice wrongFor.
func (w *wrongNetworks) age(now time.Time) {
	past := now.Sub(w.since)
	if past < wrongFor {
		return
	}
	w.since = now
	w.now, w.then = w.then, w.now
	clear(w.now)
	if past >= 2*wrongFor {
		clear(w.then)
	}
}

// place returns the place of a source's network in the sets.
func (w *wrongNetworks) place(source netip.Addr) (word int, bit uint64) {
	bits := 48
	if source.Is4() {
		bits = 24
	}
	network, _ := source.Prefix(bits) // zero for the zero Addr
	n := maphash.Comparable(w.seed, network) % wrongBits
	return int(n / 64), 1 << (n % 64)
}
