package spool_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/queue"
	"github.com/interchange-smtp/interchange/relay/queue/spool"
	"github.com/interchange-smtp/interchange/routing"
)

func Example() {
	dir, err := os.MkdirTemp("", "spool")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()

	store, err := spool.Open(dir, spool.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	m := &queue.Message{
		Envelope:   envelope.Envelope{ID: "A1", From: routing.MustParseAddress("kim@contoso.com")},
		Arrived:    time.Now(),
		Recipients: []queue.Recipient{{Recipient: envelope.Recipient{To: routing.MustParseAddress("lee@fabrikam.com")}}},
	}
	lease := queue.Lease{Holder: "relay1", For: time.Minute}
	if err := store.Put(ctx, m, strings.NewReader("Subject: hello\r\n\r\n"), lease); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("put", m.ID)
	store.Close()

	// What is on the queue is there again when the next process opens it.
	store, err = spool.Open(dir, spool.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer store.Close()
	messages, err := store.Claim(ctx, lease, 10)
	for _, m := range messages {
		fmt.Println("claimed", m.ID, m.Recipients[0].To, m.Size)
	}
	fmt.Println(err)
	// Output:
	// put A1
	// claimed A1 lee@fabrikam.com 18
	// <nil>
}
