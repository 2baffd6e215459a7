package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/interchange-smtp/interchange/relay/gateway/control"
)

// queueFlags are the flags of queue.
type queueFlags struct {
	data   string
	output string
	json   bool
	control.Request
}

func (f *queueFlags) register(fs *flag.FlagSet) {
	fs.StringVar(&f.data, "data", "", "the `DIR` that the gateway was started with")
	fs.StringVar(&f.Filter.RecipientDomain, "recipient-domain", "", "messages to `DOMAIN`, or to *.DOMAIN")
	fs.StringVar(&f.Filter.Sender, "sender", "", "messages from an `ADDRESS` or a domain; <> is the null sender")
	fs.StringVar(&f.Filter.NextHop, "next-hop", "", "messages for the next hop with that `NAME`, or whose name begins with these words")
	fs.Func("older", "messages that are at least `AGE` old, as in 90s, 4h or 2d", age(&f.Filter.Older))
	fs.Func("younger", "messages that are younger than `AGE`", age(&f.Filter.Younger))
	fs.StringVar(&f.Filter.Status, "status", "", "messages with a recipient of that `STATUS`: "+strings.Join(control.Statuses()[1:], ", ")+"; or suspended messages: suspended")
	fs.BoolVar(&f.Report, "report", false, "drop: send the sender a delivery report")
	fs.StringVar(&f.output, "output", ".", "export: write the files to `DIR`")
	fs.BoolVar(&f.json, "json", false, "print for machines, a line for each message")
}

// age returns the parser of a flag with a duration, which may be given in days.
func age(d *time.Duration) func(string) error {
	return func(s string) (err error) {
		if days, ok := strings.CutSuffix(s, "d"); ok {
			if n, err := strconv.ParseUint(days, 10, 16); err == nil {
				*d = time.Duration(n) * 24 * time.Hour
				return nil
			}
		}
		if *d, err = time.ParseDuration(s); err != nil {
			return errors.New("give an age as in 90s, 4h or 2d")
		}
		return nil
	}
}

// runQueue works on the queue of a running gateway.
func runQueue(c *cli, args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	fs := c.flags("list|show|retry|suspend|resume|drop|export -data DIR [flags] [ID]...")
	var f queueFlags
	f.register(fs)
	var words []string
	if code, done := c.parseMixed(fs, args, func(word string) { words = append(words, word) }); done {
		return code
	}
	if len(words) > 0 {
		f.Action, f.Filter.IDs = control.Action(words[0]), words[1:]
	}
	switch {
	case !slices.Contains(control.Actions(), f.Action):
		return c.invalid(errors.New("give an action: list, show, retry, suspend, resume, drop or export"))
	case f.data == "":
		return c.invalid(errNoData)
	}
	if err := f.Validate(); err != nil {
		return c.invalid(err)
	}
	return c.queue(ctx, &f)
}

// printer shows the answer to one action.
type printer interface {
	message(m *control.Message) error
	content(p []byte) error // the next bytes of the last message
	end(messages int) error
	abandon() // removes what is incomplete
}

// queue sends the request to the gateway and prints its answer.
func (c *cli) queue(ctx context.Context, f *queueFlags) int {
	p := c.printer(f)
	line := newStatusLine(c.stderr)
	found, problems := 0, 0
	var failed error
	for e, err := range control.Do(ctx, f.data, f.Request) {
		line.clear()
		switch {
		case err != nil:
			failed = err
		case e.Problem != "":
			problems++
			p.abandon()
			fmt.Fprintf(c.stderr, "gateway queue: %s\n", visibleLine(e.Problem))
		case e.Progress != nil:
			line.show("%s: %d of %d messages", f.Action, e.Progress.Done, e.Progress.Of)
		case e.Message != nil:
			failed = p.message(e.Message)
		case e.Content != nil:
			failed = p.content(e.Content)
		case e.End != nil:
			found = e.End.Messages
			failed = p.end(found)
		}
		if failed != nil {
			break
		}
	}
	switch {
	case failed != nil:
		p.abandon()
		fmt.Fprintf(c.stderr, "gateway queue: %v\n", failed)
		return exitOf(failed)
	case problems > 0 || found == 0 && f.Action != control.List:
		return exitNo
	}
	return exitOK
}
