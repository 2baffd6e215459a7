package trace

import (
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/relay/tracking"
)

// Sentence says what happened.
func (e *Event) Sentence() string {
	var b strings.Builder
	if e.Report != "" && e.Event != tracking.DSN {
		b.WriteString("delivery report ")
	}
	b.WriteString(e.verb())
	switch {
	case e.Host != "" && e.Source == "QUEUE":
		b.WriteString("; last answer from " + peer(e.Host, e.HostIP))
	case e.Host != "":
		b.WriteString(" by " + peer(e.Host, e.HostIP))
	case e.Client != "" || e.ClientIP != "":
		b.WriteString(", from " + peer(e.Client, e.ClientIP))
	}
	if e.Connector != "" {
		b.WriteString(", connector " + e.Connector)
	}
	if e.User != "" && e.Host == "" {
		b.WriteString(", user " + e.User)
	}
	for _, part := range [...]string{e.TLS, e.Reason} {
		if part != "" {
			b.WriteString(", " + part)
		}
	}
	if e.Operator != "" {
		b.WriteString(" " + e.Operator)
	}
	return b.String()
}

// verb says what happened, in a word or two.
func (e *Event) verb() string {
	switch e.Event {
	case tracking.Receive:
		return "received"
	case tracking.Send:
		return "accepted"
	case tracking.Defer:
		if e.Source == "ADMIN" {
			return "suspended by operator"
		}
		return "deferred"
	case tracking.Fail:
		switch e.Source {
		case "QUEUE":
			return "given up because of its age"
		case "ROUTING":
			return "refused without an attempt"
		}
		return "refused"
	case tracking.DSN:
		return "delivery report made"
	case tracking.Drop:
		if e.Source == "ADMIN" {
			return "dropped by operator"
		}
		return "recipient removed"
	case tracking.Resubmit:
		switch e.Action {
		case "resume":
			return "resumed by operator"
		case "import":
			return "imported by operator"
		}
		return "made due by operator"
	}
	return e.Event // of Exchange
}

// peer names a host and its address.
func peer(name, ip string) string {
	switch {
	case name == "" || name == ip:
		return "[" + ip + "]"
	case ip == "":
		return name
	}
	return name + " [" + ip + "]"
}

// Repeated returns how many attempts after the one of event i fail in the same way, before anything else happens.
func (m *Message) Repeated(i int) (n int) {
	e := &m.Events[i]
	if e.Event != tracking.Defer || e.Source == "ADMIN" {
		return 0
	}
	for _, next := range m.Events[i+1:] {
		if next.Event != e.Event || next.Sentence() != e.Sentence() || !slices.Equal(next.Recipients, e.Recipients) {
			break
		}
		n++
	}
	return n
}

// Outcome says what became of a recipient, as far as the log knows.
type Outcome struct {
	To     string
	Word   string // queued, accepted, deferred, suspended, refused, expired, dropped or removed
	Status string // the reply or reason of the last event; "": none
}

// Outcomes returns the Outcome of each recipient, in the order in which they first appear. Delivery reports on the
// message don't count.
func (m *Message) Outcomes() []Outcome {
	var list []Outcome
	index := make(map[string]int)
	for i := range m.Events {
		e := &m.Events[i]
		word := e.outcome()
		if word == "" || e.Report != "" {
			continue
		}
		for _, r := range e.Recipients {
			k, known := index[strings.ToLower(r.To)]
			if !known {
				k = len(list)
				index[strings.ToLower(r.To)] = k
				list = append(list, Outcome{To: r.To})
			}
			list[k].Word, list[k].Status = word, r.Status
		}
	}
	return list
}

// outcome returns the Word of an Outcome that the event stands for; "": none.
func (e *Event) outcome() string {
	byQueue, byAdmin := e.Source == "QUEUE", e.Source == "ADMIN"
	switch e.Event {
	case tracking.Receive, tracking.Resubmit:
		return "queued"
	case tracking.Send, "DELIVER":
		return "accepted"
	case tracking.Defer:
		if byAdmin {
			return "suspended"
		}
		return "deferred"
	case tracking.Fail:
		if byQueue {
			return "expired"
		}
		return "refused"
	case tracking.Drop:
		if byAdmin {
			return "dropped"
		}
		return "removed"
	}
	return ""
}
