package spool_test

import (
	"context"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/queue"
	"github.com/interchange-smtp/interchange/relay/queue/queuetest"
	"github.com/interchange-smtp/interchange/relay/queue/spool"
	"github.com/interchange-smtp/interchange/routing"
)

// tree returns the names, sizes and times of all files below dir.
func tree(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil {
			b.WriteString(path + " " + info.ModTime().String() + " " + info.Mode().String() + "\n")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestRead: the queue of a process that was killed is read with everything that was acknowledged, and nothing
// changes on the disk.
func TestRead(t *testing.T) {
	ctx, dir := context.Background(), filepath.Join(t.TempDir(), "queue")
	s, err := spool.Open(dir, spool.Options{LargeBody: 1000})
	if err != nil {
		t.Fatal(err)
	}
	lease := queue.Lease{Holder: "us", For: time.Minute}
	bodies := map[string]string{"A": "small", "B": strings.Repeat("large ", 1000), "C": "gone"}
	want := map[string]*queue.Message{}
	for _, id := range []string{"A", "B", "C"} {
		m := &queue.Message{Envelope: envelope.Envelope{ID: id, From: routing.MustParseAddress("ann@contoso.com")},
			Recipients: []queue.Recipient{{Recipient: envelope.Recipient{To: routing.MustParseAddress("kim@fabrikam.com")}}}}
		if err := s.Put(ctx, m, strings.NewReader(bodies[id]), lease); err != nil {
			t.Fatal(err)
		}
		want[id] = m
	}
	want["A"].Recipients[0].Reply = "451 4.3.0 Later"
	if err := s.Save(ctx, want["A"], "us"); err != nil {
		t.Fatal(err)
	}
	if err := s.Remove(ctx, "C", "us"); err != nil {
		t.Fatal(err)
	}
	if _, err := spool.Read(dir, nil); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("read while it is open: %v", err)
	}
	copied := filepath.Join(t.TempDir(), "killed")
	if err := os.CopyFS(copied, os.DirFS(dir)); err != nil { // as a crash would leave it
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{copied, dir} {
		before := tree(t, dir)
		r, err := spool.Read(dir, nil)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for m, err := range r.All(ctx) {
			if err != nil {
				t.Fatal(err)
			}
			n++
			if diff := queuetest.Diff(m, want[m.ID]); diff != "" {
				t.Errorf("%s: %s", m.ID, diff)
			}
			body, err := r.Open(ctx, m.ID)
			if err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(body)
			if body.Close(); err != nil || string(text) != bodies[m.ID] {
				t.Errorf("%s: %q, %v", m.ID, text, err)
			}
		}
		if n != 2 || r.Damages() > 0 {
			t.Errorf("%d messages, %d damages", n, r.Damages())
		}
		if after := tree(t, dir); after != before {
			t.Errorf("changed:\n%s\nwas:\n%s", after, before)
		}
		s, err := spool.Open(dir, spool.Options{}) // a Reader keeps no process from opening the spool
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestReadChangesNothing: damage is counted, and left as it is.
func TestReadChangesNothing(t *testing.T) {
	ctx, dir := context.Background(), filepath.Join(t.TempDir(), "queue")
	if _, err := spool.Read(dir, nil); err == nil || !strings.Contains(err.Error(), "no queue") {
		t.Errorf("read without a directory: %v", err)
	}
	s, err := spool.Open(dir, spool.Options{})
	if err != nil {
		t.Fatal(err)
	}
	m := &queue.Message{Envelope: envelope.Envelope{ID: "A"}, Recipients: []queue.Recipient{{Recipient: envelope.Recipient{To: routing.MustParseAddress("kim@fabrikam.com")}}}}
	if err := s.Put(ctx, m, strings.NewReader("content"), queue.Lease{}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	names, err := filepath.Glob(filepath.Join(dir, "journal", "*.log"))
	if err != nil || len(names) != 1 {
		t.Fatal(names, err)
	}
	text, err := os.ReadFile(names[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, damaged := range [][]byte{append(text[:len(text):len(text)], "torn"...), text[:len(text)-20], []byte(strings.Replace(string(text), "content", "CONTENT", 1))} {
		if err := os.WriteFile(names[0], damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		before := tree(t, dir)
		r, err := spool.Read(dir, nil)
		if err != nil {
			t.Fatal(err)
		}
		for m := range r.All(ctx) {
			if body, err := r.Open(ctx, m.ID); err == nil {
				body.Close()
			}
		}
		if after := tree(t, dir); after != before {
			t.Errorf("changed:\n%s\nwas:\n%s", after, before)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}
