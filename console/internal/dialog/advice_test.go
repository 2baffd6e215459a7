package dialog_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/console/internal/dialog"
	"github.com/interchange-smtp/interchange/permission"
)

// states are the states of the prerequisites of a draft.
func (w *walk) states(f dialog.Facts) string {
	var all []string
	for _, p := range w.draft.Prerequisites(f) {
		all = append(all, p.State.String())
	}
	return strings.Join(all, ", ")
}

// TestPrerequisites holds the guide's section "Before You Begin" against policies.
func TestPrerequisites(t *testing.T) {
	cfg := fresh(permission.Exchange2007)
	w := sendConnector(t, cfg, "Custom")
	w.next("source-server", "next", "auth=BasicAuthRequireTLS", "user=hub", "password=secret")
	if got := w.states(dialog.Facts{}); got != "doubtful, not known" {
		t.Errorf("Basic over TLS: %s", got)
	}
	expired := source.Mistake(`Receive["Default HubA"]`, analysis.CodeCertificateExpired, "expired")
	if got := w.states(dialog.Facts{Certificates: true, Findings: []analysis.Finding{{Diagnostic: expired}}}); got != "doubtful, doubtful" {
		t.Errorf("Basic over TLS without a certificate: %s", got)
	}
	granted, err := run(cfg, `Add-ADPermission "Default HubA" -User smtpgateway@fabrikam.com -ExtendedRights ms-Exch-SMTP-Accept-Any-Sender`, nil)
	if err != nil {
		t.Fatal(err)
	}
	w = sendConnector(t, granted, "Custom")
	w.next("source-server", "next", "auth=BasicAuthRequireTLS", "user=hub", "password=secret")
	if got := w.states(dialog.Facts{Uncertified: true}); !strings.HasSuffix(got, ", doubtful") {
		t.Errorf("without a certificate: %s", got)
	}
	if got := w.states(dialog.Facts{Certificates: true}); got != "not known, ok" {
		t.Errorf("with an account: %s", got)
	}
	w = sendConnector(t, cfg, "Internal")
	w.next("source-server", "next", "auth=ExternalAuthoritative")
	if got := w.states(dialog.Facts{}); got != "not known" { // the smart host is a name
		t.Errorf("externally secured: %s", got)
	}
	for ranges, want := range map[string]string{"192.168.1.10": "ok", "192.168.0.0/16": "doubtful", "203.0.113.9": "doubtful", "10.1.1.1\nfd00::/120": "ok", "fd00::/64": "doubtful"} {
		w = open(t, dialog.ReceiveConnector, dialog.Subject{Config: cfg})
		w.next("remote-network-settings", "next", "name=A", "usage=Internal")
		if got := w.states(dialog.Facts{}); got != "doubtful" {
			t.Errorf("all ranges: %s", got)
		}
		w.next("remote-network-settings", "remove:ranges:0")
		w.next("remote-network-settings", "add:ranges")
		w.next("new-connector", "next", "row.range="+ranges)
		if got := w.states(dialog.Facts{}); got != want {
			t.Errorf("%s: %s, want %s", ranges, got, want)
		}
	}
	w = open(t, dialog.Relay, dialog.Subject{Config: cfg, ID: "Default HubA"})
	if got := w.states(dialog.Facts{Account: "anna"}); got != "ok, doubtful, doubtful" {
		t.Errorf("relay for all clients: %s", got)
	}
}

// TestNextSteps: the dialogs that are offered in the end open.
func TestNextSteps(t *testing.T) {
	for _, p := range []permission.Profile{permission.Exchange2007, permission.Current} {
		cfg := fresh(p)
		for usage, page := range map[string]string{"Internal": "authentication", "Custom": "permission-groups", "Client": ""} {
			w := open(t, dialog.ReceiveConnector, dialog.Subject{Config: cfg})
			w.do("stay", "name=New", "usage="+usage)
			w.opens("New-ReceiveConnector New -Bindings 10.0.0.1:25 -RemoteIPRanges 10.0.0.2", page)
		}
		w := sendConnector(t, cfg, "Custom")
		w.do("stay", "auth=BasicAuth")
		w.opens("", "permission")
		next := w.draft.NextSteps()[0]
		d, v, err := dialog.Open(next.Dialog, dialog.Subject{Config: cfg, ID: next.ID, Rights: next.Rights})
		if err != nil || !v.On("ms-Exch-SMTP-Accept-Any-Sender") || v.On("ms-Exch-SMTP-Submit") != (p == permission.Current) {
			t.Errorf("%v: the grant %s begins with %v, %v", p, d.Title, v, err)
		}
	}
}

// opens expects one next step that leads to a page, or none if page is "". The commands are run before.
func (w *walk) opens(commands, page string) {
	w.t.Helper()
	steps := w.draft.NextSteps()
	if page == "" {
		if len(steps) > 0 {
			w.t.Errorf("there are steps: %+v", steps)
		}
		return
	}
	after, err := run(w.cfg, commands, nil)
	if err != nil || len(steps) != 1 {
		w.t.Fatalf("%d steps, %v", len(steps), err)
	}
	next := open(w.t, steps[0].Dialog, dialog.Subject{Config: after, ID: steps[0].ID})
	if got := next.draft.Page(steps[0].Page); got != page {
		w.t.Errorf("%s leads to %q, want %q", fmt.Sprint(steps), got, page)
	}
}
