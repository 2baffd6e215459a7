package reply

import (
	"strconv"
	"strings"

	"github.com/interchange-smtp/interchange/permission"
)

// Reply is an SMTP reply of one line. Text never holds bytes that a client
// sent. The zero Reply is no reply.
type Reply struct {
	Code     int    // 220 to 555
	Enhanced [3]int // RFC 3463; zero: the reply has no enhanced code
	Text     string
}

// String returns the reply as it goes on the wire, without the line end, such
// as "550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain".
func (r Reply) String() string {
	var room [128]byte
	return string(r.Append(room[:0]))
}

// Append appends the reply, as String returns it, to b.
func (r Reply) Append(b []byte) []byte {
	b = strconv.AppendInt(b, int64(r.Code), 10)
	if r.Enhanced != [3]int{} {
		b = append(b, ' ')
		b = r.AppendEnhanced(b)
	}
	if r.Text != "" {
		b = append(b, ' ')
		b = append(b, r.Text...)
	}
	return b
}

// AppendEnhanced appends the enhanced code, such as "5.7.54", to b, or nothing
// without one.
func (r Reply) AppendEnhanced(b []byte) []byte {
	if r.Enhanced == [3]int{} {
		return b
	}
	for i, n := range r.Enhanced {
		if i > 0 {
			b = append(b, '.')
		}
		b = strconv.AppendInt(b, int64(n), 10)
	}
	return b
}

// CutEnhanced cuts the enhanced status code of a class, 2, 4 or 5, off the text of a reply (RFC
// 2034). One of another class contradicts the reply, and is text; then the code is zero.
func CutEnhanced(text string, class int) ([3]int, string) {
	trimmed := strings.TrimLeft(text, " \t")
	end := strings.IndexAny(trimmed, " \t")
	if end < 0 {
		end = len(trimmed)
	}
	word, rest := trimmed[:end], trimmed[end:]
	var e [3]int
	part := 0
	for i, c := range []byte(word) {
		switch {
		case '0' <= c && c <= '9' && e[part] < 100:
			e[part] = e[part]*10 + int(c-'0')
		case c == '.' && part < 2 && i > 0 && word[i-1] != '.':
			part++
		default:
			return [3]int{}, text
		}
	}
	if part != 2 || e[0] != class || word[len(word)-1] == '.' {
		return [3]int{}, text
	}
	return e, strings.TrimLeft(rest, " \t")
}

// MarshalText implements [encoding.TextMarshaler] with String's form.
func (r Reply) MarshalText() ([]byte, error) { return r.Append(nil), nil }

// Bare returns r without enhanced code, for connectors whose
// EnhancedStatusCodesEnabled is off.
func (r Reply) Bare() Reply {
	r.Enhanced = [3]int{}
	return r
}

// Reply returns the reply for the reason in a profile. It is never the zero Reply.
func (c Reason) Reply(p permission.Profile) Reply {
	if c >= reasonCount {
		c = Undecided
	}
	if p == permission.Exchange2007 && reasons[c].old.Code != 0 {
		return reasons[c].old
	}
	return reasons[c].current
}

// BannerText returns the text of the default greeting, without its code: as
// Exchange words it, but in Interchange's name. date is the time of day as RFC 5322
// writes it; "" leaves it out.
func BannerText(fqdn, date string) string {
	if date != "" {
		date = " at " + date
	}
	return fqdn + " Interchange ESMTP MAIL Service ready" + date
}

// HelloText returns the first line of the reply to EHLO, without its code.
// remote is the client's address as netip prints it.
func HelloText(fqdn, remote string) string { return fqdn + " Hello [" + remote + "]" }

// Queued returns the reply to a message that was accepted. id is the server's name
// for the message, host the server's own; characters that could end the line or the
// bracket are left out.
func Queued(id, host string) Reply {
	return Reply{250, [3]int{2, 6, 0}, "[InternalId=" + tame(id) + ", Hostname=" + tame(host) + "] Queued mail for delivery"}
}

// tame keeps the visible ASCII characters of s, except brackets and commas.
func tame(s string) string {
	return strings.Map(func(c rune) rune {
		if c <= ' ' || c >= 0x7f || strings.ContainsRune("[]<>,", c) {
			return -1
		}
		return c
	}, s)
}
