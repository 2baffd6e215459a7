package dsn

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"
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

// Reader returns the report as a message, header and all, with CRLF line ends.
// message is the one reported on; nil leaves it out. Its first 128 KiB are read at
// once, the rest as the Reader is. The error is that of message, or it says what r
// lacks; an error of message that comes later is the Reader's.
func (r *Report) Reader(message io.Reader) (io.Reader, error) {
	host, err := r.check()
	if err != nil {
		return nil, err
	}
	w := writer{Report: r, host: host, boundary: "=_" + rand.Text()}
	var source *original
	if message != nil {
		if source, err = open(message); err != nil {
			return nil, err
		}
	}
	parts := []io.Reader{
		strings.NewReader(w.head(source)),
		strings.NewReader(w.opening()),
		&chunks{n: len(r.Recipients), at: w.paragraph},
		strings.NewReader(w.closing()),
		strings.NewReader(w.messageFields()),
		&chunks{n: len(r.Recipients), at: w.recipientFields},
	}
	if source != nil {
		part, err := w.original(source)
		if err != nil {
			return nil, err
		}
		parts = append(parts, part)
	}
	return io.MultiReader(append(parts, strings.NewReader("\r\n--"+w.boundary+"--\r\n"))...), nil
}

// check says what r lacks. host is MTA in its canonical form.
func (r *Report) check() (host string, err error) {
	d, err := routing.ParseDomain(r.MTA)
	switch {
	case r.Kind < Failed || r.Kind > Delivered:
		return "", fmt.Errorf("dsn: %d is no Kind", r.Kind)
	case err != nil:
		return "", fmt.Errorf("dsn: MTA: %w", err)
	case !r.Original.From.IsValid():
		return "", errors.New("dsn: Original.From is not an address; a null sender gets no reports")
	case !r.Postmaster.IsValid():
		return "", errors.New("dsn: Postmaster is no address")
	case !r.UTF8 && !(r.Original.From.IsASCII() && r.Postmaster.IsASCII()):
		return "", errors.New("dsn: Original.From or Postmaster isn't ASCII; such a report needs UTF8")
	case len(r.ID) > 64 || strings.Trim(r.ID, letters+digits+"-.") != "":
		return "", errors.New("dsn: ID may have letters, digits, - and ., at most 64")
	case len(r.Recipients) == 0:
		return "", errors.New("dsn: Recipients is empty")
	}
	for i := range r.Recipients {
		if !r.Recipients[i].To.IsValid() {
			return "", fmt.Errorf("dsn: Recipients[%d].To is no address", i)
		}
	}
	return d.String(), nil
}

// writer writes the parts of a report.
type writer struct {
	*Report
	host     string
	boundary string
}

// head writes the header of the report.
func (w *writer) head(source *original) string {
	date, id := w.Date, w.ID
	if date.IsZero() {
		date = time.Now()
	}
	if id == "" {
		id = rand.Text()
	}
	var b strings.Builder
	field(&b, "Date", date.Format(dateFormat))
	addressField(&b, "From", "Mail Delivery <"+w.Postmaster.String()+">")
	addressField(&b, "To", "<"+w.Original.From.String()+">")
	field(&b, "Subject", w.subject())
	field(&b, "Message-ID", "<"+id+"@"+w.host+">")
	if source != nil {
		parent, ancestors := identifiers(source.header.Bytes(nil))
		if parent != "" {
			field(&b, "In-Reply-To", parent)
			field(&b, "References", strings.Join(append(ancestors, parent), " "))
		}
	}
	field(&b, "Auto-Submitted", "auto-replied") // RFC 3834, section 5
	field(&b, "MIME-Version", "1.0")
	field(&b, "Content-Type", `multipart/report; report-type=`+w.global()+`delivery-status; boundary="`+w.boundary+`"`)
	field(&b, "Content-Transfer-Encoding", encoding(w.Body() == envelope.EightBitMIME))
	return b.String()
}

func (w *writer) subject() string {
	switch w.Kind {
	case Failed:
		return "Undeliverable: your message was not delivered"
	case Delayed:
		return "Delayed: your message has not been delivered yet"
	case Relayed:
		return "Relayed: your message was passed on"
	}
	return "Delivered: your message has arrived"
}

// global is what the media types of RFC 6533 have before those of RFC 3464.
func (w *writer) global() string {
	if w.UTF8 {
		return "global-"
	}
	return ""
}

// encoding names a Content-Transfer-Encoding.
func encoding(eightBit bool) string {
	if eightBit {
		return "8bit"
	}
	return "7bit"
}

// part begins a part with its header.
func (w *writer) part(b *strings.Builder, description, contentType, encoding string) {
	b.WriteString("\r\n--" + w.boundary + "\r\n")
	field(b, "Content-Description", description)
	field(b, "Content-Type", contentType)
	field(b, "Content-Transfer-Encoding", encoding)
	b.WriteString("\r\n")
}

// chunks reads texts that are made one by one, so that those on thousands of
// recipients are not in memory together.
type chunks struct {
	n, next int
	at      func(i int) string
	rest    string
}

// Read implements io.Reader.
func (c *chunks) Read(p []byte) (int, error) {
	for c.rest == "" {
		if c.next == c.n {
			return 0, io.EOF
		}
		c.rest = c.at(c.next)
		c.next++
	}
	n := copy(p, c.rest)
	c.rest = c.rest[n:]
	return n, nil
}
