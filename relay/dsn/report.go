package dsn

import (
	"iter"
	"time"

	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/routing"
)

// Report is one report to one sender about recipients of one message with the same
// outcome. Its methods only read it, so that several goroutines can use it.
type Report struct {
	Kind Kind
	ID   string    // makes the Message-ID: letters, digits, "-" and ".", at most 64; "": random
	Date time.Time // zero: now

	Postmaster routing.Address // the sender shown in the report
	Copy       bool            // it goes to Postmaster, and to the original's sender only in the field To
	MTA        string          // the name of the reporting server, a domain

	Arrived time.Time // when the original arrived; zero: left out
	Until   time.Time // of Delayed: until when delivery is tried; zero: left out

	// UTF8 makes the report one of RFC 6533, which must be sent with SMTPUTF8.
	// Without it the report is ASCII, except for an 8-bit original, and the sender
	// must be ASCII too.
	UTF8 bool

	Recipients []Recipient // one or more

	// Original is the envelope of the message that is reported on. Its sender
	// gets the report, or what it is a Copy of, so it must not be null. Its Size decides with MaxSize
	// whether the whole message is returned.
	Original envelope.Envelope
	MaxSize  int64 // in bytes: of a larger original only the header is returned; 0: of every original
}

// Recipient is one recipient of the original and its outcome.
type Recipient struct {
	envelope.Recipient           // To and ORcpt are used
	Status             string    // as in 5.1.1; "": the status of Reply, else of Kind
	Host               string    // that replied: a domain or an address; "": this server
	Reply              string    // as in 550 5.1.1 User unknown; "": no reply
	Advice             string    // what this server's administrator can do about Reply, in sentences; "": nothing is known
	Tried              time.Time // the last attempt; zero: no attempt
}

// Body returns the body type that MAIL has to declare for the report.
func (r *Report) Body() envelope.BodyType {
	if r.UTF8 || r.full() && r.Original.Body == envelope.EightBitMIME {
		return envelope.EightBitMIME
	}
	return envelope.SevenBit
}

// Envelope returns the envelope with which the report is sent. It has no sender, so that no
// report answers it.
func (r *Report) Envelope() envelope.Envelope {
	return envelope.Envelope{
		ID: r.ID, Report: true, Remote: r.Original.Remote, Body: r.Body(), UTF8: r.UTF8,
		Session: r.Original.Session, TraceParent: r.Original.TraceParent, NetworkID: envelope.NewNetworkID(), MessageID: r.messageID(), Subject: kinds[min(r.Kind, Delivered)].subject,
	}
}

// messageID returns the Message-ID of the report; "" if it is random, or MTA isn't a domain.
func (r *Report) messageID() string {
	host, err := routing.ParseDomain(r.MTA)
	if r.ID == "" || err != nil {
		return ""
	}
	return "<" + r.ID + "@" + host.String() + ">"
}

// To returns the recipient of the report: the sender of the original, or the postmaster of a Copy.
func (r *Report) To() envelope.Recipient {
	to := r.Original.From
	if r.Copy {
		to = r.Postmaster
	}
	return envelope.Recipient{To: to, Notify: envelope.NotifyNever}
}

// Statuses yields the status code that the report has for each of its Recipients, in their order.
func (r *Report) Statuses() iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := range r.Recipients {
			if !yield(r.status(&r.Recipients[i])) {
				return
			}
		}
	}
}

// full reports whether the whole original is returned.
func (r *Report) full() bool {
	o := &r.Original
	return r.Kind == Failed && o.Return != envelope.ReturnHeader && o.Size <= r.MaxSize && o.Body != envelope.BinaryMIME && (r.UTF8 || !o.UTF8)
}
