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
	mail := dispatch.Mail{EnvID: envelope.NewID()} // names the message in its events, before it has an ID
	if mail.From, err = routing.ParseAddress(from); err != nil {
		return err
	}
	for _, text := range to {
		address, err := routing.ParseAddress(text)
		if err != nil {
			return err
		}
		mail.To = append(mail.To, envelope.Recipient{To: address})
	}
	fates := make(chan event.Event, len(to)) // has room for all, because events wait for their reader
	d := &dispatch.Dispatcher{Transport: sender, Store: store, Policy: policy, Events: []event.Reader{func(_ context.Context, e event.Event) {
		switch e.Kind {
		case event.Delivered, event.Refused, event.Expired, event.Dropped:
			if e.EnvID == mail.EnvID { // not of an earlier run
				fates <- e
			}
		}
	}}}
	if err := d.Start(ctx); err != nil {
		return err
	}
	defer func() {
		limit, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		err = errors.Join(err, d.Shutdown(limit))
	}()
	id, err := d.Enqueue(ctx, mail, message)
	if err != nil {
		return err
	}
	for range to {
		select {
		case <-ctx.Done():
			return nil
		case e := <-fates:
			fmt.Fprintf(out, "%s to %v: %v %s after %v\n", id, e.To, e.Kind, e.Reply, e.Delay)
		}
	}
	return nil
}
