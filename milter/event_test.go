package milter_test

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/interchange-smtp/interchange/milter"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// TestEvents: a filter that is away is reported for the connection, and for each message with what becomes
// of it; so is one that fails in the midst of a message.
func TestEvents(t *testing.T) {
	for action, name := range map[milter.Action]string{milter.TempFail: "tempfail", milter.Accept: "accept", milter.Reject: "reject"} {
		var mu sync.Mutex
		var events []event.Event
		log := new(relaytest.Log)
		f := &filter{down: true, answers: map[string][]string{"N": {"?"}}}
		m := asked(f)
		m.DefaultAction, m.Logger = action, slog.New(slog.NewTextHandler(log, nil))
		m.Events = []event.Reader{func(_ context.Context, e event.Event) {
			mu.Lock()
			defer mu.Unlock()
			events = append(events, e)
		}}
		c := serve(t, m).client()
		mail(c, bob)
		c.Do("RSET", 250)
		f.mu.Lock()
		f.down = false
		f.mu.Unlock()
		mail(c, bob)
		c.Do("QUIT", 221)

		mu.Lock()
		defer mu.Unlock()
		if len(events) != 3 {
			t.Fatalf("%s: %v", name, events)
		}
		for i, e := range events {
			if e.Kind != event.MilterFailed || e.Session == "" || e.Session != events[0].Session || e.Connector != "Internet" || e.Remote.Addr().String() != "192.0.2.7" ||
				e.Host != m.Address || e.Err == nil || e.Time.IsZero() {
				t.Errorf("%s: event %d: %+v", name, i, e)
			}
			if connecting := i == 0; connecting != (e.ID == "") || connecting != (e.Detail == "") || !connecting && e.Detail != name {
				t.Errorf("%s: event %d is about the message %q, and then %q", name, i, e.ID, e.Detail)
			}
		}
		if events[1].ID == events[2].ID {
			t.Errorf("%s: two messages have the ID %s", name, events[1].ID)
		}
		lines := strings.Split(log.String(), "\n")
		if want := ` level=ERROR msg="the milter can't be asked" session=` + events[1].Session + " id=" + events[1].ID + " connector=Internet remote="; len(lines) != 4 ||
			!strings.Contains(lines[1], want) || !strings.HasSuffix(lines[1], ` milter=inet:127.0.0.1:1 then=`+name+` error="connection refused"`) {
			t.Errorf("%s: the log is %q", name, lines)
		}
	}
}
