package dsn

import (
	"net/netip"
	"regexp"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/internal/ascii"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/routing"
)

// dateFormat is the date-time of RFC 5322.
const dateFormat = "Mon, 02 Jan 2006 15:04:05 -0700"

// messageFields begins the second part with the fields about the message (RFC
// 3464, section 2.2).
func (w *writer) messageFields() string {
	var b strings.Builder
	w.part(&b, "Delivery report", "message/"+w.global()+"delivery-status", encoding(w.UTF8))
	if id, ok := envelope.DecodeXtext(w.Original.EnvID); ok && isItem(id) {
		addressField(&b, "Original-Envelope-Id", id)
	}
	field(&b, "Reporting-MTA", "dns; "+w.host)
	dateField(&b, "Arrival-Date", w.Arrived)
	return b.String()
}

// recipientFields writes the fields about one recipient (RFC 3464, section 2.3).
func (w *writer) recipientFields(i int) string {
	r := &w.Recipients[i]
	var b strings.Builder
	b.WriteString("\r\n")
	if text, ok := w.originalRecipient(r.ORcpt); ok {
		addressField(&b, "Original-Recipient", text)
	}
	addressField(&b, "Final-Recipient", w.finalRecipient(r.To))
	field(&b, "Action", w.Kind.String())
	field(&b, "Status", w.status(r))
	if host := hostName(r.Host); host != "" {
		field(&b, "Remote-MTA", "dns; "+host)
	}
	if reply := clean(r.Reply, w.UTF8); reply != "" {
		kind := "x-interchange; "
		if r.Host != "" && replyCode.MatchString(reply) {
			kind = "smtp; "
		}
		field(&b, "Diagnostic-Code", kind+reply)
	}
	dateField(&b, "Last-Attempt-Date", r.Tried)
	if w.Kind == Delayed {
		dateField(&b, "Will-Retry-Until", w.Until)
	}
	return b.String()
}

func dateField(b *strings.Builder, name string, t time.Time) {
	if !t.IsZero() {
		field(b, name, t.Format(dateFormat))
	}
}

// finalRecipient writes an address with its type: rfc822 as it is, utf-8 in a
// UTF-8 report as it is and otherwise in ASCII (RFC 6533, section 3).
func (w *writer) finalRecipient(a routing.Address) string {
	switch text := a.String(); {
	case a.IsASCII():
		return "rfc822; " + text
	case w.UTF8:
		return "utf-8; " + text
	default:
		return "utf-8; " + inASCII(text)
	}
}

// originalRecipient writes what ORCPT held, decoded (RFC 3464, section 2.3.1).
func (w *writer) originalRecipient(orcpt string) (string, bool) {
	kind, text, ok := envelope.DecodeORcpt(orcpt)
	if !ok || len(kind) > 40 {
		return "", false
	}
	if kind != "utf-8" {
		return kind + "; " + text, isItem(text)
	}
	if !w.UTF8 || !isShowable(text) {
		text = inASCII(text)
	}
	return "utf-8; " + text, len(text) <= maxItem
}

// isItem reports whether s fits on one line: printable ASCII of up to maxItem bytes,
// without blanks around it.
func isItem(s string) bool {
	return s != "" && len(s) <= maxItem && ascii.IsPrintable(s) && strings.TrimSpace(s) == s
}

// status returns a recipient's status: the given one, else the status of the reply, else
// one that has only the class.
func (r *Report) status(to *Recipient) string {
	reply := to.Reply
	if len(reply) > 4 && (reply[3] == ' ' || reply[3] == '-') {
		reply = reply[4:]
	}
	reply, _, _ = strings.Cut(reply, " ")
	for _, s := range []string{to.Status, reply} {
		// A failed recipient has 4.X.X if the failure was temporary until it expired.
		if statusCode.MatchString(s) && (s[0] == r.Kind.class() || r.Kind == Failed && s[0] == '4') {
			return s
		}
	}
	if c := to.Reply; r.Kind == Failed && to.Status == "" && len(c) > 3 && c[0] == '4' {
		return "4.0.0"
	}
	return string(r.Kind.class()) + ".0.0"
}

var (
	replyCode  = regexp.MustCompile(`^[2-5][0-9]{2}`)                  // the code of a reply
	statusCode = regexp.MustCompile(`^[245]\.[0-9]{1,3}\.[0-9]{1,3}$`) // a status code of RFC 3463
)

// hostName returns host as an mta-name of the type dns, "" if it isn't a host.
func hostName(host string) string {
	if a, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil && a.Zone() == "" {
		if a = a.Unmap(); a.Is6() {
			return "[IPv6:" + a.String() + "]"
		}
		return "[" + a.String() + "]"
	}
	d, err := routing.ParseDomain(strings.TrimSuffix(host, "."))
	if err != nil {
		return ""
	}
	return d.String()
}
