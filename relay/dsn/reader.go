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

// Reader returns the report as a message with header and body and CRLF line ends.
// message is the original; nil leaves it out. Reader reads the first 128 KiB of it, and
// the returned reader the rest. The error is an error of message, or says which field
// of r is invalid. Later errors of message are errors of the returned reader.
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

// writer writes the parts of a report.
type writer struct {
	*Report
	host     string
	boundary string
}

// global returns the prefix of the media types of RFC 6533, "" for RFC 3464.
func (w *writer) global() string {
	if w.UTF8 {
		return "global-"
	}
	return ""
}

// encoding returns the value of Content-Transfer-Encoding.
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

// check returns an error if a field of r is invalid. host is MTA in canonical form.
func (r *Report) check() (host string, err error) {
	d, err := routing.ParseDomain(r.MTA)
	switch {
	case r.Kind < Failed || r.Kind > Delivered:
		return "", fmt.Errorf("%d is not a kind of report", r.Kind)
	case err != nil:
		return "", fmt.Errorf("the name of the reporting server: %w", err)
	case !r.Original.From.IsValid():
		return "", errors.New("the original has no sender to report to")
	case !r.Postmaster.IsValid():
		return "", errors.New("the postmaster is not an address")
	case !r.UTF8 && !(r.Original.From.IsASCII() && r.Postmaster.IsASCII()):
		return "", errors.New("the sender or the postmaster isn't ASCII, but the report is")
	case len(r.ID) > 64 || strings.Trim(r.ID, letters+digits+"-.") != "":
		return "", errors.New("the identifier of the report has other characters than letters, digits, - and ., or more than 64")
	case len(r.Recipients) == 0:
		return "", errors.New("the report has no recipients")
	}
	for i := range r.Recipients {
		if !r.Recipients[i].To.IsValid() {
			return "", fmt.Errorf("recipient %d is not an address", i+1)
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
	field(&b, "Subject", kinds[w.Kind].subject)
	field(&b, "Message-ID", "<"+id+"@"+w.host+">")
	if source != nil {
		parent, ancestors := identifiers(source.header)
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

// chunks reads n texts that it makes one by one, so that the texts about thousands of
// recipients are not in memory together.
type chunks struct {
	n, next int
	at      func(i int) string
	rest    string
}

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
