package archtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/auth/userfile"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/shell"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/dispatch"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/gateway"
	"github.com/interchange-smtp/interchange/relay/gosmtp"
	"github.com/interchange-smtp/interchange/relay/message"
	"github.com/interchange-smtp/interchange/relay/queue"
	"github.com/interchange-smtp/interchange/relay/queue/queuetest"
	"github.com/interchange-smtp/interchange/relay/queue/spool"
	"github.com/interchange-smtp/interchange/routing"
)

// TestZeroValues checks that zero values refuse or work, and never panic.
func TestZeroValues(t *testing.T) {
	ctx := t.Context()
	all := queue.Filter{All: true}
	one := &queue.Message{Envelope: envelope.Envelope{ID: "a"}}
	to := envelope.Recipient{To: routing.MustParseAddress("kim@example.net")}
	refused := errors.New("any error")
	var nilPolicy *connector.Policy
	for name, tc := range map[string]struct {
		use  func() error
		want error // nil: it works
	}{
		"Dispatcher.Begin": {func() error { _, err := new(dispatch.Dispatcher).Begin(ctx, new(relay.Envelope)); return err }, refused},
		"Dispatcher.List": {func() error {
			for _, err := range new(dispatch.Dispatcher).List(ctx, all) {
				return err
			}
			return nil
		}, refused},
		"Dispatcher.Retry":     {func() error { _, err := new(dispatch.Dispatcher).Retry(ctx, all, nil); return err }, dispatch.ErrStopped},
		"Dispatcher.Suspend":   {func() error { _, err := new(dispatch.Dispatcher).Suspend(ctx, all, nil); return err }, dispatch.ErrStopped},
		"Dispatcher.Resume":    {func() error { _, err := new(dispatch.Dispatcher).Resume(ctx, all, nil); return err }, dispatch.ErrStopped},
		"Dispatcher.Drop":      {func() error { _, err := new(dispatch.Dispatcher).Drop(ctx, all, false, nil); return err }, dispatch.ErrStopped},
		"Dispatcher.SetPolicy": {func() error { return new(dispatch.Dispatcher).SetPolicy(nil) }, refused},
		"Dispatcher.Start":     {func() error { return new(dispatch.Dispatcher).Start(ctx) }, refused},
		"Dispatcher.Shutdown":  {func() error { return new(dispatch.Dispatcher).Shutdown(ctx) }, nil},
		"Sender.Rcpt": {func() error {
			tx, err := new(delivery.Sender).Begin(ctx, new(relay.Envelope))
			if err != nil {
				return err
			}
			defer tx.Close()
			return tx.Rcpt(ctx, to)
		}, refused},
		"Sender.Send": {func() error {
			outcomes, err := new(delivery.Sender).Send(ctx, delivery.NextHop{}, new(envelope.Envelope), []envelope.Recipient{to}, strings.NewReader(""))
			return errors.Join(err, outcomes[0].Err)
		}, refused},
		"Server.Serve": {func() error {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Error(err)
			}
			return new(relay.Server).Serve(l)
		}, refused},
		"Server.ListenAndServe": {func() error { return new(relay.Server).ListenAndServe(ctx) }, refused},
		"Server.SetPolicy":      {func() error { return new(relay.Server).SetPolicy(nil) }, refused},
		"Server.Reload":         {func() error { return new(relay.Server).Reload(relay.Config{}) }, refused},
		"Server.Shutdown":       {func() error { return new(relay.Server).Shutdown(ctx) }, nil},
		"Server without a function": {func() error {
			p, err := connector.Compile(connector.Config{})
			if err != nil {
				t.Error(err)
			}
			return (&relay.Server{Handler: relay.HandlerFunc(nil)}).SetPolicy(p)
		}, refused},
		"Gateway.Start":    {func() error { return new(gateway.Gateway).Start(ctx) }, refused},
		"Gateway.Reload":   {func() error { return new(gateway.Gateway).Reload(gateway.Config{}) }, refused},
		"Gateway.Shutdown": {func() error { return new(gateway.Gateway).Shutdown(ctx) }, nil},
		"Gateway.Run":      {func() error { return new(gateway.Gateway).Run(ctx) }, refused},
		"queuetest.Store":  {func() error { return new(queuetest.Store).Put(ctx, one, strings.NewReader("x"), queue.Lease{}) }, nil},
		"Spool.Put":        {func() error { return new(spool.Spool).Put(ctx, one, strings.NewReader("x"), queue.Lease{}) }, refused},
		"Spool.Close":      {func() error { return new(spool.Spool).Close() }, nil},
		"userfile.File": {func() error {
			_, err := new(userfile.File).Verify(ctx, auth.Credentials{Username: "kim"}, auth.Channel{})
			return err
		}, auth.ErrBadCredentials},
		"shell.Interpreter": {func() error { return new(shell.Interpreter).Run(context.Background(), "a.ps1", []byte("1")) }, nil},
		"Policy": {func() error {
			if r := nilPolicy.Route(to.To, 0, nil); r.Outbound != nil || len(nilPolicy.Bindings()) > 0 {
				return refused
			}
			return nil
		}, nil},
		"Envelope.Route": {func() error {
			if new(relay.Envelope).Route(to.To).Outcome == routing.Routed {
				return refused
			}
			return nil
		}, nil},
		"message.Pool": {func() error {
			m, err := new(message.Pool).Read(strings.NewReader(""))
			if err != nil {
				return err
			}
			return m.Close()
		}, nil},
		"Server with a function that is nil": {func() error {
			_, err := relay.Deliver(ctx, relay.HandlerFunc(nil), new(relay.Envelope), strings.NewReader(""))
			return err
		}, refused},
		"gosmtp.Handler":   {func() error { _, err := new(gosmtp.Handler).Begin(ctx, new(relay.Envelope)); return err }, refused},
		"gosmtp.SessionOf": {func() error { return errors.New(gosmtp.SessionOf(nil).Mail(connector.Mail{}).Reply().Text) }, refused},
		"gosmtp.EnvelopeOf": {func() error {
			if gosmtp.EnvelopeOf(nil) != nil {
				return refused
			}
			return nil
		}, nil},
		"Message.Open after Close": {func() error {
			m, err := new(message.Pool).Read(strings.NewReader("a: b\r\n\r\nx"))
			if err == nil {
				err = m.Close()
			}
			if err != nil {
				t.Error(err)
			}
			_, err = io.ReadAll(m.Open())
			return err
		}, refused},
		"source.Map": {func() error {
			var m source.Map
			if m.Add(source.Map{"Server": {Line: 7}}, nil); m["Server"].Line != 7 {
				return refused
			}
			return nil
		}, nil},
		"Setting": {func() error {
			if s := fmt.Sprint(param.Setting[bool]{}, param.Value(false)); s != "default false" {
				return errors.New(s)
			}
			return nil
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			err := tc.use()
			if (err == nil) != (tc.want == nil) || tc.want != refused && !errors.Is(err, tc.want) {
				t.Errorf("error %v, want %v", err, tc.want)
			}
		})
	}
}
