package console

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/interchange-smtp/interchange/console/internal/logon"
)

// browser is a stream of events as a browser gets it.
type browser struct {
	cancel context.CancelFunc
	ended  chan struct{} // closed when the stream has

	mu     sync.Mutex
	header http.Header
	status int
	text   strings.Builder
}

// Header implements http.ResponseWriter.
func (b *browser) Header() http.Header { return b.header }

// WriteHeader implements http.ResponseWriter.
func (b *browser) WriteHeader(status int) { b.status = status }

// Write implements http.ResponseWriter.
func (b *browser) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

// Flush implements http.Flusher.
func (b *browser) Flush() {}

// got returns what came since the last call.
func (b *browser) got() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	text := b.text.String()
	b.text.Reset()
	return text
}

// over reports whether the stream has ended.
func (b *browser) over() bool {
	synctest.Wait()
	select {
	case <-b.ended:
		return true
	default:
		return false
	}
}

// follow opens a stream of events.
func (b *tester) follow(topic string) *browser {
	ctx, cancel := context.WithCancel(context.Background())
	r := httptest.NewRequestWithContext(ctx, "GET", "http://localhost/events?topic="+topic, nil)
	r.Header.Set("X-Session", b.session)
	to := &browser{cancel: cancel, ended: make(chan struct{}), header: make(http.Header)}
	go func() {
		defer close(to.ended)
		b.console.ServeHTTP(to, r)
	}()
	synctest.Wait()
	return to
}

// fresh is how old a list may be.
const fresh = time.Second

// changing is a gateway whose queue can be changed.
type changing struct{ *fakeGateway }

func (g changing) set(messages int) {
	hops := append(g.hops[:0:0], g.hops...)
	hops[0].Messages = messages
	g.mu.Lock()
	g.hops = hops
	g.mu.Unlock()
}

// streaming returns a console with the clock of the test's bubble, whose users have a role that may change. A request's
// header says its session.
func streaming(t *testing.T, g Gateway) (*tester, *atomic.Uint32) {
	role := new(atomic.Uint32)
	role.Store(uint32(View))
	return newTester(t, relayed, withGateway(g), func(o *Options) {
		o.Now = time.Now
		o.Authenticate = func(r *http.Request) (User, error) {
			return User{Name: "anna", Role: Role(role.Load()), Session: r.Header.Get("X-Session")}, nil
		}
	}), role
}

// TestEvents: viewers learn that a queue has changed, and that ages are too old, and the gateway is asked once for
// all of them.
func TestEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := changing{newFakeGateway(1)}
		b, _ := streaming(t, g)
		var all []*browser
		for i := range 50 {
			b.session = fmt.Sprint(i)
			all = append(all, b.follow("queues"))
		}
		if got := all[0].got(); got != "retry: 3000\n\n" || all[0].header.Get("Content-Type") != "text/event-stream" {
			t.Errorf("%q, %v", got, all[0].header)
		}
		time.Sleep(20 * time.Second)
		synctest.Wait()
		if got := all[0].got(); got != ": alive\n\n" {
			t.Errorf("without a change: %q", got)
		}
		if g.asked > 21 {
			t.Errorf("50 viewers asked the gateway %d times in 20 seconds", g.asked)
		}
		g.set(7)
		time.Sleep(50*streamShare + fresh)
		synctest.Wait()
		for i, to := range all {
			if got := to.got(); !strings.Contains(got, "event: changed\n") {
				t.Errorf("viewer %d: %q", i, got)
			}
		}
		time.Sleep(streamRest + 50*streamShare)
		synctest.Wait()
		if got := all[0].got(); strings.Count(got, "event: changed\n") != 1 {
			t.Errorf("a minute without a change: %q", got)
		}
		for _, to := range all {
			to.cancel()
			<-to.ended
		}
		if b.console.streams.all != 0 || len(b.console.streams.bySession) != 0 {
			t.Errorf("streams are left: %+v", &b.console.streams)
		}
	})
}

// TestStreamsEnd: a stream ends with its browser, its time, the user's role and the console.
func TestStreamsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, role := streaming(t, newFakeGateway(1))
		to := b.follow("overview")
		time.Sleep(streamTime - time.Second)
		if to.over() {
			t.Error("the stream ended too soon")
		}
		time.Sleep(time.Second)
		if !to.over() {
			t.Error("the stream outlives its time")
		}
		to = b.follow("overview")
		role.Store(0)
		time.Sleep(streamTick)
		if !to.over() {
			t.Error("the stream outlives the role of its user")
		}
		role.Store(uint32(View))
		to = b.follow("overview")
		b.console.Close()
		if !to.over() {
			t.Error("the stream outlives the console")
		}
	})
}

// TestStreamLimits: a session has 8 streams at most, a console 64; and each that ends makes room.
func TestStreamLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, _ := streaming(t, newFakeGateway(1))
		var all []*browser
		for session := range maxStreams / maxSessionStreams {
			b.session = fmt.Sprint(session)
			for range maxSessionStreams {
				all = append(all, b.follow("queues"))
			}
			if to := b.follow("queues"); to.status != http.StatusServiceUnavailable {
				t.Errorf("session %d has too many streams", session)
			}
		}
		b.session = "one more"
		if to := b.follow("queues"); to.status != http.StatusServiceUnavailable || !to.over() {
			t.Error("the console has too many streams")
		}
		all[0].cancel()
		<-all[0].ended
		if to := b.follow("queues"); to.over() {
			t.Errorf("no room: %d %s", to.status, to.got())
		}
		b.console.Close()
		synctest.Wait()
		b.expect(b.get("/events?topic=passwords"), http.StatusNotFound)
	})
}

// TestRefresh: a request that a page makes by itself leaves the notice for the user.
func TestRefresh(t *testing.T) {
	b := newTester(t, relayed, withGateway(newFakeGateway(1)))
	b.console.notices.put("one", "3 queues suspended.")
	r := httptest.NewRequest("GET", "http://localhost/queues", nil)
	r.Header.Set(logon.RefreshHeader, "1")
	if a := b.send(r); strings.Contains(a.body, "3 queues suspended") {
		t.Error("a refresh takes the notice")
	}
	b.expect(b.get("/queues"), http.StatusOK, "3 queues suspended.")
}
