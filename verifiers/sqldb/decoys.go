package sqldb

import (
	"hash/maphash"
	"strings"
	"sync"
	"sync/atomic"
)

// decoys has hashes of users that were checked, to check them for names that have none: that
// takes the time of a user's. Each user has one place, so that a client with an account
// changes one decoy only. They are behind pointers, so that no verb of fmt prints them.
type decoys struct {
	once   sync.Once
	seed   maphash.Seed
	hashes [64]atomic.Pointer[string]
}

// place returns the place of a name.
func (d *decoys) place(name string) int {
	d.once.Do(func() { d.seed = maphash.MakeSeed() })
	return int(maphash.String(d.seed, strings.ToLower(name)) % uint64(len(d.hashes)))
}

// learn makes the hash of a user a decoy.
func (d *decoys) learn(name, hash string) { d.hashes[d.place(name)].Store(&hash) }

// of returns the hash in the place of a name, or the next one there is; "" before the first.
func (d *decoys) of(name string) string {
	first := d.place(name)
	for i := range d.hashes {
		if hash := d.hashes[(first+i)%len(d.hashes)].Load(); hash != nil {
			return *hash
		}
	}
	return ""
}
