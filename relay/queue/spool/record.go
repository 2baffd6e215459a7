package spool

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"hash/crc32"
	"strconv"
)

// A segment is a sequence of records. Each begins with a header, a line of
// text of a fixed length, in which all numbers are hexadecimal:
//
//	-- NONCE KIND METALEN BODYLEN METASUM BODYSUM HEADERSUM
//
// Then come METALEN bytes of JSON, and BODYLEN bytes of the message as it is.
// A header begins with the end of a line, so that it has a line of its own. The
// sums are CRC-32C.
//
// The nonce is random, another one for each segment, and part of its name. Without it
// a client could write a message that is taken for a record where the spool searches
// for the next record after damage.
const (
	headerStart = "\n-- "
	nonceLen    = 32
	headerLen   = len(headerStart) + nonceLen + len(" kind") + 5*len(" 00000000") + len("\n")
)

// kind says what a record is. All have four letters.
type kind string

const (
	kindPut  kind = "mail" // a message, its state, and its content unless that is in a file
	kindSave kind = "save" // the new state of a message
	kindGone kind = "gone" // a message was removed
	kindEnd  kind = "done" // the last record: everything before it is durable
)

// nonce distinguishes the headers of one segment from any other data.
type nonce [nonceLen]byte

// newNonce returns a random nonce.
func newNonce() (n nonce) {
	var b [nonceLen / 2]byte
	_, _ = rand.Read(b[:]) // never fails (package crypto/rand)
	hex.Encode(n[:], b[:])
	return n
}

// header is the header of a record.
type header struct {
	kind    kind
	metaLen uint32
	bodyLen uint32
	metaSum uint32
	bodySum uint32
}

// size returns the length of the whole record, in bytes.
func (h header) size() int64 { return int64(headerLen) + int64(h.metaLen) + int64(h.bodyLen) }

// append appends the header as text. stamp adds the nonce and the checksum.
func (h header) append(b []byte) []byte {
	b = append(append(b, headerStart...), make([]byte, nonceLen)...)
	b = append(append(b, ' '), h.kind...)
	for _, v := range [...]uint32{h.metaLen, h.bodyLen, h.metaSum, h.bodySum, 0} {
		b = appendHex(append(b, ' '), v)
	}
	return append(b, '\n')
}

// stamp completes the header at the start of b for the segment with the nonce n, which
// is known only when the record is written.
func stamp(b []byte, n nonce) {
	copy(b[len(headerStart):], n[:])
	appendHex(b[:headerLen-9], headerSum(b))
}

// headerSum returns the checksum of a header's text.
func headerSum(b []byte) uint32 {
	return sum(b[:headerLen-9])
}

// parseHeader parses the header at the start of b. ok is false if b doesn't begin with
// a header of the segment with the nonce n.
func parseHeader(b []byte, n nonce) (h header, ok bool) {
	const afterNonce = len(headerStart) + nonceLen
	if len(b) < headerLen || string(b[:len(headerStart)]) != headerStart || string(b[len(headerStart):afterNonce]) != string(n[:]) {
		return header{}, false
	}
	var numbers [5]uint32
	at := afterNonce + len(" kind")
	for i := range numbers {
		v, ok := parseHex(b[at+1 : at+9])
		if b[at] != ' ' || !ok {
			return header{}, false
		}
		numbers[i] = v
		at += len(" 00000000")
	}
	h = header{kind(b[afterNonce+1 : afterNonce+5]), numbers[0], numbers[1], numbers[2], numbers[3]}
	switch h.kind {
	case kindPut, kindSave, kindGone, kindEnd:
	default:
		return header{}, false
	}
	return h, b[afterNonce] == ' ' && b[at] == '\n' && numbers[4] == headerSum(b)
}

// appendHex appends v in eight hexadecimal digits.
func appendHex(b []byte, v uint32) []byte {
	return hex.AppendEncode(b, binary.BigEndian.AppendUint32(make([]byte, 0, 4), v))
}

// parseHex reads eight lower-case hexadecimal digits.
func parseHex(b []byte) (v uint32, ok bool) {
	n, err := strconv.ParseUint(string(b), 16, 32)
	return uint32(n), err == nil && !bytes.ContainsAny(b, "ABCDEF")
}

// castagnoli is a polynomial for which processors have an instruction.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// sum returns the CRC-32C of b.
func sum(b []byte) uint32 { return crc32.Checksum(b, castagnoli) }
