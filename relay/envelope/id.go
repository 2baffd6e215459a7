package envelope

import (
	"crypto/rand"
	"encoding/base32"
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
