package console

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"slices"
	"time"

	"github.com/interchange-smtp/interchange/connector/shell/operations"
	"github.com/interchange-smtp/interchange/console/internal/viewer"
	"github.com/interchange-smtp/interchange/relay/gateway/control"
	"github.com/interchange-smtp/interchange/relay/gateway/queues"
)

// mailState has the state that the pages about a running gateway share.
type mailState struct {
	snapshots  *viewer.Snapshots
	searches   *viewer.Searches
	transcript transcript
	streams    streams
	downloads  chan struct{} // has an element for each message that is being exported
}

// openGateway prepares what reads the state of the gateway.
func (c *Console) openGateway() error {
	c.downloads = make(chan struct{}, maxDownloads)
	c.snapshots = viewer.New(c.ask, c.now, c.expiration)
	c.searches = viewer.NewSearches(c.options.Tracking, c.ask, c.now)
	return nil
}

// ask asks the gateway.
func (c *Console) ask(ctx context.Context, r control.Request) iter.Seq2[control.Event, error] {
	if c.options.Gateway == nil {
		return func(yield func(control.Event, error) bool) { yield(control.Event{}, control.ErrNoGateway) }
	}
	return c.options.Gateway.Do(ctx, r)
}

// expiration returns the time after which the policy gives messages up; 0: it isn't known.
func (c *Console) expiration() time.Duration {
	v, err := c.files.Current(c.ended)
	if err != nil || v.Loaded == nil {
		return 0
	}
	return v.Loaded.Service().MessageExpirationTimeout
}

// live returns the queue of the gateway, on which the user of the request acts.
func (r *request) live() *queues.Live {
	return &queues.Live{Now: r.c.now, Ask: func(ctx context.Context, q control.Request) iter.Seq2[control.Event, error] {
		return r.c.ask(control.WithUser(ctx, r.user.Name), q)
	}}
}

// noGateway says why a page can't show the running gateway, and what helps.
type noGateway struct {
	Text, Fix string
	Files     []string // of the policy, for the command that starts a gateway; nil: it wouldn't help
}

// whyNot explains the error of a gateway.
func (c *Console) whyNot(err error) *noGateway {
	switch {
	case c.options.Gateway == nil:
		return &noGateway{Text: "This console shows a policy only: it isn't connected to a running gateway.", Fix: "Start the gateway with its console, or name the data directory of the gateway with -data:", Files: c.options.Files}
	case errors.Is(err, control.ErrNoGateway), errors.Is(err, control.ErrNoDirectory):
		return &noGateway{Text: "No gateway is running now.", Fix: "Start it with its data directory; this page then shows its mail:", Files: c.options.Files}
	case errors.Is(err, control.ErrNoQueue):
		return &noGateway{Text: "This gateway has no queue: it passes mail on while the client waits.", Fix: "Started with -data DIR, it queues mail that can't be delivered at once:", Files: c.options.Files}
	case errors.Is(err, viewer.ErrBusy):
		return &noGateway{Text: "Too many lists are being read at this time.", Fix: "Look again in a few seconds."}
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return &noGateway{Text: "The gateway takes too long to answer.", Fix: "Look again in a few seconds; if that doesn't help, gateway status says how it is."}
	}
	return &noGateway{Text: "The gateway doesn't answer: " + err.Error() + ".", Fix: "Its log says more."}
}

// gatewayProblem returns the error page for a request that needs the gateway, which has failed with err.
func (c *Console) gatewayProblem(err error) error {
	why := c.whyNot(err)
	if why.Files != nil {
		why.Fix = "Start the gateway first."
	}
	return &problem{status: http.StatusServiceUnavailable, text: why.Text, fix: why.Fix}
}

// sendConnectors returns the names of the Send connectors of the policy.
func (r *request) sendConnectors() []string {
	v, err := r.version()
	if err != nil || v.Loaded == nil {
		return nil
	}
	var names []string
	for out := range v.Loaded.Send() {
		names = append(names, out.Name())
	}
	slices.Sort(names)
	return names
}

// inQueues returns a message once for each queue that it waits in.
func (r *request) inQueues(m *control.Message) []operations.Message {
	return queues.OfMessage(m, r.c.now(), r.c.expiration())
}
