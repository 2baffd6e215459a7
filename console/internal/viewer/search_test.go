package viewer

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/relay/tracking"
)

// written returns the path of a log with n messages, each of which was received, and deferred so many times.
func written(t *testing.T, n, deferred int) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("#Fields: date-time,event-id,source,message-id,network-message-id,recipient-address,sender-address,message-subject,custom-data\r\n")
	for i := range n {
		row := func(event string, after int) {
			at := noon.Add(time.Duration(i)*time.Second + time.Duration(after)*time.Minute)
			fmt.Fprintf(&b, "%s,%s,SMTP,<%d@contoso.com>,n%d,kim@fabrikam.com,user%d@contoso.com,Invoice %d,S:Id=M%06d\r\n", at.Format("2006-01-02T15:04:05.000Z"), event, i, i, i%10, i, i)
		}
		row(tracking.Receive, 0)
		for k := range deferred {
			row(tracking.Defer, k+1)
		}
	}
	path := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// searchesOf returns the searches of one log.
func searchesOf(path string) *Searches {
	return NewSearches(func(context.Context) ([]string, error) { return []string{path}, nil }, (&fake{}).ask, time.Now)
}

// TestSearchBounds: a search ends at its number of messages, of events and at its time, and says so.
func TestSearchBounds(t *testing.T) {
	s := searchesOf(written(t, MaxStories+1, 1))
	found, err := s.Find(t.Context(), tracking.Query{})
	if err != nil || len(found.Messages) != MaxStories || !found.More || found.Stopped {
		t.Errorf("%d messages, more: %v, stopped: %v, %v", len(found.Messages), found.More, found.Stopped, err)
	}
	if found, err = s.Find(t.Context(), tracking.Query{From: "user3@"}); err != nil || len(found.Messages) != 10 || found.More {
		t.Errorf("%d messages, more: %v, %v", len(found.Messages), found.More, err)
	}
	s = searchesOf(written(t, 1, MaxEvents+4))
	if found, err = s.Find(t.Context(), tracking.Query{}); err != nil || len(found.Messages[0].Events) != MaxEvents || found.Messages[0].Cut != 5 {
		t.Errorf("%d events, %d cut, %v", len(found.Messages[0].Events), found.Messages[0].Cut, err)
	}
	s.limit = time.Nanosecond
	if found, err = s.Find(t.Context(), tracking.Query{To: "kim"}); err != nil || !found.Stopped {
		t.Errorf("%+v, %v", found, err)
	}
	s = searchesOf(filepath.Join(t.TempDir(), "missing"))
	if _, err = s.Find(t.Context(), tracking.Query{}); err == nil || !strings.Contains(err.Error(), "missing") {
		t.Errorf("a log that doesn't exist: %v", err)
	}
}

// TestSearchGoesOn: a search goes on when the viewer doesn't wait for it, and the next one gets its result.
func TestSearchGoesOn(t *testing.T) {
	path, wait := written(t, 3, 1), make(chan struct{})
	s := NewSearches(func(context.Context) ([]string, error) { <-wait; return []string{path}, nil }, (&fake{}).ask, time.Now)
	soon, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := s.Find(soon, tracking.Query{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	close(wait)
	found, err := s.Find(t.Context(), tracking.Query{})
	if err != nil || len(found.Messages) != 3 || s.Progress(tracking.Query{}) != 1 {
		t.Errorf("%+v, %v, progress %v", found, err, s.Progress(tracking.Query{}))
	}
}
