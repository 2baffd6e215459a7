package console

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/interchange-smtp/interchange/console/internal/guard"
)

// The bounds of streams of events.
const (
	maxStreams        = 64
	maxSessionStreams = 8
	streamTime        = 30 * time.Minute       // then the browser connects again
	streamTick        = 2 * time.Second        // between looks at the gateway, and events, at least
	streamShare       = 100 * time.Millisecond // of each stream: all browsers together load at most ten pages a second
	streamRest        = time.Minute            // after which ages on a page are too old
	streamWait        = 10 * time.Second       // for a browser that doesn't read
	streamAlive       = 15 * time.Second       // between signs of life, so that proxies don't end the stream
)

// streams counts the open streams.
type streams struct {
	mu        sync.Mutex
	all       int
	bySession map[string]int
}

// begin counts a stream of a session, unless there are too many.
func (s *streams) begin(session string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all >= maxStreams || s.bySession[session] >= maxSessionStreams {
		return false
	}
	if s.bySession == nil {
		s.bySession = make(map[string]int)
	}
	s.all++
	s.bySession[session]++
	return true
}

// pace returns the time between two events of a stream: ten a second, for all streams together.
func (s *streams) pace() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return max(streamTick, time.Duration(s.all)*streamShare)
}

// end counts a stream as closed.
func (s *streams) end(session string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all--
	if s.bySession[session]--; s.bySession[session] == 0 {
		delete(s.bySession, session)
	}
}

// eventStream tells the browser when a page that it shows has changed, as server-sent events.
func eventStream(r *request) error {
	state := r.c.snapshots.QueuesState
	switch topic := r.FormValue("topic"); topic {
	case "queues":
	case "overview":
		state = r.c.overviewState
	default:
		return notFound("topic of events", topic)
	}
	if !r.c.streams.begin(r.user.Session) {
		return &problem{status: http.StatusServiceUnavailable, text: "Too many pages are shown live.", fix: "Close some of them; this page is up to date when you load it again."}
	}
	defer r.c.streams.end(r.user.Session)
	guard.Unbounded(r.w, r.Request)
	h := r.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // for nginx
	s := stream{r: r, to: http.NewResponseController(r.w), state: state}
	s.follow()
	return nil
}

// stream is an open stream.
type stream struct {
	r     *request
	to    *http.ResponseController
	state func(context.Context) (string, error)
}

// follow sends an event for each change until the stream has to end.
func (s *stream) follow() {
	r := s.r
	ctx, cancel := context.WithTimeout(r.Context(), streamTime)
	defer cancel()
	defer context.AfterFunc(r.c.ended, cancel)()
	last, sent, changed := s.look(ctx), time.Now(), time.Now()
	if !s.send("retry: 3000\n\n") {
		return
	}
	tick := time.NewTimer(r.c.streams.pace())
	defer tick.Stop()
	for ; ; tick.Reset(r.c.streams.pace()) {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if !r.c.logon.Still(r.Request, View) {
			return
		}
		now, text := s.look(ctx), ""
		switch {
		case now != last, time.Since(changed) >= streamRest:
			last, changed = now, time.Now()
			text = "data: \nevent: changed\n\n"
		case time.Since(sent) >= streamAlive:
			text = ": alive\n\n"
		}
		if text == "" {
			continue
		}
		if sent = time.Now(); !s.send(text) {
			return
		}
	}
}

// look returns the state of the page; an error is a state, too.
func (s *stream) look(ctx context.Context) string {
	state, err := s.state(ctx)
	if err != nil {
		return "error: " + err.Error()
	}
	return state
}

// send sends text, and reports whether the browser took it.
func (s *stream) send(text string) bool {
	_ = s.to.SetWriteDeadline(time.Now().Add(streamWait)) // a writer without deadlines has its own
	_, err := fmt.Fprint(s.r.w, text)
	return err == nil && s.to.Flush() == nil
}

// overviewState returns a text that is another one when the gateway or the policy's files have changed.
func (c *Console) overviewState(ctx context.Context) (string, error) {
	policy := ""
	if v, err := c.files.Current(ctx); err == nil {
		policy = v.ID
	}
	if c.options.Gateway == nil {
		return policy, nil
	}
	state, err := c.snapshots.StatusState(ctx)
	return policy + " " + state, err
}
