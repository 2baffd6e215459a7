package limits

import (
	"hash/maphash"
	"net/netip"
	"time"
)

const (
	wrongFor  = 12 * time.Hour // a network is remembered at least that long, and at most twice as long
	wrongBits = 1 << 21        // of a set of networks
)

// wrongNetworks are the networks from which a wrong guess has come lately. A network is an IPv4
// prefix of 24 bits or an IPv6 prefix of 48 bits, which commonly belongs to one owner. The memory
// doesn't grow: a network sets two of wrongBits bits. If other networks have set both bits, has
// reports a network that was never added; after 10,000 networks that happens to one other network
// in 10,000.
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
	for _, n := range w.places(source) {
		if (w.now[n/64]|w.then[n/64])>>(n%64)&1 == 0 {
			return false
		}
	}
	return true
}

// add remembers the network of a source.
func (w *wrongNetworks) add(source netip.Addr, now time.Time) {
	if w.now == nil {
		w.seed, w.since = maphash.MakeSeed(), now
		w.now, w.then = make([]uint64, wrongBits/64), make([]uint64, wrongBits/64)
	}
	w.age(now)
	for _, n := range w.places(source) {
		w.now[n/64] |= 1 << (n % 64)
	}
}

// age drops the older set once wrongFor has passed.
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

// places returns the places of a source's network in the sets.
func (w *wrongNetworks) places(source netip.Addr) [2]uint64 {
	bits := 48
	if source.Is4() {
		bits = 24
	}
	network, _ := source.Prefix(bits) // zero for the zero Addr
	sum := maphash.Comparable(w.seed, network)
	return [2]uint64{sum % wrongBits, sum >> 32 % wrongBits}
}
