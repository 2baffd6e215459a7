package control_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/relay/gateway/control"
	"github.com/interchange-smtp/interchange/relay/queue"
	"github.com/interchange-smtp/interchange/relay/queue/spool"
)

// stoppedEvents returns the events of an answer without a gateway, and its error.
func stoppedEvents(dir string, r control.Request, content io.Reader) ([]control.Event, error) {
	return collect(control.DoStopped(context.Background(), dir, r, content))
}

// stoppedDir returns a data directory with the messages of three.
func stoppedDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	s, err := spool.Open(filepath.Join(dir, control.QueueDir), spool.Options{})
	if err != nil {
		t.Fatal(err)
	}
	q := three()
	for _, m := range q.messages {
		if err := s.Put(context.Background(), m, strings.NewReader(q.bodies[m.ID]), queue.Lease{}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestStopped: the queue of a gateway that doesn't run is listed by filters, exported and counted by next hop.
func TestStopped(t *testing.T) {
	dir := stoppedDir(t)
	list, err := stoppedEvents(dir, control.Request{Action: control.List, Filter: control.Filter{NextHop: "Internet"}}, nil)
	if err != nil || len(list) != 3 || list[0].Message.ID != "A" || list[1].Message.ID != "C" || list[2].End.Messages != 2 {
		t.Errorf("%+v, %v", list, err)
	}
	list, err = stoppedEvents(dir, control.Request{Action: control.Export, Filter: control.Filter{IDs: []string{"A"}}}, nil)
	content := 0
	for _, e := range list {
		content += len(e.Content)
	}
	if err != nil || int64(content) != list[0].Message.Size || list[1].Record == nil {
		t.Errorf("%d bytes, %v", content, err)
	}
	if err := os.WriteFile(filepath.Join(dir, control.SuspendedHops), []byte(`[{"name":"internet","since":"2026-11-30T09:14:00Z","by":"kim"},{"name":"Other","since":"2026-11-30T09:14:00Z"}]`), 0o600); err != nil {
		t.Fatal(err)
	}
	list, err = stoppedEvents(dir, control.Request{Action: control.Hops}, nil)
	if err != nil || len(list) != 4 {
		t.Fatalf("%+v, %v", list, err)
	}
	if h := list[0].Hop; h.Name != "Internet contoso.com" || h.Messages != 1 || !h.Suspended || h.SuspendedBy != "kim" || time.Since(h.Oldest) < 2*time.Hour {
		t.Errorf("%+v", h)
	}
	if h := list[1].Hop; h.Name != "Other" || h.Messages != 0 || !h.Suspended {
		t.Errorf("%+v", h)
	}
	if h := list[2].Hop; h.Name != "ToPartner [192.0.2.1]" || h.Held != 1 || h.Suspended {
		t.Errorf("%+v", h)
	}
	for e := range control.DoStopped(context.Background(), dir, control.Request{Action: control.List}, nil) {
		if e.Message.ID != "A" {
			t.Error("the answer goes on although its reader has left")
		}
		break
	}
	for _, r := range []control.Request{{Action: control.Retry}, {Action: control.Suspend}, {Action: control.Drop, Filter: control.Filter{IDs: []string{"A"}}},
		{Action: control.SuspendHop, Hop: "Internet"}, {Action: control.Reload}} {
		if _, err := stoppedEvents(dir, r, nil); !errors.Is(err, control.ErrNoGateway) || control.WorksStopped(r.Action) {
			t.Errorf("%s: %v", r.Action, err)
		}
	}
	if _, err := stoppedEvents(t.TempDir(), control.Request{Action: control.List}, nil); err == nil || !strings.Contains(err.Error(), "no queue") {
		t.Errorf("without a queue: %v", err)
	}
}

// TestImportStopped: an imported message waits as if it had arrived now, and can't be imported twice.
func TestImportStopped(t *testing.T) {
	dir := stoppedDir(t)
	m := three().messages[0].Clone()
	m.ID, m.Size, m.Arrived = "NEW", 15, time.Now().Add(-100*time.Hour)
	m.Recipients[0].Attempts, m.Recipients[0].Reply = 7, "451 4.3.0 Later"
	r := control.Request{Action: control.Import, Message: m}
	if list, err := stoppedEvents(dir, r, strings.NewReader("Subject: new\n\n")); err != nil || list[0].End.Messages != 1 {
		t.Fatalf("%+v, %v", list, err)
	}
	if _, err := stoppedEvents(dir, r, strings.NewReader("Subject: new\n\n")); !errors.Is(err, queue.ErrExists) {
		t.Errorf("imported twice: %v", err)
	}
	list, err := stoppedEvents(dir, control.Request{Action: control.Show, Filter: control.Filter{IDs: []string{"NEW"}}}, nil)
	if err != nil || len(list) != 2 || time.Since(list[0].Message.Arrived) > time.Minute || list[0].Message.Recipients[0].Attempts != 0 || list[0].Message.Size != 16 {
		t.Errorf("%+v, %v", list, err)
	}
	m.ID, m.Recipients[0].Status = "DONE", queue.Delivered
	if _, err := stoppedEvents(dir, r, strings.NewReader("x")); err == nil || !strings.Contains(err.Error(), "no recipient") {
		t.Errorf("%v", err)
	}
	m.ID = "../../etc"
	if _, err := stoppedEvents(dir, r, strings.NewReader("x")); err == nil {
		t.Error("an ID that is a path was taken")
	}
}
