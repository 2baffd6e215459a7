package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/relay/tracking"
)

// printTrace tells the stories of messages. Times are those of now's time zone.
func printTrace(w io.Writer, messages []*traceMessage, now time.Time) {
	for i, m := range messages {
		var b strings.Builder
		if i > 0 {
			b.WriteByte('\n')
		}
		m.print(&b, now)
		io.WriteString(w, b.String())
	}
}

// print appends the story of m.
func (m *traceMessage) print(b *strings.Builder, now time.Time) {
	fmt.Fprintf(b, "%s from %s", cmp.Or(visibleLine(m.MessageID), "message"), visibleLine(cmp.Or(m.From, "?")))
	if m.Size > 0 {
		fmt.Fprintf(b, ", %s", bytesOf(m.Size))
	}
	if m.Subject != "" {
		fmt.Fprintf(b, ", %q", visibleLine(m.Subject))
	}
	end := "\n"
	for _, name := range [...][2]string{{"ID", m.ID}, {"network ID", m.NetworkID}, {"session", m.Session}} {
		if name[1] != "" {
			fmt.Fprintf(b, "%s  %s %s", end, name[0], visibleLine(name[1]))
			end = ""
		}
	}
	b.WriteByte('\n')
	m.printEvents(b, now)
	m.printWaiting(b, now)
}

// printEvents appends what happened. Attempts that fail as the one before are counted.
func (m *traceMessage) printEvents(b *strings.Builder, now time.Time) {
	day := ""
	line := func(i int, text string) {
		e := &m.Events[i]
		at := e.Time.In(now.Location())
		if d := at.Format("2006-01-02 MST"); d != day {
			day = d
			fmt.Fprintf(b, "  %s\n", day)
		}
		delay := ""
		if i > 0 {
			delay = "+" + e.delay()
		}
		fmt.Fprintf(b, "  %s %9s  %s\n", at.Format("15:04:05.000"), delay, visibleLine(text))
	}
	for i := 0; i < len(m.Events); i++ {
		e := &m.Events[i]
		line(i, e.sentence())
		for _, r := range e.Recipients {
			fmt.Fprintf(b, "%26s%s\n", "", visibleLine(strings.TrimSuffix(r.To+": "+r.Status, ": ")))
		}
		if n := m.repeated(i); n > 1 {
			i += n
			line(i, fmt.Sprintf("the same, %d more times", n))
		}
	}
}

// repeated returns how many attempts after the one of event i fail in the same way, before anything else happens.
func (m *traceMessage) repeated(i int) (n int) {
	e := &m.Events[i]
	if e.Event != tracking.Defer || e.Source == "ADMIN" {
		return 0
	}
	for _, next := range m.Events[i+1:] {
		if next.Event != e.Event || next.sentence() != e.sentence() || !slices.Equal(next.Recipients, e.Recipients) {
			break
		}
		n++
	}
	return n
}

// printWaiting appends which recipients wait.
func (m *traceMessage) printWaiting(b *strings.Builder, now time.Time) {
	for _, r := range m.Waiting {
		fmt.Fprintf(b, "  %-12s %9s  %s waits", "now", "", visibleLine(r.To))
		if r.NextHop != "" {
			fmt.Fprintf(b, " for %s", visibleLine(r.NextHop))
		}
		switch {
		case r.Suspended:
			b.WriteString(", suspended by an operator")
		case r.Next.After(now):
			fmt.Fprintf(b, ", next try in %s", span(r.Next.Sub(now)))
		}
		if r.Reply != "" {
			fmt.Fprintf(b, ": %s", visibleLine(r.Reply))
		}
		b.WriteByte('\n')
		if r.Advice != "" {
			fmt.Fprintf(b, "%26s%s\n", "", visibleLine(r.Advice))
		}
	}
}

// delay returns how long after the first event it came.
func (e *traceEvent) delay() string {
	d := time.Duration(e.Delay * float64(time.Second))
	if d < time.Minute {
		return fmt.Sprintf("%.3fs", d.Seconds())
	}
	return span(d)
}

// sentence says what happened.
func (e *traceEvent) sentence() string {
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
func (e *traceEvent) verb() string {
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
