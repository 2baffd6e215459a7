package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/interchange-smtp/interchange/relay/gateway/control"
	"github.com/interchange-smtp/interchange/relay/gateway/monitor"
)

// statusTimeout is how long a gateway may take to answer, so that a monitor gets an answer
// before it gives up.
const statusTimeout = 10 * time.Second

// statusFlags are the flags of status.
type statusFlags struct {
	data         string
	json, nagios bool
	limits       monitor.Limits
}

func (f *statusFlags) register(fs *flag.FlagSet) {
	f.limits = monitor.DefaultLimits()
	fs.StringVar(&f.data, "data", "", "the `DIR` that the gateway was started with")
	fs.BoolVar(&f.json, "json", false, "print for machines")
	fs.BoolVar(&f.nagios, "nagios", false, "print for Nagios: performance data in the first line, and what is wrong in the next ones")
	fs.Func("oldest-warning", "warning if a message has been queued for `AGE`, as in 90s, 4h or 2d (default 15m)", age(&f.limits.OldestWarning))
	fs.Func("oldest-critical", "critical if a message has been queued for `AGE` (default 4h)", age(&f.limits.OldestCritical))
	fs.Func("expiry-warning", "warning if a certificate expires within `TIME` (default 14d)", age(&f.limits.ExpiryWarning))
}

// runStatus registers the flags of gateway status and returns its runner.
func runStatus(c *cli, fs *flag.FlagSet) runner {
	var f statusFlags
	f.register(fs)
	return func([]string) int { return c.status(&f) }
}

// status prints the state of a running gateway. The exit codes are those of Nagios' plugins.
func (c *cli) status(f *statusFlags) int {
	if f.data == "" {
		return c.invalid(errNoData)
	}
	s, err := statusOf(f.data)
	if err != nil {
		v := monitor.Unknown
		if errors.Is(err, control.ErrNoGateway) {
			v = monitor.Critical
		}
		fmt.Fprintf(c.stdout, "INTERCHANGE %v - %v\n", v, err)
		return int(v)
	}
	v := monitor.Judge(s, f.limits)
	switch {
	case f.json:
		c.printJSON(struct {
			Level    string   `json:"level"`
			Problems []string `json:"problems,omitempty"`
			*control.Status
		}{v.Level.String(), v.Problems, s})
	case f.nagios:
		fmt.Fprintf(c.stdout, "%s | %s\n", headline(s, v), monitor.Performance(s, f.limits))
		printLines(c.stdout, v.Problems)
	default:
		fmt.Fprintln(c.stdout, headline(s, v))
		printLines(c.stdout, v.Problems)
		printStatus(c.stdout, s)
	}
	return int(v.Level)
}

// statusOf asks the gateway that runs on a data directory for its status.
func statusOf(data string) (s *control.Status, err error) {
	err = askSoon(data, control.Request{Action: control.GetStatus}, func(e control.Event) { s = cmp.Or(e.Status, s) })
	if err == nil && s == nil {
		err = errors.New("the gateway's answer has no status")
	}
	return s, err
}

// askSoon asks the gateway that runs on a data directory, and passes on each part of the answer. It gives up after
// statusTimeout.
func askSoon(data string, request control.Request, take func(control.Event)) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeoutCause(ctx, statusTimeout, fmt.Errorf("the gateway on %s has not answered for %v", data, statusTimeout))
	defer cancel()
	for e, err := range control.Do(ctx, data, request) {
		if err != nil {
			return err
		}
		take(e)
	}
	return nil
}

// headline is the first line of a status.
func headline(s *control.Status, v monitor.Verdict) string {
	text := fmt.Sprintf("INTERCHANGE %v - %s", v.Level, s.State)
	if len(v.Problems) > 0 {
		text += "; " + visibleLine(strings.ReplaceAll(v.Problems[0], "|", "/"))
		if more := len(v.Problems) - 1; more > 0 {
			text += fmt.Sprintf(" and %d more", more)
		}
	}
	if q := s.Queue; q != nil {
		text += "; " + count(q.Waiting+q.Sending, "message") + " waiting"
	}
	return text
}

func printLines(w io.Writer, lines []string) {
	for _, line := range lines {
		fmt.Fprintln(w, "  "+visibleLine(strings.ReplaceAll(line, "|", "/")))
	}
}

// printStatus prints a status for people, a line for each thing.
func printStatus(w io.Writer, s *control.Status) {
	row := func(name, format string, args ...any) {
		fmt.Fprintf(w, "%-13s %s\n", name, visibleLine(fmt.Sprintf(format, args...)))
	}
	since := func(t time.Time) string { return exactly(t) + ", " + span(s.Time.Sub(t)) + " ago" }
	if s.Started.IsZero() {
		return // there is nothing to say yet
	}
	row("started", "%s", since(s.Started))
	row("policy", "%s since %s", s.Policy, exactly(s.Since))
	if r := s.Reload; r != nil {
		outcome := "succeeded"
		if r.Error != "" {
			outcome = "failed: " + strings.ReplaceAll(r.Error, "\n", "; ")
		}
		row("last reload", "%s: %s", since(r.Time), outcome)
	}
	for _, b := range s.Bindings {
		state := "open"
		if !b.Listening {
			state = "not open"
		}
		row("binding", "%s %s, %s", b.Address, state, quoted(b.Connectors))
	}
	for _, c := range s.Sessions {
		row("sessions", "%d, %q", c.Open, c.Connector)
	}
	printQueueStatus(row, s)
	for _, r := range s.Refused {
		where := "no connector"
		if r.Connector != "" {
			where = fmt.Sprintf("%q", r.Connector)
		}
		row("refused", "%d, %s, %s, last %s", r.Count, where, r.Reason, exactly(r.Last))
	}
	for _, c := range s.Certificates {
		row("certificate", "%q until %s", c.Connector, exactly(c.Expires))
	}
	for _, log := range s.LostLines {
		row("lost", "%d lines of the %s", log.Lines, log.Log)
	}
}

// printQueueStatus prints the state of the queue.
func printQueueStatus(row func(name, format string, args ...any), s *control.Status) {
	q := s.Queue
	switch {
	case q == nil:
		row("queue", "none (-data)")
	case q.Error != "":
		row("queue", "%s", q.Error)
	default:
		text := fmt.Sprintf("%d waiting, %d being sent, %d suspended, %s", q.Waiting, q.Sending, q.Suspended, bytesOf(q.Bytes))
		if q.Unreachable > 0 {
			text += fmt.Sprintf(", %d without a Send connector", q.Unreachable)
		}
		if !q.Oldest.IsZero() {
			text += ", the oldest for " + span(s.Time.Sub(q.Oldest))
		}
		if q.Free >= 0 {
			text += ", " + bytesOf(q.Free) + " free"
		}
		row("queue", "%s", text)
	}
	for _, r := range s.Resources {
		if r.Refusing {
			row("refusing", "mail, because of the limit of %s: %d, limit %d", r.Name, r.Value, r.Limit)
		}
	}
	for _, h := range s.Failing {
		next := ""
		if !h.Retry.IsZero() { // zero: nothing waits
			next = ", next try " + exactly(h.Retry)
		}
		row("failing", "%s, %d waiting%s: %s", h.Name, h.Waiting, next, strings.TrimSpace(h.Host+" "+h.Reply))
		if h.Advice != "" {
			row("", "%s", h.Advice)
		}
	}
}

// quoted prints names in quotes.
func quoted(names []string) string {
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = fmt.Sprintf("%q", name)
	}
	return strings.Join(all, ", ")
}
