package delivery_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// burst sends n messages of which none is taken before all are on their way.
func (w *world) burst(sink *relaytest.Sink, n int) {
	w.t.Helper()
	var met, senders sync.WaitGroup
	met.Add(n)
	sink.Script = func(stage relaytest.Stage, _ string) string {
		if stage == relaytest.StageData {
			met.Done()
			met.Wait()
		}
		return ""
	}
	for range n {
		env := envelope()
		w.rcpt(env, "b@fabrikam.com")
		senders.Go(func() {
			if err := w.sender.Deliver(context.Background(), env, strings.NewReader(letter)); err != nil {
				w.t.Error(err)
			}
		})
	}
	senders.Wait()
}

// The connections of a burst serve the next one; when none comes, most of them
// are closed soon, and the rest later.
func TestBurst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, toHosts("192.0.2.1"))
		sink := &relaytest.Sink{}
		w.sink("192.0.2.1:25", sink)
		const all, kept = 50, 20
		for _, step := range []struct {
			pause time.Duration
			total int // connections that the hop has seen behind it
		}{
			{0, all},
			{time.Second, all},
			{4 * time.Second, all + all - kept},
			{time.Minute, all + all - kept + all},
		} {
			time.Sleep(step.pause)
			w.burst(sink, all)
			if n := sink.Connections(); n != step.total {
				t.Errorf("%v later: %d connections, want %d", step.pause, n, step.total)
			}
		}
	})
}
