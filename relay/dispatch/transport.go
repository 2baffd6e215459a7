package dispatch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/dispatch/internal/schedule"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/routing"
)

// Check returns an error for each name in ByConnector that p has no Send connector for on this server.
// Start and SetPolicy refuse such a policy.
func (d *Dispatcher) Check(p *connector.Policy) error {
	var errs []error
	seen := make(map[string]bool)
	for _, name := range slices.Sorted(maps.Keys(d.ByConnector)) {
		known, local := false, false
		for out := range p.Send() {
			if strings.EqualFold(out.Name(), name) {
				known, local = true, local || out.Local()
			}
		}
		switch {
		case d.ByConnector[name] == nil:
			errs = append(errs, fmt.Errorf("the transport of the Send connector %q is nil", name))
		case seen[strings.ToLower(name)]:
			errs = append(errs, fmt.Errorf("the Send connector %q has two transports", name))
		case !known:
			errs = append(errs, fmt.Errorf("the policy has no Send connector %q, for which there is a transport", name))
		case !local:
			errs = append(errs, fmt.Errorf("the Send connector %q, for which there is a transport, belongs to another server", name))
		}
		seen[strings.ToLower(name)] = true
	}
	return errors.Join(errs...)
}

// makeTransports prepares d.own from ByConnector.
func (d *Dispatcher) makeTransports() {
	d.own = make(map[string]delivery.Transport, len(d.ByConnector))
	for name, t := range d.ByConnector {
		d.own[strings.ToLower(name)] = t
	}
}

// ownTransport returns the transport of the Send connector of hop, nil if it has none of its own.
func (d *Dispatcher) ownTransport(hop delivery.NextHop) delivery.Transport {
	if out := hop.Connector(); len(d.own) > 0 && out.Local() {
		return d.own[strings.ToLower(out.Name())]
	}
	return nil
}

// nextHop returns the next hop for a recipient. A connector with its own transport is one next hop.
func (d *Dispatcher) nextHop(p *connector.Policy, env *envelope.Envelope, to routing.Address, size int64) (hop delivery.NextHop, err error) {
	if name := d.sendConnector(env, to); name != "" {
		hop, err = delivery.NextHopBy(p, name, to, size)
	} else {
		hop, err = delivery.NextHopFor(p, to, size)
	}
	if err == nil && d.ownTransport(hop) != nil {
		hop = hop.AllDomains()
	}
	return hop, err
}

// sendConnector returns what SendConnector does, "" without one.
func (d *Dispatcher) sendConnector(env *envelope.Envelope, to routing.Address) string {
	if d.SendConnector == nil {
		return ""
	}
	return d.SendConnector(env, to)
}

// sendBody hands the message in body to the next hop of out, by the transport of its Send connector.
func (d *Dispatcher) sendBody(out *outgoing, body io.Reader) ([]delivery.Outcome, error) {
	hop := out.transfer.Next
	out.body = watched{r: body}
	t, body := d.Transport, io.Reader(&out.body)
	if own := d.ownTransport(hop); own != nil {
		t = own
		filtered, err := hop.Filter(body)
		if err != nil {
			return repeat(err, len(out.to)), nil
		}
		body = filtered
	}
	outcomes, err := t.Send(d.hard, hop, &out.env, out.to, body)
	return sound(d.hard, outcomes, err, len(out.to), out.body.err)
}

// sound returns what a Transport has returned for n recipients as the Scheduler needs it: with an
// Outcome for each, and an error only if it concerns the next hop. unread is the error with which the
// message could not be read.
func sound(ctx context.Context, outcomes []delivery.Outcome, err error, n int, unread error) ([]delivery.Outcome, error) {
	switch {
	case err != nil && (unread != nil || ctx.Err() != nil):
		return repeat(schedule.Refusal(reply.TemporaryError, err), n), nil // not the next hop's fault
	case err != nil && schedule.IsPermanent(err):
		return repeat(err, n), nil
	case err == nil && len(outcomes) != n:
		err = fmt.Errorf("the transport returned %d outcomes for %d recipients", len(outcomes), n)
	}
	if err != nil && len(outcomes) != n {
		return repeat(err, n), err
	}
	for i := range outcomes {
		o := &outcomes[i]
		if err != nil && o.Err == nil {
			o.Err = err
		}
		o.Host, o.Addr, o.Reply = event.Printable(o.Host), event.Printable(o.Addr), event.Printable(o.Reply)
		if o.Err != nil && o.Reply == "" && o.Cause == "" {
			o.Cause = causeOf(o.Err)
		}
		o.Cause = event.Printable(o.Cause)
	}
	return outcomes, err
}

// repeat returns n Outcomes with err.
func repeat(err error, n int) []delivery.Outcome {
	return slices.Repeat([]delivery.Outcome{{Err: err, Cause: causeOf(err)}}, n)
}

// causeOf returns the text of err without the reply of a *relay.Error, which is shown beside it.
func causeOf(err error) string {
	var e *relay.Error
	if !errors.As(err, &e) {
		return event.Printable(err.Error())
	}
	if e.Err == nil {
		return ""
	}
	return event.Printable(e.Err.Error())
}

// watched is the message that a Transport reads. It keeps the error.
type watched struct {
	r   io.Reader
	err error // nil: none yet, or io.EOF
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	if err != nil && err != io.EOF {
		w.err = err
	}
	return n, err
}
