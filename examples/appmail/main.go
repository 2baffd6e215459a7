// Command appmail sends a message from standard input through a queue, and says what becomes of
// it for each recipient. When it is interrupted, the queue keeps what waits for the next run:
//
//	appmail -data /var/lib/app -from app@fabrikam.com -to kim@contoso.com connectors.ps1 <message
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/load"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/dispatch"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/queue"
	"github.com/interchange-smtp/interchange/relay/queue/spool"
	"github.com/interchange-smtp/interchange/routing"
)

func main() {
	data := flag.String("data", "/var/lib/appmail", "`DIR`ectory of the queue")
	from, to := flag.String("from", "", "`ADDRESS` of the sender"), flag.String("to", "", "`ADDRESSES`, with commas between them")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	loaded, err := load.Files(ctx, load.Options{}, flag.Args()...)
	if err != nil {
		log.Fatal(err)
	}
	store, err := spool.Open(*data, spool.Options{})
	if err != nil {
		log.Fatal(err)
	}
	err = run(ctx, os.Stdout, loaded.Policy, store, &delivery.Sender{}, os.Stdin, *from, strings.Split(*to, ",")...)
	if err := errors.Join(err, store.Close()); err != nil {
		log.Fatal(err)
	}
}

// run returns when the fate of each recipient is known, or when ctx has ended.
func run(ctx context.Context, out io.Writer, policy *connector.Policy, store queue.Store, sender *delivery.Sender, message io.Reader, from string, to ...string) (err error) {
	defer sender.Close()
	env := &relay.Envelope{Envelope: envelope.Envelope{ID: envelope.NewID()}, Policy: policy}
	if env.From, err = routing.ParseAddress(from); err != nil {
		return err
	}
	for _, text := range to {
		address, err := routing.ParseAddress(text)
		if err != nil {
			return err
		}
		env.To = append(env.To, envelope.Recipient{To: address})
	}
	events, done := make(chan event.Event), make(chan struct{})
	d := &dispatch.Dispatcher{Transport: sender, Store: store, Policy: policy, Events: []event.Reader{func(_ context.Context, e event.Event) {
		select {
		case events <- e:
		case <-done: // or Shutdown would wait for this function
		}
	}}}
	if err := d.Start(ctx); err != nil {
		return err
	}
	defer func() {
		close(done)
		limit, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		err = errors.Join(err, d.Shutdown(limit))
	}()
	if _, err := relay.Deliver(ctx, d, env, message); err != nil {
		return err
	}
	for waiting := len(to); waiting > 0; {
		select {
		case <-ctx.Done():
			return nil
		case e := <-events:
			switch e.Kind {
			case event.Delivered, event.Refused, event.Expired, event.Dropped:
				fmt.Fprintf(out, "%v: %v %s after %v\n", e.To, e.Kind, e.Reply, e.Delay)
				if e.ID == env.ID { // not of an earlier run
					waiting--
				}
			}
		}
	}
	return nil
}
