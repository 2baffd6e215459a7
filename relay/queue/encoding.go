package queue

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/routing"
)

// EncodingVersion is the version of the encoding that MarshalJSON writes.
const EncodingVersion = 1

// MarshalJSON returns the encoding of m, a JSON object in one line, for example for a
// column of a database. Every field comes back from UnmarshalJSON as it was, times to
// the nanosecond and in UTC. Members that would be zero are left out, except id, size,
// to and status:
//
//	v           1, the version: EncodingVersion
//	id          Message.ID, and likewise arrived, size, from, body (a number), utf8,
//	            ret, envid, session, networkid, messageid, subject, traceparent, connector,
//	            remote, helo, user, signable, report
//	held        Message.Suspended
//	recipients  an array of objects with to, notify (an array of words), orcpt, status
//	            (a word), next, hop, attempts, tried, reply, host, advice, addr, tls
//	            (a number), cipher (a number), redirect, delayed, reported
//
// A string that isn't UTF-8, or contains NUL, is written as "base64:" and its base64,
// because JSON, or the JSON type of a database, can't hold it; so is a string that
// begins with "base64:". Every version keeps the names of this version's members.
//
// MarshalJSON fails if a Status isn't one of the constants or if the year of a time
// has more than four digits.
func (m Message) MarshalJSON() ([]byte, error) { return m.AppendJSON(nil) }

// AppendJSON appends what MarshalJSON returns to b.
func (m *Message) AppendJSON(b []byte) ([]byte, error) {
	e := encoder{b: b}
	e.number(`{"v":`, EncodingVersion)
	e.b = appendQuoted(append(e.b, `,"id":`...), m.ID)
	e.time(`,"arrived":`, m.Arrived)
	e.b = strconv.AppendInt(append(e.b, `,"size":`...), m.Size, 10)
	if !m.From.IsNull() {
		e.address(`,"from":`, m.From)
	}
	e.number(`,"body":`, int(m.Body))
	e.flag(`,"utf8":true`, m.UTF8)
	e.text(`,"ret":`, m.Return.String())
	e.text(`,"envid":`, m.EnvID)
	e.text(`,"session":`, m.Session)
	e.text(`,"networkid":`, m.NetworkID)
	e.text(`,"messageid":`, m.MessageID)
	e.text(`,"subject":`, m.Subject)
	e.text(`,"traceparent":`, m.TraceParent)
	e.text(`,"connector":`, m.Connector)
	if m.Remote.IsValid() {
		e.text(`,"remote":`, m.Remote.String())
	}
	e.text(`,"helo":`, m.Helo)
	e.text(`,"user":`, m.User)
	e.flag(`,"signable":true`, m.Signable)
	e.flag(`,"report":true`, m.Report)
	e.flag(`,"held":true`, m.Suspended)
	for i := range m.Recipients {
		e.b = append(e.b, separator(i, `,"recipients":[{"to":`, `,{"to":`)...)
		e.recipient(&m.Recipients[i])
	}
	e.flag("]", len(m.Recipients) > 0)
	return append(e.b, '}'), e.err
}

// encoder appends the members of a JSON object to b. All but address leave out a
// member that would be zero.
type encoder struct {
	b   []byte
	err error // the first one
}

// recipient appends r, after the name of its member to, and the end of its object.
func (e *encoder) recipient(r *Recipient) {
	e.address("", r.To)
	n := 0
	for bit := envelope.NotifyNever; bit <= envelope.NotifyDelay; bit <<= 1 {
		if r.Notify.Has(bit) {
			e.b = append(e.b, separator(n, `,"notify":["`, `,"`)...)
			e.b = append(append(e.b, bit.String()...), '"')
			n++
		}
	}
	e.flag("]", n > 0)
	e.text(`,"orcpt":`, r.ORcpt)
	status, err := r.Status.MarshalText()
	e.fail(err)
	e.b = append(append(append(e.b, `,"status":"`...), status...), '"')
	e.time(`,"next":`, r.Next)
	e.text(`,"hop":`, r.Hop)
	e.number(`,"attempts":`, r.Attempts)
	e.time(`,"tried":`, r.Tried)
	e.text(`,"reply":`, r.Reply)
	e.text(`,"host":`, r.Host)
	e.text(`,"advice":`, r.Advice)
	e.text(`,"addr":`, r.Addr)
	e.number(`,"tls":`, int(r.TLS))
	e.number(`,"cipher":`, int(r.Cipher))
	e.text(`,"redirect":`, r.Redirect)
	e.flag(`,"delayed":true`, r.Delayed)
	e.flag(`,"reported":true`, r.Reported)
	e.b = append(e.b, '}')
}

// separator returns the bytes before element i of an array.
func separator(i int, first, later string) string {
	if i == 0 {
		return first
	}
	return later
}

func (e *encoder) fail(err error) {
	if e.err == nil {
		e.err = err
	}
}

func (e *encoder) flag(member string, set bool) {
	if set {
		e.b = append(e.b, member...)
	}
}

func (e *encoder) number(name string, n int) {
	if n != 0 {
		e.b = strconv.AppendInt(append(e.b, name...), int64(n), 10)
	}
}

func (e *encoder) time(name string, t time.Time) {
	if t.IsZero() {
		return
	}
	b, err := t.UTC().AppendText(append(append(e.b, name...), '"'))
	e.fail(err)
	e.b = append(b, '"')
}

// address appends an address, which has no text that text would write as base64.
func (e *encoder) address(name string, a routing.Address) {
	e.b = appendQuoted(append(e.b, name...), a.String())
}

