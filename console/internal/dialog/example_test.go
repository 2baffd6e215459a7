package dialog_test

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/console/internal/dialog"
	"github.com/interchange-smtp/interchange/permission"
)

// The last step of the guide's third scenario, as forms and the command that they make.
func Example() {
	cfg := fresh(permission.Exchange2007)
	d, values, err := dialog.Open(dialog.Relay, dialog.Subject{Config: cfg, ID: `HubA\Default HubA`})
	if err != nil {
		fmt.Println(err)
		return
	}
	draft := dialog.NewDrafts(time.Now).Add("a session", d, values, "/server")
	noMistakes := func(context.Context, *dialog.Script) (source.Diagnostics, error) { return nil, nil }
	_, page, err := draft.Submit(context.Background(), draft.First(), url.Values{"do": {"next"}, "user": {`CONTOSO\scanner`}}, noMistakes)
	if err != nil {
		fmt.Println(err)
		return
	}
	view, _ := draft.View(page)
	fmt.Println(view.Title, "/", view.Heading)
	fmt.Println(view.Commands)
	// Output:
	// Allow relay to any domain / Grant
	// Get-ReceiveConnector "Default HubA" | Add-ADPermission -User "CONTOSO\scanner" -ExtendedRights "Ms-Exch-SMTP-Accept-Any-Recipient"
}
