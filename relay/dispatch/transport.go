package dispatch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/internal/content"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/dispatch/internal/schedule"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/event"
)

// transports are those of Dispatcher.ByConnector, by names in lower case.
type transports map[string]delivery.Transport

// newTransports returns the transports of byConnector.
func newTransports(byConnector map[string]delivery.Transport) transports {
	own := make(transports, len(byConnector))
	for name, t := range byConnector {
		own[strings.ToLower(name)] = t
	}
	return own
}

// of returns the transport of a Send connector, nil if it has none of its own.
func (own transports) of(out *connector.Outbound) delivery.Transport {
	if len(own) > 0 && out.Local() {
		return own[strings.ToLower(out.Name())]
	}
	return nil
}

// preparer is a Transport that prepares messages for others, as *delivery.Sender does.
type preparer interface {
	PrepareFor(ctx context.Context, hop *delivery.NextHop, env *envelope.Envelope, body io.Reader) (prepared io.Reader, done func(), err error)
}

// preparesItself reports whether t prepares the messages that it sends.
func preparesItself(t delivery.Transport) bool {
	_, ok := t.(*delivery.Sender)
	return ok
}

// isNil reports whether t is nil, or a pointer that is nil.
func isNil(t delivery.Transport) bool {
	v := reflect.ValueOf(t)
	return t == nil || v.Kind() == reflect.Pointer && v.IsNil()
}

// checkTransports asks the transports that have a method Check about each enabled Send connector on
// this server, and returns their errors.
func checkTransports(byConnector map[string]delivery.Transport, others delivery.Transport, p *connector.Policy) source.Diagnostics {
	var list source.Diagnostics
	own := newTransports(byConnector)
	for out := range p.Send() {
		if !out.Local() || !out.Settings().Enabled.Or(true) {
			continue
		}
		t := own.of(out)
		if t == nil {
			t = others
		}
		if c, ok := t.(interface {
			Check(*connector.Outbound) error
		}); ok && !isNil(t) {
			if err := c.Check(out); err != nil {
				list = append(list, source.Mistake(source.Named("Send", out.Name()), source.CodeTransport, "the transport doesn't fit: %w", err))
			}
		}
	}
	return list
}

// checkNames returns an error for each name in byConnector that p has no Send connector for on this
// server.
func checkNames(byConnector map[string]delivery.Transport, p *connector.Policy) source.Diagnostics {
	var list source.Diagnostics
	add := func(name, detail string) {
		list = append(list, source.Mistake(source.Named("Send", name), source.CodeTransport, "%s", detail))
	}
	seen := make(map[string]bool)
	for _, name := range slices.Sorted(maps.Keys(byConnector)) {
		known, local := false, false
		for out := range p.Send() {
			if strings.EqualFold(out.Name(), name) {
				known, local = true, local || out.Local()
			}
		}
		switch {
		case isNil(byConnector[name]):
			add(name, "the transport of this Send connector is nil")
		case seen[strings.ToLower(name)]:
			add(name, "this Send connector has two transports")
		case !known:
			add(name, "there is a transport for this Send connector, and the policy doesn't have it")
		case !local:
			add(name, "there is a transport for this Send connector, which belongs to another server")
		}
		seen[strings.ToLower(name)] = true
	}
	return list
}

// checkOutcomes makes one Outcome for each of n recipients of a Transport's result, and keeps err only
// if it concerns the next hop. unread is the error with which the message could not be read.
func checkOutcomes(ctx context.Context, outcomes []delivery.Outcome, err error, n int, unread error) ([]delivery.Outcome, error) {
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
		o.Host, o.Addr, o.Reply, o.Advice = event.Printable(o.Host), event.Printable(o.Addr), event.Printable(o.Reply), event.Printable(o.Advice)
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
	mu  sync.Mutex // several goroutines may use ReadAt
	err error      // of the last Read or ReadAt that failed; io.EOF is not kept
}

// watch returns a reader of body, which can be read again if body can.
func (out *outgoing) watch(body io.Reader) io.Reader {
	out.body.r = body
	if source := content.SourceOf(body); source != nil {
		out.source = watchedSource{&out.body, source}
		return &out.source
	}
	return &out.body
}

// Read implements io.Reader.
func (w *watched) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	w.keep(err)
	return n, err
}

// keep keeps err.
func (w *watched) keep(err error) {
	if err != nil && err != io.EOF {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.err = err
	}
}

// unread returns the error with which the message could not be read.
func (w *watched) unread() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

// watchedSource is a watched message that can be read again where it is.
type watchedSource struct {
	*watched
	source content.Source
}

// Seek implements io.Seeker.
func (w *watchedSource) Seek(offset int64, whence int) (int64, error) {
	return w.source.Seek(offset, whence)
}

// ReadAt implements io.ReaderAt.
func (w *watchedSource) ReadAt(p []byte, at int64) (int, error) {
	n, err := w.source.ReadAt(p, at)
	w.keep(err)
	return n, err
}

// Size returns the length of the message in bytes.
func (w *watchedSource) Size() int64 { return w.source.Size() }
