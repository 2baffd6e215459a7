package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/relay/gateway/trace"
)

// printTrace tells the stories of messages. Times are those of now's time zone.
func printTrace(w io.Writer, messages []*trace.Message, now time.Time) {
	for i, m := range messages {
		var b strings.Builder
		if i > 0 {
			b.WriteByte('\n')
		}
		printStory(&b, m, now)
		io.WriteString(w, b.String())
	}
}

// printStory appends the story of m.
func printStory(b *strings.Builder, m *trace.Message, now time.Time) {
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
	printEvents(b, m, now)
	printWaiting(b, m, now)
}

// printEvents appends what happened. Attempts that fail as the one before are counted.
func printEvents(b *strings.Builder, m *trace.Message, now time.Time) {
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
			delay = "+" + afterFirst(e)
		}
		fmt.Fprintf(b, "  %s %9s  %s\n", at.Format("15:04:05.000"), delay, visibleLine(text))
	}
	for i := 0; i < len(m.Events); i++ {
		e := &m.Events[i]
		line(i, e.Sentence())
		for _, r := range e.Recipients {
			fmt.Fprintf(b, "%26s%s\n", "", visibleLine(strings.TrimSuffix(r.To+": "+r.Status, ": ")))
		}
		if n := m.Repeated(i); n > 1 {
			i += n
			line(i, fmt.Sprintf("the same, %d more times", n))
		}
	}
}

// printWaiting appends which recipients wait.
func printWaiting(b *strings.Builder, m *trace.Message, now time.Time) {
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

// afterFirst returns how long after the first event of its message e came.
func afterFirst(e *trace.Event) string {
	d := time.Duration(e.Delay * float64(time.Second))
	if d < time.Minute {
		return fmt.Sprintf("%.3fs", d.Seconds())
	}
	return span(d)
}
