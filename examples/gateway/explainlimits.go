package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/interchange-smtp/interchange/relay"
)

// limitJSON is a limit that holds for the client of an explanation.
type limitJSON struct {
	Limit  string  `json:"limit"`
	By     string  `json:"by"` // what is counted for itself
	Key    string  `json:"key,omitempty"`
	Bound  int64   `json:"bound"` // of a time, milliseconds
	Window float64 `json:"windowSeconds,omitempty"`
}

// limitsOf returns the limits that hold for the client of an answer while there are no other clients.
func limitsOf(a answer) (all []limitJSON) {
	in := a.walk.Session.Inbound()
	if in == nil {
		return nil
	}
	client := relay.LimitClient{Addr: a.dialog.Remote, Sender: a.dialog.From.String()}
	if a.dialog.User != nil {
		client.User = a.dialog.User.Principal.Name
	}
	for _, l := range relay.LimitsOf(in, client) {
		all = append(all, limitJSON{l.Name, l.By, l.Key, l.Bound, l.Window.Seconds()})
	}
	return all
}

// printLimits prints limits as a table, if there are any.
func printLimits(w io.Writer, all []limitJSON) {
	if len(all) == 0 {
		return
	}
	fmt.Fprintln(w, "limits:")
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, l := range all {
		bound := fmt.Sprint(l.Bound)
		switch {
		case strings.HasSuffix(l.Limit, "Timeout"):
			bound = (time.Duration(l.Bound) * time.Millisecond).String()
		case l.Window > 0:
			bound += " a minute"
		}
		fmt.Fprintf(table, "    %s\t%s\t%s\n", l.Limit, bound, strings.TrimSpace(l.By+" "+l.Key))
	}
	_ = table.Flush() // a failure of w shows at its next use
}
