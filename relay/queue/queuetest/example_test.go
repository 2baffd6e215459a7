package queuetest_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/queue"
	"github.com/interchange-smtp/interchange/relay/queue/queuetest"
	"github.com/interchange-smtp/interchange/routing"
)

func ExampleStore() {
	ctx := context.Background()
	store := new(queuetest.Store)
	m := &queue.Message{
		Envelope:   envelope.Envelope{ID: "A1", From: routing.MustParseAddress("kim@contoso.com")},
		Recipients: []queue.Recipient{{Recipient: envelope.Recipient{To: routing.MustParseAddress("lee@fabrikam.com")}}},
	}
	lease := queue.Lease{Holder: "relay1", For: time.Minute}
	if err := store.Put(ctx, m, strings.NewReader("Subject: hello\r\n\r\n"), lease); err != nil {
		fmt.Println(err)
		return
	}
	body, err := store.Open(ctx, "A1")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer body.Close()
	content, _ := io.ReadAll(body)
	fmt.Printf("%d bytes: %q\n", m.Size, content)
	fmt.Println(store.Remove(ctx, "A1", "relay2"))
	fmt.Println(store.Remove(ctx, "A1", "relay1"))
	// Output:
	// 18 bytes: "Subject: hello\r\n\r\n"
	// the lease has expired or belongs to another process: A1
	// <nil>
}
