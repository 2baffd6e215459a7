package gateway

import (
	"context"
	"slices"
	"time"

	"github.com/interchange-smtp/interchange/relay/event"
)

// Report passes an event to the Logger and the Events, like those of the Gateway's own parts. It
// is the Reader for what a program adds to them, such as oauth.Sources, mxpolicy.Policies and
// filters: with Report in their Events, and without a Logger of their own, each of their lines is
// in the log once. The program's own events go here, too. An event without a Time gets the present
// one. Report may be called at any time and by many goroutines at once; Logger and Events must not
// change after the first call.
func (g *Gateway) Report(ctx context.Context, e event.Event) {
	if e.Time.IsZero() {
		e.Time = time.Now()
	}
	g.reader()(ctx, e)
}

// reader returns the Logger, the Events and the Gateway's own reader as one.
func (g *Gateway) reader() event.Reader {
	g.once.Do(func() { g.joined = event.Log(g.Logger, append(slices.Clip(g.Events), g.past.read)...) })
	return g.joined
}
