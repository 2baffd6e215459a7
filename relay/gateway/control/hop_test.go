package control_test

import (
	"context"
	"io"
	"iter"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/relay/dispatch"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/gateway/control"
	"github.com/interchange-smtp/interchange/relay/queue"
)

// events returns the events of a running gateway's answer, and its error.
func events(dir string, r control.Request, content io.Reader) ([]control.Event, error) {
	return collect(control.DoWith(context.Background(), dir, r, content))
}

// collect returns the events of an answer, and its error.
func collect(answer iter.Seq2[control.Event, error]) (list []control.Event, err error) {
	for e, problem := range answer {
		if problem != nil {
			return list, problem
		}
		list = append(list, e)
	}
	return list, nil
}

// TestHops: next hops are listed, suspended and resumed.
func TestHops(t *testing.T) {
	q := three()
	q.queues = []dispatch.Queue{{Name: "Internet contoso.com", Messages: 3, Failures: 2, Reply: "451 4.4.1 refused", Suspended: true}}
	dir := serve(t, q)
	list, err := events(dir, control.Request{Action: control.Hops}, nil)
	if err != nil || len(list) != 2 || list[0].Hop == nil || list[0].Hop.Name != "Internet contoso.com" || list[0].Hop.Messages != 3 || !list[0].Hop.Suspended || list[0].Hop.Failures != 2 {
		t.Errorf("%+v, %v", list, err)
	}
	if _, err := events(dir, control.Request{Action: control.SuspendHop, Hop: "Internet"}, nil); err != nil {
		t.Error(err)
	}
	if _, err := events(dir, control.Request{Action: control.ResumeHop, Hop: "Other"}, nil); err == nil || !strings.Contains(err.Error(), "isn't suspended") {
		t.Errorf("%v", err)
	}
	if got := strings.Join(q.done, ", "); got != "suspend-hop Internet" {
		t.Errorf("done: %s", got)
	}
}

// TestRedirect: redirect needs a Send connector and a selection.
func TestRedirect(t *testing.T) {
	q := three()
	dir := serve(t, q)
	for _, r := range []control.Request{
		{Action: control.Redirect, Filter: control.Filter{NextHop: "Internet"}},
		{Action: control.Redirect, To: "Backup"},
		{Action: control.Retry, To: "Backup"},
		{Action: control.SuspendHop},
		{Action: control.Retry, Hop: "Internet"},
		{Action: control.Hops, Filter: control.Filter{NextHop: "Internet"}},
		{Action: control.Import},
	} {
		if _, err := events(dir, r, nil); err == nil {
			t.Errorf("%+v was taken", r)
		}
	}
	if _, err := events(dir, control.Request{Action: control.Redirect, To: "Backup", Filter: control.Filter{NextHop: "ToPartner"}}, nil); err != nil {
		t.Error(err)
	}
	if _, err := events(dir, control.Request{Action: control.Resubmit, Filter: control.Filter{IDs: []string{"A"}}}, nil); err != nil {
		t.Error(err)
	}
	if got := strings.Join(q.done, ", "); got != "redirect to Backup B, resubmit A" {
		t.Errorf("done: %s", got)
	}
}

// TestExportImport: what export sends is what import takes. Less content than the message has is an error of the
// queue, and more is left unread.
func TestExportImport(t *testing.T) {
	q := three()
	dir := serve(t, q)
	list, err := events(dir, control.Request{Action: control.Export, Filter: control.Filter{IDs: []string{"A"}}}, nil)
	if err != nil || len(list) < 3 || list[1].Record == nil || list[1].Record.ID != "A" || list[1].Record.Recipients[0].Hop != "Internet contoso.com" {
		t.Fatalf("%+v, %v", list, err)
	}
	m := &queue.Message{Envelope: envelope.Envelope{ID: "N", Size: 100_000}, Recipients: list[1].Record.Recipients}
	content := strings.Repeat("x", 100_000)
	if _, err := events(dir, control.Request{Action: control.Import, Message: m}, strings.NewReader(content)); err != nil || q.imported["N"] != content {
		t.Errorf("%d bytes, %v", len(q.imported["N"]), err)
	}
	m.ID, m.Size = "M", 5
	if _, err := events(dir, control.Request{Action: control.Import, Message: m}, strings.NewReader("longer")); err != nil || q.imported["M"] != "longe" {
		t.Errorf("%q, %v", q.imported["M"], err)
	}
}
