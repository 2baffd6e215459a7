package envelope

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"sync/atomic"
	"time"
)

// idEncoding writes identifiers without characters that are easily confused.
var idEncoding = base32.NewEncoding("ABCDEFGHJKLMNPQRSTUVWXYZ23456789").WithPadding(base32.NoPadding)

// NewID returns a random identifier for an Envelope: 16 letters and digits.
func NewID() string {
	var b [10]byte
	_, _ = rand.Read(b[:]) // never fails (package crypto/rand)
	return EncodeID(b[:])
}

// EncodeID writes b, such as a hash, with the letters and digits of NewID: eight for
// every five bytes.
func EncodeID(b []byte) string { return idEncoding.EncodeToString(b) }

// NewNetworkID returns a random identifier for the NetworkID of an Envelope, in Exchange's form: a
// UUID of version 4 (RFC 9562).
func NewNetworkID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails (package crypto/rand)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	text := make([]byte, 0, len("00000000-0000-0000-0000-000000000000"))
	for i, c := range b {
		if 4 <= i && i <= 10 && i%2 == 0 {
			text = append(text, '-')
		}
		text = hex.AppendEncode(text, []byte{c})
	}
	return string(text)
}

// ValidNetworkID reports whether id has the form of a NetworkID: 32 hexadecimal digits in groups of
// 8, 4, 4, 4 and 12.
func ValidNetworkID(id string) bool {
	if len(id) != 36 {
		return false
	}
	for i := range len(id) {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if c := id[i]; dash != (c == '-') || !dash && !('0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f') {
			return false
		}
	}
	return true
}

// ticksAtEpoch are the units of 100 nanoseconds from the year 1 to 1970.
const ticksAtEpoch = 621_355_968_000_000_000

var lastSession atomic.Int64

// NewSessionID returns an identifier for a connection, in the form of Exchange's: 16 hexadecimal
// digits, by which connections are in the order of their beginnings.
func NewSessionID() string {
	now := time.Now().UnixNano()/100 + ticksAtEpoch
	for {
		last := lastSession.Load()
		id := max(now, last+1)
		if lastSession.CompareAndSwap(last, id) {
			return fmt.Sprintf("%016X", id)
		}
	}
}