func (e *encoder) text(name, s string) {
	if s == "" {
		return
	}
	e.b = append(e.b, name...)
	if utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 && !strings.HasPrefix(s, inBase64) {
		e.b = appendQuoted(e.b, s)
		return
	}
	e.b = base64.StdEncoding.AppendEncode(append(append(e.b, '"'), inBase64...), []byte(s))
	e.b = append(e.b, '"')
}

// inBase64 begins a JSON string that is the base64 of text.
const inBase64 = "base64:"

// appendQuoted appends s, which is UTF-8, as a JSON string.
func appendQuoted(b []byte, s string) []byte {
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < ' ' || c == 0x7f:
			b = fmt.Appendf(b, `\u%04x`, c)
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}

// document is the encoding of a Message, to read it.
type document struct {
	V           int               `json:"v"`
	ID          string            `json:"id"`
	Arrived     time.Time         `json:"arrived"`
	Size        int64             `json:"size"`
	From        routing.Address   `json:"from"`
	Body        envelope.BodyType `json:"body"`
	UTF8        bool              `json:"utf8"`
	Ret         string            `json:"ret"`
	EnvID       text              `json:"envid"`
	Session     text              `json:"session"`
	NetworkID   text              `json:"networkid"`
	MessageID   text              `json:"messageid"`
	Subject     text              `json:"subject"`
	TraceParent text              `json:"traceparent"`
	Connector   text              `json:"connector"`
	Remote      text              `json:"remote"`
	Helo        text              `json:"helo"`
	User        text              `json:"user"`
	Signable    bool              `json:"signable"`
	Report      bool              `json:"report"`
	Held        bool              `json:"held"`
	Recipients  []struct {
		To       routing.Address `json:"to"`
		Notify   []string        `json:"notify"`
		ORcpt    text            `json:"orcpt"`
		Status   Status          `json:"status"`
		Next     time.Time       `json:"next"`
		Hop      text            `json:"hop"`
		Attempts int             `json:"attempts"`
		Tried    time.Time       `json:"tried"`
		Reply    text            `json:"reply"`
		Host     text            `json:"host"`
		Advice   text            `json:"advice"`
		Addr     text            `json:"addr"`
		TLS      uint16          `json:"tls"`
		Cipher   uint16          `json:"cipher"`
		Redirect text            `json:"redirect"`
		Delayed  bool            `json:"delayed"`
		Reported bool            `json:"reported"`
	} `json:"recipients"`
}

// text is a string that may be written as base64.
type text string

// UnmarshalText implements encoding.TextUnmarshaler.
func (t *text) UnmarshalText(b []byte) error {
	coded, ok := strings.CutPrefix(string(b), inBase64)
	if !ok {
		*t = text(b)
		return nil
	}
	plain, err := base64.StdEncoding.DecodeString(coded)
	*t = text(plain)
	return err
}

// UnmarshalJSON sets m to the message that MarshalJSON has encoded. Members that this
// version doesn't know are ignored, so that a Store can add its own. An encoding
// without a version, as builds before the first release wrote it, is read as version 1;
// another version is an error.
func (m *Message) UnmarshalJSON(b []byte) error {
	var d document
	err := json.Unmarshal(b, &d)
	if d.V != EncodingVersion && d.V != 0 { // then the other members may be different, too
		return fmt.Errorf("the message has version %d of the encoding; version %d can be read", d.V, EncodingVersion)
	}
	if err != nil {
		return fmt.Errorf("not the encoding of a message: %w", err)
	}
	*m = Message{
		Envelope: envelope.Envelope{
			ID: d.ID, From: d.From, Size: d.Size, Body: d.Body, UTF8: d.UTF8, EnvID: string(d.EnvID), Report: d.Report,
			Session: string(d.Session), NetworkID: string(d.NetworkID), MessageID: string(d.MessageID), Subject: string(d.Subject), TraceParent: string(d.TraceParent),
			Connector: string(d.Connector), Helo: string(d.Helo), User: string(d.User), Signable: d.Signable,
		},
		Arrived: d.Arrived, Suspended: d.Held, Recipients: make([]Recipient, len(d.Recipients)),
	}
	ok := true
	if m.Return, ok = envelope.ParseReturn(d.Ret); !ok && d.Ret != "" {
		return fmt.Errorf("message %q: unknown ret %q", d.ID, d.Ret)
	}
	if d.Remote != "" {
		if m.Remote, err = netip.ParseAddrPort(string(d.Remote)); err != nil {
			return fmt.Errorf("message %q: remote: %w", d.ID, err)
		}
	}
	for i := range d.Recipients {
		r := &d.Recipients[i]
		m.Recipients[i] = Recipient{
			Recipient: envelope.Recipient{To: r.To, ORcpt: string(r.ORcpt)}, Status: r.Status, Next: r.Next,
			Hop: string(r.Hop), Attempts: r.Attempts, Tried: r.Tried, Reply: string(r.Reply), Host: string(r.Host),
			Advice: string(r.Advice), Addr: string(r.Addr), TLS: r.TLS, Cipher: r.Cipher, Redirect: string(r.Redirect), Delayed: r.Delayed, Reported: r.Reported,
		}
		for _, word := range r.Notify {
			bit, ok := envelope.ParseNotify(word)
			if !ok {
				return fmt.Errorf("message %q: unknown notify %q", d.ID, word)
			}
			m.Recipients[i].Notify |= bit
		}
	}
	return nil
}
