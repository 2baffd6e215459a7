package tracing

import (
	"context"
	"sync"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/event"
)

// Tracer makes spans. A gateway has it in two places:
//
//	t := new(tracing.Tracer)
//	g.Server.Hooks = append([]relay.Hooks{t.Hooks()}, g.Server.Hooks...)
//	g.Events = append(g.Events, t.Read)
//
// The zero Tracer is ready to use. Fields must not change after the first use; all methods may be
// called by many goroutines at once.
type Tracer struct {
	// Provider makes the spans; nil: the global one of package otel.
	Provider trace.TracerProvider

	// Addresses adds the addresses of sender and recipients to deliveries:
	// interchange.sender and interchange.recipient.
	Addresses bool

	mu     sync.Mutex
	begun  map[string]*attempt // attempts of which further events follow, by message
	once   sync.Once
	tracer trace.Tracer
}

// scope names this package as the maker of the spans.
const scope = "github.com/interchange-smtp/interchange/tracing"

// start begins a span.
func (t *Tracer) start(ctx context.Context, name string, options ...trace.SpanStartOption) (context.Context, trace.Span) {
	t.once.Do(func() {
		p := t.Provider
		if p == nil {
			p = otel.GetTracerProvider()
		}
		t.tracer = p.Tracer(scope)
	})
	return t.tracer.Start(ctx, name, options...)
}

// session is the state of a connection. Its goroutine alone uses it.
type session struct {
	span    trace.Span
	message trace.Span // of the transaction that is open; nil: none was
}

type (
	sessionKey struct{}
	messageKey struct{}
)

// Hooks returns the Hooks that begin the spans of sessions and messages, and set the TraceParent of
// envelopes. They refuse nothing. Put them before others, whose refusals are in the spans then.
func (t *Tracer) Hooks() relay.Hooks {
	return relay.Hooks{Connect: t.connect, Mail: t.mail, Done: t.done}
}

func (t *Tracer) connect(ctx context.Context, c *relay.Conn) (context.Context, error) {
	ctx, span := t.start(ctx, "smtp.session", trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(
		attribute.String("interchange.session.id", c.ID),
		attribute.String("interchange.connector", c.Inbound.Name()),
		attribute.String("network.peer.address", c.Remote.Addr().Unmap().String()),
		attribute.Int("network.peer.port", int(c.Remote.Port())),
		attribute.String("server.address", c.Local.Addr().Unmap().String()),
		attribute.Int("server.port", int(c.Local.Port())),
	))
	return context.WithValue(ctx, sessionKey{}, &session{span: span}), nil
}

func (t *Tracer) mail(ctx context.Context, env *relay.Envelope) (context.Context, error) {
	ctx, span := t.start(ctx, "smtp.message", trace.WithAttributes(attribute.String("interchange.message.id", env.ID)))
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	env.TraceParent = carrier["traceparent"]
	if s, ok := ctx.Value(sessionKey{}).(*session); ok {
		s.message = span
	}
	return context.WithValue(ctx, messageKey{}, span), nil
}

func (t *Tracer) done(ctx context.Context, env *relay.Envelope, r relay.Result) {
	span, ok := ctx.Value(messageKey{}).(trace.Span)
	if !ok {
		return
	}
	span.SetAttributes(attribute.Int("interchange.recipients", len(env.To)), attribute.Int64("interchange.size", r.Size))
	switch {
	case r.Reply.Code == 0:
		span.SetStatus(codes.Error, "the transaction ended without a message")
	case r.Reply.Code >= 400:
		span.SetStatus(codes.Error, r.Reply.String())
	}
	span.End()
}

// Read is the event.Reader. It ends sessions, says why commands and messages were refused, and makes the
// spans of deliveries.
func (t *Tracer) Read(ctx context.Context, e event.Event) {
	switch e.Kind {
	case event.Delivered, event.ReportSent, event.Deferred, event.Refused, event.NotDelivered, event.RecipientRefused:
		t.delivery(ctx, &e)
		return
	}
	s, ok := ctx.Value(sessionKey{}).(*session)
	if !ok {
		return
	}
	switch e.Kind {
	case event.TLSBegun:
		s.span.SetAttributes(tlsVersion(e.TLS)...)
	case event.CommandRefused:
		s.span.AddEvent(e.Kind.String(), trace.WithTimestamp(e.Time),
			trace.WithAttributes(attribute.String("interchange.command", e.Command), attribute.String("error.type", e.Reason.String())))
	case event.MessageRefused, event.MessageFailed, event.MessageAborted:
		if s.message != nil {
			s.message.SetAttributes(attribute.String("error.type", e.Reason.String()))
		}
	case event.ConnectionRefused, event.ConnectionEnded:
		s.span.SetAttributes(attribute.Int("interchange.messages", e.Messages), attribute.Int("interchange.refused", e.Refused))
		if e.Err != nil {
			s.span.SetStatus(codes.Error, event.Printable(e.Err.Error()))
		}
		s.span.End(trace.WithTimestamp(e.Time))
	}
}
