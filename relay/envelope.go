package relay

import (
	"crypto/rand"
	"encoding/base32"
	"net/netip"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// Envelope is one transaction: what is known of a message apart from its
// content. The Server makes it at MAIL; it belongs to one goroutine at a time,
// and after Deliver and Release nobody holds on to it.
type Envelope struct {
	ID   string          // names the transaction in Received, in the reply and in logs
	From routing.Address // zero: <>
	To   []Recipient     // the accepted recipients, in order

	Size  int64 // in octets, as declared by the client; 0: not declared
	Body  BodyType
	UTF8  bool   // SMTPUTF8 was asked for
	Ret   string // "FULL", "HDRS" or "": what of the message a DSN returns
	EnvID string // ENVID as the client wrote it, in xtext; it may be sent on as it is

	// Report says that the message is a report of our own on what became of
	// another one. No size limit of ours holds for it.
	Report bool

	Connector string             // the name of the Receive connector
	Inbound   *connector.Inbound // the Receive connector; nil if no Server made the Envelope
	Remote    netip.AddrPort
	Helo      string // what the client calls itself; nothing vouches for it
	User      permission.Principal
	TLS       bool

	// Delivered is what a Handler that took the message wants to have said of
	// it in the Server's log: who has it now, and under which name.
	Delivered string

	// State belongs to the Router, from the first Route to Release.
	State any
}

// Recipient is one accepted recipient.
type Recipient struct {
	To     routing.Address
	Notify []string        // "NEVER", or some of "SUCCESS", "FAILURE", "DELAY"; none: not given
	ORcpt  string          // type;xtext as the client wrote it; it may be sent on as it is
	Route  connector.Route // filled by a Router
}

// BodyType is MAIL's BODY parameter.
type BodyType uint8

// The body types.
const (
	SevenBit BodyType = iota // also if nothing was declared
	EightBitMIME
	BinaryMIME
)

// String returns the type as MAIL writes it.
func (b BodyType) String() string {
	switch b {
	case EightBitMIME:
		return "8BITMIME"
	case BinaryMIME:
		return "BINARYMIME"
	}
	return "7BIT"
}

// idEncoding writes identifiers without letters that are easily confused.
var idEncoding = base32.NewEncoding("ABCDEFGHJKLMNPQRSTUVWXYZ23456789").WithPadding(base32.NoPadding)

// newID returns a random identifier of 16 letters and digits.
func newID() string {
	var b [10]byte
	_, _ = rand.Read(b[:]) // never fails (package crypto/rand)
	return idEncoding.EncodeToString(b[:])
}
