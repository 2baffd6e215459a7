package dispatch_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/dispatch"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/queue/queuetest"
	"github.com/interchange-smtp/interchange/relay/relaytest"
	"github.com/interchange-smtp/interchange/routing"
)

// maildirs delivers to Maildirs in a directory, which have the names of the recipients. A name can't
// lead out of an os.Root.
type maildirs struct{ root *os.Root }

// Send implements delivery.Transport. Each recipient has an Outcome: one without a mailbox is refused.
func (m maildirs) Send(_ context.Context, _ delivery.NextHop, env *envelope.Envelope, to []envelope.Recipient, body io.Reader) ([]delivery.Outcome, error) {
	text, err := io.ReadAll(body)
	if err != nil {
		return nil, err
	}
	outcomes := make([]delivery.Outcome, len(to))
	for i, rcpt := range to {
		outcomes[i].Err = m.deliver(rcpt.To.Local(), fmt.Appendf(nil, "Return-Path: <%s>\r\n%s", env.From, text))
	}
	return outcomes, nil
}

// deliver writes a message to a mailbox. An error that isn't a *relay.Error is temporary.
func (m maildirs) deliver(mailbox string, text []byte) error {
	name := envelope.NewID()
	temporary := filepath.Join(mailbox, "tmp", name)
	err := m.root.WriteFile(temporary, text, 0o600) // a real one calls Sync, too
	if errors.Is(err, fs.ErrNotExist) {
		return &relay.Error{Reply: reply.Reply{Code: 550, Enhanced: [3]int{5, 1, 1}, Text: "No such mailbox"}}
	}
	if err != nil {
		return err
	}
	return m.root.Rename(temporary, filepath.Join(mailbox, "new", name))
}

// The mail of the Send connector Mailboxes goes into Maildirs, other mail to a smart host.
func ExampleDispatcher_maildir() {
	policy, err := connector.Compile(connector.Config{Send: []connector.Send{
		{Name: "Internet", AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace("*")},
			SmartHosts: []param.SmartHost{param.MustParseSmartHost("192.168.5.77")}},
		{Name: "Mailboxes", AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace("contoso.com")}},
	}})
	if err != nil {
		log.Fatal(err)
	}
	var network relaytest.Network
	var smartHost relaytest.Sink
	listener, err := network.Listen("192.168.5.77:25")
	if err != nil {
		log.Fatal(err)
	}
	go smartHost.Serve(listener)
	defer smartHost.Close()

	dir, err := os.MkdirTemp("", "maildirs")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	root, err := os.OpenRoot(dir)
	if err != nil {
		log.Fatal(err)
	}
	defer root.Close()
	for _, sub := range []string{"kim/tmp", "kim/new", "kim/cur"} {
		if err := root.MkdirAll(sub, 0o700); err != nil {
			log.Fatal(err)
		}
	}

	sender := &delivery.Sender{Dial: network.Host(netip.MustParseAddr("10.2.3.4")).Dial}
	defer sender.Close()
	d := &dispatch.Dispatcher{
		Transport:   sender,
		ByConnector: map[string]delivery.Transport{"Mailboxes": maildirs{root}},
		Store:       new(queuetest.Store),
		Policy:      policy,
	}
	ctx := context.Background()
	if err := d.Start(ctx); err != nil {
		log.Fatal(err)
	}
	env := &relay.Envelope{Policy: policy, Envelope: envelope.Envelope{From: routing.MustParseAddress("amy@fabrikam.com")}}
	for _, to := range []string{"kim@contoso.com", "nobody@contoso.com", "jo@example.net"} {
		env.To = append(env.To, envelope.Recipient{To: routing.MustParseAddress(to)})
	}
	if _, err := relay.Deliver(ctx, d, env, strings.NewReader("Subject: hello\r\n\r\nHi\r\n")); err != nil {
		log.Fatal(err)
	}
	received, err := smartHost.Wait(ctx, 2)
	if err != nil {
		log.Fatal(err)
	}
	if err := d.Shutdown(ctx); err != nil { // after it, all attempts have ended
		log.Fatal(err)
	}

	kim, err := filepath.Glob(filepath.Join(dir, "kim/new/*"))
	if err != nil || len(kim) != 1 {
		log.Fatal(kim, err)
	}
	text, err := os.ReadFile(kim[0])
	fmt.Println(strings.ReplaceAll(string(text), "\r\n", "\n"), err)
	for _, m := range received {
		fmt.Printf("<%s> to %s\n", m.From, m.To)
	}
	// Unordered output:
	// Return-Path: <amy@fabrikam.com>
	// Subject: hello
	//
	// Hi
	//  <nil>
	// <amy@fabrikam.com> to [jo@example.net]
	// <> to [amy@fabrikam.com]
}
