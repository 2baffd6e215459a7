package reply_test

import (
	"fmt"

	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/permission"
)

// A reason has a name that programs can depend on, a sentence for people, and a
// reply for the client in the words of each edition.
func Example() {
	reason := reply.RelayDenied
	fmt.Println(reason)
	fmt.Println(reason.Doc())
	fmt.Println(reason.Reply(permission.Current))
	fmt.Println(reason.Reply(permission.Exchange2007))
	fmt.Println(reason.Reply(permission.Current).Bare())
	// Output:
	// relay-denied
	// The recipient is in no accepted domain and the session lacks ms-Exch-SMTP-Accept-Any-Recipient.
	// 550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain
	// 550 5.7.1 Unable to relay
	// 550 SMTP; Unable to relay recipient in non-accepted domain
}
