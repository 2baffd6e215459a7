package recipients_test

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"

	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/recipients"
	"github.com/interchange-smtp/interchange/routing"
)

// A server refuses recipients that a file doesn't list.
func Example() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	name := filepath.Join(dir, "recipients")
	if err := os.WriteFile(name, []byte("# our mailboxes\namy@fabrikam.com\n"), 0o600); err != nil {
		panic(err)
	}
	list, err := recipients.Load(name)
	if err != nil {
		panic(err)
	}
	server := relay.Server{Recipients: list}
	for _, to := range []string{"Amy@fabrikam.com", "bob@fabrikam.com"} {
		fmt.Println(server.Recipients.Exists(context.Background(), netip.Addr{}, routing.MustParseAddress(to)))
	}
	// Output:
	// true <nil>
	// false <nil>
}
