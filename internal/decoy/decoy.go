// Package decoy chooses the user whose password is checked for a name that can't log on, so that a
// client can't find out by time who exists.
package decoy

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
)

// Index returns which of n users stands in for a name: 0 to n-1, and 0 without users. The secret key
// and the name decide how far down the list that is, whatever n is. So with a list in order of cost, a
// change of one user changes the cost of few names. It takes the same time for every name: call it
// for users, too.
func Index(key []byte, name string, n int) int {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(name))
	at, _ := bits.Mul64(binary.BigEndian.Uint64(mac.Sum(nil)), uint64(n))
	return int(at)
}
