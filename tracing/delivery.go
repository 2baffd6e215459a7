package tracing

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/event"
)

// attempt sums up the events of the recipients of an attempt.
type attempt struct {
	recipients int
	failed     int
	err        error    // of the first recipient that failed
	addresses  []string // of the recipients; nil: they aren't wanted
}

// delivery makes the span of an attempt, when e is about its last recipient.
func (t *Tracer) delivery(ctx context.Context, e *event.Event) {
	if e.NextHop == "" { // no attempt was made
		return
	}
	a := t.add(e)
	if e.Following > 0 {
		return
	}
	attributes := append(tlsVersion(e.TLS),
		attribute.String("interchange.message.id", e.ID),
		attribute.String("interchange.connector", e.SendConnector),
		attribute.Int("interchange.recipients", a.recipients),
		attribute.Int("interchange.failed", a.failed),
	)
	if e.Host != "" {
		attributes = append(attributes, attribute.String("server.address", event.Printable(e.Host)))
	}
	if peer, err := netip.ParseAddrPort(e.Addr); err == nil {
		attributes = append(attributes, attribute.String("network.peer.address", peer.Addr().String()), attribute.Int("network.peer.port", int(peer.Port())))
	}
	if t.Addresses {
		attributes = append(attributes, attribute.String("interchange.sender", e.From.String()), attribute.StringSlice("interchange.recipient", a.addresses))
	}
	if a.err != nil {
		attributes = append(attributes, attribute.String("error.type", errorType(a.err)))
	}
	_, span := t.start(ctx, "smtp.delivery", trace.WithSpanKind(trace.SpanKindClient), trace.WithTimestamp(e.Time.Add(-e.Duration)),
		trace.WithLinks(links(ctx, e.TraceParent)...), trace.WithAttributes(attributes...))
	if a.err != nil {
		span.SetStatus(codes.Error, event.Printable(a.err.Error()))
	}
	span.End(trace.WithTimestamp(e.Time))
}

// add adds a recipient to its attempt, and returns the attempt. The events of an attempt come one after the other.
func (t *Tracer) add(e *event.Event) *attempt {
	t.mu.Lock()
	defer t.mu.Unlock()
	a := cmp.Or(t.begun[e.ID], new(attempt))
	a.recipients++
	if e.Err != nil {
		a.failed++
		a.err = cmp.Or(a.err, e.Err)
	}
	if t.Addresses {
		a.addresses = append(a.addresses, e.To.String())
	}
	if e.Following == 0 {
		delete(t.begun, e.ID)
		return a
	}
	if t.begun == nil {
		t.begun = make(map[string]*attempt)
	}
	t.begun[e.ID] = a
	return a
}

// links returns the link to the reception of a message, unless ctx has a span of its trace.
func links(ctx context.Context, traceParent string) []trace.Link {
	carrier := propagation.MapCarrier{"traceparent": traceParent}
	reception := trace.SpanContextFromContext(propagation.TraceContext{}.Extract(context.Background(), carrier))
	if !reception.IsValid() || trace.SpanContextFromContext(ctx).TraceID() == reception.TraceID() {
		return nil
	}
	return []trace.Link{{SpanContext: reception}}
}

// errorType returns the enhanced status code of err, or its code.
func errorType(err error) string {
	e := new(relay.Error)
	switch {
	case !errors.As(err, &e):
		return "_OTHER"
	case e.Reply.Enhanced == [3]int{}:
		return fmt.Sprint(e.Reply.Code)
	}
	return fmt.Sprintf("%d.%d.%d", e.Reply.Enhanced[0], e.Reply.Enhanced[1], e.Reply.Enhanced[2])
}

// tlsVersion returns the attribute of a version of TLS; nil in the clear.
func tlsVersion(v uint16) []attribute.KeyValue {
	if v == 0 {
		return nil
	}
	return []attribute.KeyValue{attribute.String("tls.protocol.version", strings.TrimPrefix(tls.VersionName(v), "TLS "))}
}
