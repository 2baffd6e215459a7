package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"golang.org/x/term"

	"github.com/interchange-smtp/interchange/relay/gateway/control"
)

// topRows is how many next hops and refusals top shows.
const topRows = 10

// minInterval is the shortest time between two pictures of top.
const minInterval = 500 * time.Millisecond

// runTop registers the flags of gateway top and returns its runner.
func runTop(c *cli, fs *flag.FlagSet) runner {
	data := fs.String("data", "", "the `DIR` that the gateway was started with")
	interval := fs.Duration("interval", 2*time.Second, "refresh after `TIME`")
	once := fs.Bool("once", false, "print once (default where the output is no terminal)")
	asJSON := fs.Bool("json", false, "print once for machines")
	return func([]string) int { return c.top(*data, *interval, *once, *asJSON) }
}

// top shows what a running gateway does, again and again if the output is a terminal.
func (c *cli) top(data string, interval time.Duration, once, asJSON bool) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	switch {
	case data == "":
		return c.invalid(errNoData)
	case interval < minInterval:
		return c.invalid(fmt.Errorf("-interval %v: give at least %v", interval, minInterval))
	}
	out, isFile := c.stdout.(*os.File)
	live := !once && !asJSON && isFile && term.IsTerminal(int(out.Fd()))
	for {
		status, hops, err := c.topOf(ctx, data)
		if ctx.Err() != nil {
			return exitOK
		}
		if err != nil {
			return c.queueFailed(err)
		}
		if asJSON {
			c.printJSON(struct {
				*control.Status
				Hops []*control.Hop `json:"hops"`
			}{status, hops})
			return exitOK
		}
		var picture strings.Builder
		printTop(&picture, status, hops)
		if !live {
			_, _ = io.WriteString(c.stdout, picture.String())
			return exitOK
		}
		// The cursor goes to the first line, each line is cleared to its end, and then the rest of the screen.
		fmt.Fprint(c.stdout, "\x1b[H"+strings.ReplaceAll(picture.String(), "\n", "\x1b[K\n")+"\x1b[J")
		select {
		case <-ctx.Done():
			return exitOK
		case <-time.After(interval):
		}
	}
}

// topOf asks the gateway on dir for its status and its next hops, those with most messages first.
func (c *cli) topOf(ctx context.Context, dir string) (*control.Status, []*control.Hop, error) {
	status, err := statusOf(dir)
	if err != nil || status.Queue == nil {
		return status, nil, err
	}
	hops, err := c.listHops(ctx, dir)
	slices.SortStableFunc(hops, func(a, b *control.Hop) int {
		return cmp.Or(cmp.Compare(b.Messages, a.Messages), cmp.Compare(b.Failures, a.Failures))
	})
	return status, hops, err
}

// printTop prints one picture.
func printTop(w io.Writer, s *control.Status, hops []*control.Hop) {
	fmt.Fprintf(w, "%s  %s", s.Time.Format(time.RFC3339), s.State)
	if !s.Started.IsZero() {
		fmt.Fprintf(w, " for %s", span(s.Time.Sub(s.Started)))
	}
	fmt.Fprintln(w)
	for _, why := range s.NotReady {
		fmt.Fprintln(w, "not ready: "+visibleLine(why))
	}
	if q := s.Queue; q != nil {
		fmt.Fprintf(w, "queue: %s waiting, %d being sent, %d suspended, oldest %s\n", count(q.Waiting, "message"), q.Sending, q.Suspended, ageOf(q.Oldest, s.Time))
	}
	t := s.Traffic
	fmt.Fprintf(w, "last minute, recipients: %s accepted, %s delivered, %s deferred, %d failed; %d refusals, %s\n",
		rate(t.Accepted), rate(t.Delivered), rate(t.Deferred), t.Failed, t.Refused, count(t.Connections, "connection"))
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "\nCONNECTOR\tSESSIONS")
	for _, c := range s.Sessions {
		fmt.Fprintf(table, "%s\t%d\n", visibleLine(c.Connector), c.Open)
	}
	printClients(table, s)
	if len(hops) > 0 {
		fmt.Fprintln(table, "\nNEXT HOP\tWAITING\tSENDING\tOLDEST\tIN/S\tOUT/S\tFAILURES\tNEXT TRY")
	}
	for _, h := range hops[:min(len(hops), topRows)] {
		fmt.Fprintf(table, "%s\t%d\t%d\t%s\t%.2f\t%.2f\t%d\t%s\n", visibleLine(h.Name), h.Messages, h.Sending, ageOf(h.Oldest, s.Time), h.Incoming, h.Outgoing,
			h.Failures, nextTry(h, s.Time))
	}
	if more := len(hops) - topRows; more > 0 {
		fmt.Fprintf(table, "and %d more\n", more)
	}
	if len(s.Refused) > 0 {
		fmt.Fprintln(table, "\nREFUSED IN TEN MINUTES\tCOUNT\tLAST\tCONNECTOR")
	}
	for _, r := range s.Refused[:min(len(s.Refused), topRows)] {
		fmt.Fprintf(table, "%s\t%d\t%s ago\t%s\n", visibleLine(r.Reason), r.Count, ageOf(r.Last, s.Time), visibleLine(cmp.Or(r.Connector, "-")))
	}
	_ = table.Flush() // an output that is gone shows at the next picture
}

// printClients prints the sessions that have been open for longest.
func printClients(table io.Writer, s *control.Status) {
	if len(s.Clients) > 0 {
		fmt.Fprintln(table, "\nCLIENT\tCONNECTOR\tUSER\tOPEN FOR\tMESSAGES\tLAST COMMAND")
	}
	shown := s.Clients[:min(len(s.Clients), topRows)]
	for _, c := range shown {
		last := "-"
		if !c.At.IsZero() {
			last = fmt.Sprintf("%s %s ago", visibleLine(cmp.Or(c.Command, "unknown")), ageOf(c.At, s.Time))
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%d\t%s\n", visibleLine(c.Address), visibleLine(c.Connector), visibleLine(cmp.Or(c.User, "-")), ageOf(c.Since, s.Time), c.Messages, last)
	}
	open := 0
	for _, c := range s.Sessions {
		open += c.Open
	}
	if more := open - len(shown); more > 0 && len(shown) > 0 {
		fmt.Fprintf(table, "and %d more\n", more)
	}
}

// rate prints how many there were in a minute, and how many a second.
func rate(n int) string { return fmt.Sprintf("%d (%.1f/s)", n, float64(n)/60) }
