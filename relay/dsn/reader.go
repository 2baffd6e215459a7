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
