package dsn

import (
	"time"

	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/routing"
)

// Report is one report to one sender on recipients of one message that met the
// same fate. It is read only; a Report may be read from by several goroutines.
type Report struct {
	Kind Kind
	ID   string    // makes the Message-ID: letters, digits, "-" and ".", at most 64; "": random
	Date time.Time // zero: now

	Postmaster routing.Address // who reports
	MTA        string          // our host's name, a domain

	Arrived time.Time // when the original came; zero: not told
	Until   time.Time // of Delayed: how long it will be tried; zero: not told

	// UTF8 makes the report one of RFC 6533, which must be sent with SMTPUTF8.
	// Without it the report is ASCII, but for an 8-bit original, and the sender
	// must be, too.
	UTF8 bool

	Recipients []Recipient // one or more

	// Original is the envelope of the message that is reported on. Its sender
	// gets the report, so it must not be null. Its Size decides with MaxSize
	// whether the whole message is returned.
	Original envelope.Envelope
	MaxSize  int64 // in bytes: of a larger original only the header is returned; 0: of every one
}

// Recipient is one recipient of the original and what is known of its fate.
type Recipient struct {
	envelope.Recipient           // To and ORcpt are used
	Status             string    // as in 5.1.1; "": that of Reply, or else of Kind
	Host               string    // who replied: a domain or an address; "": we ourselves
	Reply              string    // what was said, as in 550 5.1.1 User unknown; "": nothing
	Tried              time.Time // the last attempt; zero: there was none
}

// Body returns the body type that MAIL has to declare for the report.
func (r *Report) Body() envelope.BodyType {
	if r.UTF8 || r.full() && r.Original.Body == envelope.EightBitMIME {
		return envelope.EightBitMIME
	}
	return envelope.SevenBit
}

// full reports whether the whole original is returned.
func (r *Report) full() bool {
	o := &r.Original
	return r.Kind == Failed && o.Return != envelope.ReturnHeader && o.Size <= r.MaxSize && o.Body != envelope.BinaryMIME && (r.UTF8 || !o.UTF8)
}
