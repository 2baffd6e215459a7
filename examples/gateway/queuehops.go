package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/interchange-smtp/interchange/relay/gateway/control"
	"github.com/interchange-smtp/interchange/relay/gateway/queues"
)

// hops lists the next hops, or changes those that words name: an action and a name.
func (c *cli) hops(ctx context.Context, f *queueFlags, words []string) int {
	if !f.Filter.IsZero() {
		return c.invalid(errors.New("queue hops takes no filters; name a next hop"))
	}
	if len(words) == 0 {
		list, err := c.listHops(ctx, f.data)
		if err == nil {
			err = c.printHops(list, f.json)
		}
		return c.queueFailed(err)
	}
	if len(words) != 2 {
		return c.invalid(errors.New("give an action and the name of a next hop or of a Send connector: queue hops suspend|resume|retry|resubmit|redirect NAME"))
	}
	name := words[1]
	switch action := control.Action(words[0]); action {
	case control.Suspend, control.Resume:
		return c.queueFailed(c.suspendHop(ctx, f, action, name))
	case control.Retry, control.Resubmit, control.Redirect:
		return c.onHop(ctx, f, action, name)
	}
	return c.invalid(fmt.Errorf("unknown action %q; give suspend, resume, retry, resubmit or redirect", words[0]))
}

// queueFailed prints err, if there is one, and returns the exit code.
func (c *cli) queueFailed(err error) int {
	if err == nil {
		return exitOK
	}
	fmt.Fprintf(c.stderr, "gateway %s: %v\n", c.name, err)
	return exitOf(err)
}

// listHops returns the next hops of the gateway on dir.
func (c *cli) listHops(ctx context.Context, dir string) ([]*control.Hop, error) {
	var list []*control.Hop
	for e, err := range c.ask(ctx, dir, control.Request{Action: control.Hops}, nil) {
		switch {
		case err != nil:
			return list, err
		case e.Problem != "":
			fmt.Fprintf(c.stderr, "gateway %s: %s\n", c.name, visibleLine(e.Problem))
		case e.Hop != nil:
			list = append(list, e.Hop)
		}
	}
	return list, nil
}

// suspendHop suspends or resumes a next hop or a Send connector.
func (c *cli) suspendHop(ctx context.Context, f *queueFlags, action control.Action, name string) error {
	r, done := control.Request{Action: control.SuspendHop, Hop: name}, "suspended"
	if action == control.Resume {
		r.Action, done = control.ResumeHop, "resumed"
	}
	for _, err := range control.Do(ctx, f.data, r) {
		if err != nil {
			return err
		}
	}
	fmt.Fprintf(c.stdout, "%s: %s\n", done, visibleLine(name))
	return nil
}

// onHop does an action on the messages for a next hop, or for all of a Send connector.
func (c *cli) onHop(ctx context.Context, f *queueFlags, action control.Action, name string) int {
	f.Action = action
	f.Filter.NextHop = name
	if err := f.Validate(); err != nil {
		return c.invalid(err)
	}
	list, err := c.listHops(ctx, f.data)
	if err != nil {
		return c.queueFailed(err)
	}
	code, found := exitOK, false
	for _, h := range list {
		if !strings.EqualFold(h.Name, name) && !strings.EqualFold(h.Connector, name) {
			continue
		}
		found = true
		if action == control.Retry && h.Suspended {
			fmt.Fprintf(c.stderr, "gateway queue: %s is suspended; resume it first\n", visibleLine(h.Name))
			code = exitNo
			continue
		}
		f.Filter.NextHop = h.Name
		code = max(code, c.queue(ctx, f))
	}
	if !found {
		fmt.Fprintf(c.stderr, "gateway queue: no next hop %q has messages; queue hops lists them\n", name)
		return exitNo
	}
	return code
}

// printHops prints next hops in a table, each with its last reply and what can be done about it.
func (c *cli) printHops(list []*control.Hop, asJSON bool) error {
	w, now, messages := c.stdout, c.now(), 0
	if asJSON {
		enc := json.NewEncoder(w)
		for _, h := range list {
			if err := enc.Encode(h); err != nil {
				return err
			}
		}
		return nil
	}
	next := func(h *control.Hop) string {
		if c.saidStopped && !h.Suspended {
			return "at the start"
		}
		return nextTry(h, now)
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NEXT HOP\tWAITING\tSUSPENDED\tSENDING\tOLDEST\tFAILURES\tNEXT TRY")
	for _, h := range list {
		messages += h.Messages
		fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%s\t%d\t%s\n", visibleLine(h.Name), h.Messages, h.Held, h.Sending, ageOf(h.Oldest, now), h.Failures, next(h))
	}
	var rows strings.Builder
	if err := table.Flush(); err != nil {
		return err
	}
	for _, h := range list {
		for _, text := range []string{queues.FoundBy(h.Host, h.Reply), h.Advice} {
			if text != "" {
				fmt.Fprintf(&rows, "\n%s\n    %s", visibleLine(h.Name), visibleLine(text))
			}
		}
	}
	total := count(messages, "message")
	if len(list) > 1 {
		total += ", each counted at every hop of its recipients"
	}
	_, err := fmt.Fprintf(w, "%s\n%s, %s\n", rows.String(), count(len(list), "next hop"), total)
	return err
}

// ageOf prints how long ago a time was.
func ageOf(t, now time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return span(now.Sub(t))
}

// nextTry says when a next hop is tried again, or why not.
func nextTry(h *control.Hop, now time.Time) string {
	switch {
	case h.Suspended:
		text := "suspended"
		if h.SuspendedBy != "" {
			text += " by " + visibleLine(h.SuspendedBy)
		}
		if !h.SuspendedSince.IsZero() {
			text += " " + span(now.Sub(h.SuspendedSince)) + " ago"
		}
		return text
	case h.Retry.After(now):
		return "in " + span(h.Retry.Sub(now))
	case h.Paced.After(now):
		return "in " + span(h.Paced.Sub(now)) + ", limit of the smart host"
	}
	return "now"
}
