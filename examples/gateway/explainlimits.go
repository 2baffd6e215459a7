package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/interchange-smtp/interchange/connector/explain"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/gateway/control"
)

// clientLimits are the limits that hold for the client of an explanation.
type clientLimits struct {
	Limits  []limitJSON `json:"limits,omitempty"`
	Problem string      `json:"limitsProblem,omitempty"` // why a gateway's counters aren't known
	live    bool        // the counters are those of a gateway
}

// limitJSON is a limit that holds for the client of an explanation.
type limitJSON struct {
	Limit  string    `json:"limit"`
	By     string    `json:"by"` // what is counted for itself
	Key    string    `json:"key,omitempty"`
	Value  *int64    `json:"value,omitempty"` // the counter; nil: it isn't known, or there is one for each connection or message
	Bound  int64     `json:"bound"`           // of a time, milliseconds
	Left   *int64    `json:"left,omitempty"`  // nil as Value
	Window float64   `json:"windowSeconds,omitempty"`
	Until  time.Time `json:"until,omitzero"` // when the counter begins again
}

// limitsOf returns the limits that hold for the client of an answer: as they are in the gateway on dir or,
// if dir is "" or no gateway runs there, while there are no other clients. nil: no connector serves the client.
func limitsOf(a explain.Answer, dir string) *clientLimits {
	in := a.Walk.Session.Inbound()
	if in == nil {
		return nil
	}
	client := relay.LimitClient{Addr: a.Dialog.Remote, Sender: a.Dialog.From.String()}
	if a.Dialog.User != nil {
		client.User = a.Dialog.User.Principal.Name
	}
	out := new(clientLimits)
	if dir != "" {
		all, err := countersOf(dir, control.LimitClient{Connector: in.Name(), Address: client.Addr, User: client.User, Sender: client.Sender})
		if err == nil {
			out.live = true
			for _, l := range all {
				out.add(l)
			}
			return out
		}
		out.Problem = err.Error()
	}
	for _, l := range relay.LimitsOf(in, client) {
		out.add(control.Limit{Name: l.Name, By: l.By, Key: l.Key, Bound: l.Bound, Window: l.Window.Seconds()})
	}
	return out
}

// add adds a limit, with its counter if that is a gateway's.
func (c *clientLimits) add(l control.Limit) {
	one := limitJSON{Limit: l.Name, By: l.By, Key: l.Key, Bound: l.Bound, Window: l.Window}
	if c.live && l.By != "connection" && l.By != "message" {
		left := l.Left()
		one.Value, one.Left, one.Until = &l.Value, &left, l.Until
	}
	c.Limits = append(c.Limits, one)
}

// countersOf asks the gateway on dir for the limits of a client.
func countersOf(dir string, client control.LimitClient) (all []control.Limit, err error) {
	err = askSoon(dir, control.Request{Action: control.GetLimits, Client: &client}, func(e control.Event) { all = append(all, e.Limits...) })
	if err == nil && len(all) == 0 {
		err = errors.New("the gateway's answer has no limits")
	}
	return all, err
}

// print prints limits as a table, if there are any.
func (c *clientLimits) print(w io.Writer) {
	if c == nil || len(c.Limits) == 0 {
		return
	}
	title := "limits"
	if c.live {
		title = "limits, as they are now"
	} else if c.Problem != "" {
		title = "limits without those of other clients, because the counters aren't known: " + visibleLine(c.Problem)
	}
	fmt.Fprintln(w, title+":")
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, l := range c.Limits {
		key := visibleLine(strings.TrimSpace(l.By + " " + l.Key))
		switch {
		case !c.live:
			fmt.Fprintf(table, "    %s\t%s\t%s\n", l.Limit, l.bound(), key)
		case l.Value == nil:
			fmt.Fprintf(table, "    %s\t%s\tfor each %s\n", l.Limit, l.bound(), key)
		default:
			fmt.Fprintf(table, "    %s\t%s\t%s\t%s\n", l.Limit, l.bound(), l.counter(), key)
		}
	}
	_ = table.Flush() // a failure of w shows at its next use
}

// bound prints the largest value that passes.
func (l *limitJSON) bound() string {
	switch {
	case strings.HasSuffix(l.Limit, "Timeout"):
		return (time.Duration(l.Bound) * time.Millisecond).String()
	case l.Window > 0:
		return fmt.Sprintf("%d a minute", l.Bound)
	}
	return fmt.Sprint(l.Bound)
}

// counter prints the counter, which is known, and the number that is left.
func (l *limitJSON) counter() string {
	text := fmt.Sprintf("%d used, %d left", *l.Value, *l.Left)
	if !l.Until.IsZero() {
		text += " until " + exactly(l.Until)
	}
	return text
}
