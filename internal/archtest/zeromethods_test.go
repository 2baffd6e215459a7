package archtest

import (
	"io"
	"net"
	"reflect"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/auth/userfile"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/replay"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/connector/shell"
	"github.com/interchange-smtp/interchange/connector/shell/export"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/dispatch"
	"github.com/interchange-smtp/interchange/relay/dsn"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/gateway"
	"github.com/interchange-smtp/interchange/relay/gateway/control"
	"github.com/interchange-smtp/interchange/relay/gosmtp"
	"github.com/interchange-smtp/interchange/relay/message"
	"github.com/interchange-smtp/interchange/relay/queue"
	"github.com/interchange-smtp/interchange/relay/queue/queuetest"
	"github.com/interchange-smtp/interchange/relay/queue/spool"
	"github.com/interchange-smtp/interchange/relay/relaytest"
	"github.com/interchange-smtp/interchange/routing"
)

// zeroTypes are the types of public packages whose zero values a program may use.
var zeroTypes = []any{
	new(auth.Identity), new(userfile.File), new(userfile.Checker),
	new(connector.Policy), new(connector.Inbound), new(connector.Outbound), new(connector.Session), new(connector.Decision),
	new(connector.Route), new(connector.Config), new(connector.Dialog), new(replay.Replay), new(reply.Reply), new(shell.Interpreter),
	new(export.Export), new(source.Map), new(source.Diagnostic), new(source.Diagnostics), new(permission.Principal),
	new(routing.Accepted), new(routing.Address), new(routing.Domain), new(routing.AddressSpace), new(routing.Table),
	new(relay.Server), new(relay.Envelope), new(relay.Error), new(delivery.Sender), new(delivery.LMTP), new(delivery.NextHop),
	new(dispatch.Dispatcher), new(dsn.Report), new(event.Event), new(gateway.Gateway), new(gateway.Config), new(control.Server),
	new(gosmtp.Backend), new(gosmtp.Handler), new(message.Pool), new(message.Message), new(message.Header), new(message.Field),
	new(queue.Message), new(queue.Filter), new(queuetest.Store), new(spool.Spool),
	new(relaytest.Network), new(relaytest.Host), new(relaytest.Resolver), new(relaytest.Authority), new(relaytest.Log), new(relaytest.Conn), new(relaytest.Sink),
}

// TestZeroMethods calls every exported method of zero values, with zero arguments: they neither panic nor hang.
func TestZeroMethods(t *testing.T) {
	except := map[string]string{
		"Server.ServeConn":   "needs a connection",
		"Backend.NewSession": "is called by a go-smtp server",
		"Sink.Wait":          "waits for a message",
		"File.Format":        "is called by package fmt",
	}
	for _, zero := range zeroTypes {
		typ := reflect.TypeOf(zero).Elem()
		for i := range reflect.PointerTo(typ).NumMethod() {
			name := typ.Name() + "." + reflect.PointerTo(typ).Method(i).Name
			if except[name] != "" {
				continue
			}
			done := make(chan struct{})
			go func() {
				defer close(done)
				defer func() {
					if p := recover(); p != nil {
						t.Errorf("%s of package %s panics: %v\n%s", name, typ.PkgPath(), p, debug.Stack())
					}
				}()
				call(t, reflect.New(typ).Method(i))
			}()
			select {
			case <-done:
			case <-time.After(20 * time.Second):
				t.Errorf("%s of package %s hangs", name, typ.PkgPath())
			}
		}
	}
}

// call calls f with zero arguments; those that must not be nil are empty.
func call(t *testing.T, f reflect.Value) {
	args := make([]reflect.Value, f.Type().NumIn())
	for i := range args {
		args[i] = argument(t, f.Type().In(i))
	}
	if f.Type().IsVariadic() {
		args = args[:len(args)-1]
	}
	for _, result := range f.Call(args) {
		if result.Kind() == reflect.Func && !result.IsNil() && result.Type().CanSeq() {
			for range result.Seq() {
			}
		} else if result.Kind() == reflect.Func && !result.IsNil() && result.Type().CanSeq2() {
			for range result.Seq2() {
			}
		}
	}
}

// argument returns an empty argument of a type.
func argument(t *testing.T, typ reflect.Type) reflect.Value {
	for _, v := range []any{t.Context(), strings.NewReader(""), io.Discard, closedListener{}} {
		if typ.Kind() == reflect.Interface && typ.NumMethod() > 0 && reflect.TypeOf(v).Implements(typ) {
			return reflect.ValueOf(v)
		}
	}
	switch typ.Kind() {
	case reflect.Func:
		return reflect.MakeFunc(typ, func([]reflect.Value) []reflect.Value {
			results := make([]reflect.Value, typ.NumOut())
			for i := range results {
				results[i] = reflect.Zero(typ.Out(i))
			}
			return results
		})
	case reflect.Pointer:
		return reflect.New(typ.Elem())
	}
	return reflect.Zero(typ)
}

// closedListener is a listener that was closed.
type closedListener struct{}

func (closedListener) Accept() (net.Conn, error) { return nil, net.ErrClosed }
func (closedListener) Close() error              { return nil }
func (closedListener) Addr() net.Addr            { return &net.TCPAddr{} }
