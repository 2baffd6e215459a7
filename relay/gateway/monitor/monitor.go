package monitor

import (
	"fmt"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/relay/gateway/control"
)

// Level is an exit code of Nagios' plugins.
type Level int

// The levels.
const (
	OK Level = iota
	Warning
	Critical
	Unknown
)

// String returns the word of a level.
func (l Level) String() string {
	return [...]string{"OK", "WARNING", "CRITICAL", "UNKNOWN"}[min(max(l, OK), Unknown)]
}

// Limits are the values from which on something is wrong. The zero Limits find each age and each lifetime wrong;
// DefaultLimits has those of the program.
type Limits struct {
	OldestWarning, OldestCritical time.Duration // age of the oldest message
	ExpiryWarning                 time.Duration // time until a certificate expires; one that has expired is critical
}

// DefaultLimits returns the limits of gateway status and of the console.
func DefaultLimits() Limits {
	return Limits{OldestWarning: 15 * time.Minute, OldestCritical: 4 * time.Hour, ExpiryWarning: 14 * 24 * time.Hour}
}

// Verdict lists the problems of a gateway.
type Verdict struct {
	Level    Level
	Problems []string // the critical ones first; empty: it is OK
}

// Judge returns the verdict on a status.
func Judge(s *control.Status, l Limits) Verdict {
	var critical, warning []string
	for _, reason := range s.NotReady {
		critical = append(critical, "not ready: "+reason)
	}
	for _, b := range s.Bindings {
		if !b.Listening && s.State == control.Serving {
			warning = append(warning, b.Address+" is not open")
		}
	}
	if q := s.Queue; q != nil && !q.Oldest.IsZero() {
		text := "the oldest message is " + Age(s.Time.Sub(q.Oldest)) + " old"
		switch age := s.Time.Sub(q.Oldest); {
		case age >= l.OldestCritical:
			critical = append(critical, text)
		case age >= l.OldestWarning:
			warning = append(warning, text)
		}
	}
	if q := s.Queue; q != nil && q.Unreachable > 0 {
		warning = append(warning, fmt.Sprintf("no Send connector takes %d of the messages", q.Unreachable))
	}
	for _, h := range s.Failing {
		warning = append(warning, fmt.Sprintf("%s can't be delivered to: %s", h.Name, h.Reply))
	}
	for _, c := range s.Certificates {
		switch left := c.Expires.Sub(s.Time); {
		case left <= 0:
			critical = append(critical, fmt.Sprintf("the certificate of %q has expired", c.Connector))
		case left < l.ExpiryWarning:
			warning = append(warning, fmt.Sprintf("the certificate of %q expires in %s", c.Connector, Age(left)))
		}
	}
	if s.Reload != nil && s.Reload.Error != "" {
		warning = append(warning, "the last reload failed")
	}
	for _, log := range s.LostLines {
		if log.Lines > 0 {
			warning = append(warning, fmt.Sprintf("%d lines of the %s log are lost", log.Lines, log.Log))
		}
	}
	v := Verdict{Problems: append(critical, warning...)}
	switch {
	case len(critical) > 0:
		v.Level = Critical
	case len(warning) > 0:
		v.Level = Warning
	}
	return v
}

// Performance returns the numbers of a status as Nagios' plugins print them after a bar.
func Performance(s *control.Status, l Limits) string {
	var all []string
	add := func(name string, value any, limits string) {
		all = append(all, fmt.Sprintf("%s=%v%s", name, value, limits))
	}
	sessions, refused := 0, 0
	for _, c := range s.Sessions {
		sessions += c.Open
	}
	for _, r := range s.Refused {
		refused += r.Count
	}
	add("sessions", sessions, "")
	add("refused", refused, "")
	add("failing", len(s.Failing), "")
	if q := s.Queue; q != nil {
		oldest := 0
		if !q.Oldest.IsZero() {
			oldest = int(s.Time.Sub(q.Oldest).Seconds())
		}
		add("waiting", q.Waiting+q.Sending, "")
		add("suspended", q.Suspended, "")
		add("oldest", fmt.Sprint(oldest, "s"), fmt.Sprintf(";%d;%d", int(l.OldestWarning.Seconds()), int(l.OldestCritical.Seconds())))
		add("queue", fmt.Sprint(q.Bytes, "B"), "")
		if q.Free >= 0 {
			add("free", fmt.Sprint(q.Free, "B"), "")
		}
	}
	return strings.Join(all, " ")
}

// Age returns a duration as people say it: in the largest unit of which it has two, or in seconds.
func Age(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d >= 2*day:
		return fmt.Sprintf("%d days", d/day)
	case d >= 2*time.Hour:
		return fmt.Sprintf("%d hours", d/time.Hour)
	case d >= 2*time.Minute:
		return fmt.Sprintf("%d minutes", d/time.Minute)
	}
	return fmt.Sprintf("%d seconds", max(d, 0)/time.Second)
}
