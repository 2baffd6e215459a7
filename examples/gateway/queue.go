package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"iter"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/interchange-smtp/interchange/relay/gateway/control"
	"github.com/interchange-smtp/interchange/relay/queue"
)

// queueFlags are the flags of queue.
type queueFlags struct {
	data   string
	output string
	by     string // list: group the messages; "": list them
	all    bool   // list: however many there are
	again  bool   // import: under new IDs
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
	fs.StringVar(&f.output, "output", ".", "export: write the files to `DIR`, which is made if it doesn't exist")
	fs.StringVar(&f.by, "by", "", "list: count the messages by `WHAT`: "+strings.Join(groupings(), ", "))
	fs.BoolVar(&f.all, "all", false, fmt.Sprintf("list: print all messages (default: the first %d, and the rest counted by next hop)", mostListed))
	fs.StringVar(&f.To, "to", "", "redirect: send the messages by the Send connector `NAME`")
	fs.BoolVar(&f.again, "again", false, "import: give the messages new IDs, so that one is sent although it was on the queue before")
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

// runQueue registers the flags of gateway queue and returns its runner.
func runQueue(c *cli, fs *flag.FlagSet) runner {
	var f queueFlags
	f.register(fs)
	return func(words []string) int { return c.queueAction(&f, words) }
}

// queueAction does the action that words begin with.
func (c *cli) queueAction(f *queueFlags, words []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if len(words) > 0 {
		f.Action = control.Action(words[0])
	}
	if slices.Contains(control.Actions(), f.Action) {
		f.Filter.IDs = words[1:]
	}
	switch {
	case f.data == "":
		return c.invalid(errNoData)
	case f.Action == control.Hops:
		return c.hops(ctx, f, words[1:])
	case f.Action == control.Import:
		return c.importFiles(ctx, f, words[1:])
	case !slices.Contains(control.Actions(), f.Action):
		return c.invalid(errors.New("give an action: list, show, retry, resubmit, suspend, resume, redirect, drop, export, import or hops"))
	case f.by != "" && (f.Action != control.List || !slices.Contains(groupings(), f.by)):
		return c.invalid(fmt.Errorf("-by %s: give list -by with one of %s", f.by, strings.Join(groupings(), ", ")))
	}
	if err := f.Validate(); err != nil {
		return c.invalid(err)
	}
	return c.queue(ctx, f)
}

// printer shows the answer to one action.
type printer interface {
	message(m *control.Message) error
	record(m *queue.Message) error // of the last message, as import takes it
	content(p []byte) error        // the next bytes of the last message
	end(messages int) error
	abandon() // removes what is incomplete
}

// ask asks the gateway on dir. If none runs there, it reads the files in dir if that is enough, and says so.
func (c *cli) ask(ctx context.Context, dir string, r control.Request, content io.Reader) iter.Seq2[control.Event, error] {
	return func(yield func(control.Event, error) bool) {
		stopped := false
		for e, err := range control.DoWith(ctx, dir, r, content) {
			if errors.Is(err, control.ErrNoGateway) && control.WorksStopped(r.Action) {
				stopped = true
				break
			}
			if !yield(e, err) {
				return
			}
		}
		if !stopped {
			return
		}
		for e, err := range control.DoStopped(ctx, dir, r, content) {
			if !c.saidStopped && !errors.Is(err, control.ErrNoGateway) {
				c.saidStopped = true
				fmt.Fprintf(c.stderr, "no gateway is running on %s; this is the queue on its disk\n", dir)
			}
			if !yield(e, err) {
				return
			}
		}
	}
}

// queue sends the request to the gateway and prints its answer.
func (c *cli) queue(ctx context.Context, f *queueFlags) int {
	p := c.printer(f)
	line := newStatusLine(c.stderr)
	found, problems := 0, 0
	var failed error
	for e, err := range c.ask(ctx, f.data, f.Request, nil) {
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
		case e.Record != nil:
			failed = p.record(e.Record)
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
