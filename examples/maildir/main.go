// Command maildir is a mail server with a quota for each mailbox, a Maildir with the name of its address.
package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"io/fs"
	"log"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/interchange-smtp/interchange/connector/load"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/gateway"
)

func main() {
	mail := flag.String("mail", "/var/mail", "`DIR`ectory of the mailboxes and of the queue")
	quota := flag.Int64("quota", 1<<30, "`BYTES` of a mailbox")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	root, err := os.OpenRoot(*mail) // no address leads out of it
	if err == nil {
		err = run(ctx, mailboxes{root, *quota}, flag.Args()...)
	}
	if err != nil {
		log.Fatal(err)
	}
}

// run serves until ctx ends. The policy's Send connector Mailboxes delivers here.
func run(ctx context.Context, m mailboxes, files ...string) error {
	loaded, err := load.Files(ctx, load.Options{}, files...)
	if err != nil {
		return err
	}
	g := &gateway.Gateway{Config: gateway.Config{Policy: loaded.Policy}, Dir: m.root.Name() + "/.queue", Logger: slog.Default()}
	g.Server.Hooks = []relay.Hooks{{Rcpt: m.rcpt}}
	g.Dispatcher.ByConnector = map[string]delivery.Transport{"Mailboxes": m}
	return g.Run(ctx)
}

// mailboxes is a delivery.Transport.
type mailboxes struct {
	root  *os.Root
	quota int64 // of each, in bytes
}

// rcpt refuses recipients of accepted domains that have no mailbox.
func (m mailboxes) rcpt(_ context.Context, env *relay.Envelope, rcpt envelope.Recipient) error {
	_, accepted := env.Policy.Accepted(rcpt.To.Domain())
	if _, err := m.root.Stat(strings.ToLower(rcpt.To.String()) + "/new"); accepted && err != nil {
		return &relay.Error{Reply: reply.Reply{Code: 550, Enhanced: [3]int{5, 1, 1}, Text: "User unknown"}}
	}
	return nil
}

// Send writes the message to a file and links that into the mailboxes with room for it.
func (m mailboxes) Send(_ context.Context, _ delivery.NextHop, env *envelope.Envelope, to []envelope.Recipient, body io.Reader) ([]delivery.Outcome, error) {
	name := envelope.NewID() + ".tmp"
	file, err := m.root.Create(name)
	if err != nil {
		return nil, err
	}
	defer m.root.Remove(name)
	size, err := io.Copy(file, io.MultiReader(strings.NewReader("Return-Path: <"+env.From.String()+">\r\n"), body))
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return nil, err
	}
	outcomes := make([]delivery.Outcome, len(to))
	for i, rcpt := range to {
		outcomes[i].Err = m.deliver(name, size, strings.ToLower(rcpt.To.String()), env.ID)
	}
	return outcomes, nil
}

func (m mailboxes) deliver(file string, size int64, mailbox, id string) error {
	old, _ := fs.Glob(m.root.FS(), mailbox+"/*/*")
	for _, name := range old {
		if info, err := m.root.Stat(name); err == nil {
			size += info.Size()
		}
	}
	if size > m.quota {
		return &relay.Error{Reply: reply.Reply{Code: 552, Enhanced: [3]int{5, 2, 2}, Text: "Mailbox full"}}
	}
	if err := m.root.Link(file, mailbox+"/new/"+id); !errors.Is(err, fs.ErrExist) {
		return err // nil, or the message stays on the queue
	}
	return nil // delivered before a crash, and tried again
}
