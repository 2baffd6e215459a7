package queuetest

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/relay/queue"
)

// The tests of Run about leases, and about calls that need one.

func (s *suite) claims() {
	s.put(message("A1"), "", lease("a"))
	s.put(message("B2"), "", free())
	s.put(message("C3"), "", free())
	if got := ids(s.claim(lease("b"), 1)); got != "B2" {
		s.t.Errorf("claimed %q", got)
	}
	if got := ids(s.claim(lease("a"), 10)); got != "C3" {
		s.t.Errorf("claimed %q", got)
	}
	if got := ids(s.claim(lease("c"), 10)); got != "" {
		s.t.Errorf("claimed %q, which others hold", got)
	}
	s.put(message("D4"), "", free())
	for _, limit := range []int{0, -1} {
		if got := ids(s.claim(lease("c"), limit)); got != "" {
			s.t.Errorf("claimed %q of at most %d", got, limit)
		}
	}
}

func (s *suite) claimOrder() {
	for _, m := range []struct {
		id            string
		arrived, next time.Duration
		done          bool
	}{
		{"late", 0, 3 * time.Hour, false},
		{"older", 1, time.Hour, false},
		{"newer", 2, time.Hour, false},
		{"now", 3, -1, false},
		{"done", 4, time.Minute, true},
		{"halfdone", 5, 2 * time.Hour, false},
	} {
		msg := message(m.id)
		msg.Arrived = arrived().Add(m.arrived)
		msg.Recipients[0].Next = arrived().Add(m.next)
		if m.next < 0 {
			msg.Recipients[0].Next = time.Time{}
		}
		if m.done {
			msg.Recipients[0].Status = queue.Delivered
		}
		if m.id == "halfdone" { // Next of a recipient that doesn't wait doesn't count
			waiting := msg.Recipients[0]
			msg.Recipients[0].Status, msg.Recipients[0].Next = queue.Delivered, arrived()
			msg.Recipients = append(msg.Recipients, waiting)
		}
		s.put(msg, "", free())
	}
	// A message without waiting recipients is due at once: it needs to be removed.
	for _, step := range []struct {
		limit int
		want  string
	}{{3, "now done older"}, {1, "newer"}, {3, "halfdone late"}, {3, ""}} {
		if got := ids(s.claim(lease("a"), step.limit)); got != step.want {
			s.t.Errorf("claimed %q, want %q", got, step.want)
		}
	}
}

// expires uses leases that expire when they begin, so that no test needs to
// wait. Until another holder claims the message, it stays with its holder.
func (s *suite) expires() {
	s.put(message("A1"), "", brief("a"))
	s.put(message("B2"), "", brief("a"))
	for range 2 {
		s.must("Save", s.store.Save(s.ctx, message("A1"), "a"))
	}
	s.must("Remove", s.store.Remove(s.ctx, "B2", "a"))
	if got := ids(s.claim(lease("b"), 2)); got != "A1" {
		s.t.Errorf("claimed %q", got)
	}
	s.fails("Save", s.store.Save(s.ctx, message("A1"), "a"), queue.ErrLease)
	s.fails("Remove", s.store.Remove(s.ctx, "A1", "a"), queue.ErrLease)
	s.must("Save", s.store.Save(s.ctx, message("A1"), "b"))
	s.put(message("C3"), "", free())
	for _, holder := range []string{"a", ""} {
		s.fails("Save of a message without a holder", s.store.Save(s.ctx, message("C3"), holder), queue.ErrLease)
	}
}

// slowBody lets other holders claim, and the holder renew, while the content of a
// message is still arriving.
func (s *suite) slowBody() {
	for i, size := range []int{10, 1 << 20} {
		m := message(fmt.Sprint("A", i))
		m.Arrived = time.Time{}
		var ended time.Time
		end := readerFunc(func([]byte) (int, error) {
			if got := ids(s.claim(lease("b"), 10)); got != "" {
				s.t.Errorf("claimed %q, which isn't there yet", got)
			}
			for _, holder := range []string{"a", "b"} {
				if held, err := s.store.Renew(s.ctx, brief(holder)); err != nil || len(held) > 0 {
					s.t.Errorf("%s holds %q, %v", holder, held, err)
				}
			}
			ended = time.Now()
			return 0, io.EOF
		})
		body := io.MultiReader(strings.NewReader(strings.Repeat("x", size)), end)
		s.must("Put", s.store.Put(s.ctx, m, body, lease("a")))
		if m.Arrived.Before(ended) {
			s.t.Errorf("%s arrived at %v, before its end came at %v", m.ID, m.Arrived, ended)
		}
		if got := ids(s.claim(lease("b"), 10)); got != "" {
			s.t.Errorf("claimed %q, whose lease has just begun", got)
		}
		s.same(s.only(s.list()), m)
		s.must("Remove", s.store.Remove(s.ctx, m.ID, "a"))
	}
}

// renew renews the leases of a holder and returns the IDs, sorted.
func (s *suite) renew(l queue.Lease) string {
	s.t.Helper()
	held, err := s.store.Renew(s.ctx, l)
	s.must("Renew", err)
	elapse(l)
	slices.Sort(held)
	return strings.Join(held, " ")
}

func (s *suite) renewed() {
	s.put(message("A1"), "", brief("a"))
	s.put(message("B2"), "", lease("b"))
	s.put(message("C3"), "", lease("a"))
	if got := s.renew(lease("a")); got != "A1 C3" {
		s.t.Errorf("renewed %q", got)
	}
	if got := ids(s.claim(lease("c"), 10)); got != "" {
		s.t.Errorf("claimed %q, which is held again", got)
	}
	s.must("Save", s.store.Save(s.ctx, message("A1"), "a"))
	s.renew(brief("a"))
	if got := ids(s.claim(lease("c"), 1)); got != "A1" {
		s.t.Errorf("claimed %q, want what has run out", got)
	}
	if got := s.renew(lease("a")); got != "C3" {
		s.t.Errorf("renewed %q, want the unclaimed messages", got)
	}
	s.fails("Save of what was claimed since", s.store.Save(s.ctx, message("A1"), "a"), queue.ErrLease)
}

// ended ends all leases of a holder, as a relay does that shuts down.
func (s *suite) ended() {
	s.put(message("A1"), "", lease("a"))
	s.put(message("B2"), "", lease("b"))
	s.put(message("C3"), "", brief("a"))
	s.renew(free())
	for _, id := range []string{"A1", "C3"} {
		s.fails("Save of a message whose lease has ended", s.store.Save(s.ctx, message(id), "a"), queue.ErrLease)
	}
	if got := s.renew(lease("a")); got != "" {
		s.t.Errorf("renewed %q after the leases had ended", got)
	}
	if got := ids(s.claim(lease("c"), 10)); got != "A1 C3" {
		s.t.Errorf("claimed %q, want the messages whose leases have ended", got)
	}
}

func (s *suite) released() {
	s.put(message("A1"), "", lease("a"))
	s.put(message("B2"), "", lease("a"))
	s.put(message("C3"), "", brief("a"))
	for _, id := range []string{"A1", "C3"} {
		s.must("Release", s.store.Release(s.ctx, id, "a"))
		s.fails("Release again", s.store.Release(s.ctx, id, "a"), queue.ErrLease)
		s.fails("Save", s.store.Save(s.ctx, message(id), "a"), queue.ErrLease)
	}
	s.fails("Release of another's", s.store.Release(s.ctx, "B2", "b"), queue.ErrLease)
	s.fails("Release of none", s.store.Release(s.ctx, "D4", "a"), queue.ErrNotFound)
	if got := s.renew(lease("a")); got != "B2" {
		s.t.Errorf("renewed %q", got)
	}
	if got := ids(s.claim(lease("b"), 10)); got != "A1 C3" {
		s.t.Errorf("claimed %q", got)
	}
}

func (s *suite) saved() {
	m := message("A1")
	s.put(m, "abcdef", lease("a"))
	changed := full("A1")
	for range 3 {
		changed.Recipients[0].Attempts++
		changed.Size = 99 // never changes
		s.must("Save", s.store.Save(s.ctx, changed, "a"))
		want := changed.Clone()
		want.Size = 6
		s.same(s.only(s.list()), want)
	}
	changed.Recipients = changed.Recipients[:1]
	s.must("Save", s.store.Save(s.ctx, changed, "a"))
	changed.Recipients[0].Reply = "changed after Save"
	if got := s.only(s.list()).Recipients; len(got) != 1 || got[0].Reply == "changed after Save" {
		s.t.Errorf("the recipients are %+v", got)
	}
	if got := s.read("A1"); string(got) != "abcdef" {
		s.t.Errorf("the content became %q", got)
	}
}

func (s *suite) others() {
	s.put(message("A1"), "", lease("a"))
	s.fails("Save", s.store.Save(s.ctx, message("A1"), "b"), queue.ErrLease)
	s.fails("Remove", s.store.Remove(s.ctx, "A1", "b"), queue.ErrLease)
	s.fails("Save of none", s.store.Save(s.ctx, message("B2"), "a"), queue.ErrNotFound)
	s.fails("Remove of none", s.store.Remove(s.ctx, "B2", "a"), queue.ErrNotFound)
	_, err := s.store.Open(s.ctx, "B2")
	s.fails("Open of none", err, queue.ErrNotFound)
}

func (s *suite) removed() {
	for _, size := range []int{0, 1000, 1 << 20} {
		s.put(message("A"+strings.Repeat("1", size/1000%60)), strings.Repeat("x", size), lease("a"))
	}
	for _, m := range s.list() {
		s.must("Remove", s.store.Remove(s.ctx, m.ID, "a"))
		s.fails("Remove again", s.store.Remove(s.ctx, m.ID, "a"), queue.ErrNotFound)
		s.fails("Save", s.store.Save(s.ctx, m, "a"), queue.ErrNotFound)
		_, err := s.store.Open(s.ctx, m.ID)
		s.fails("Open", err, queue.ErrNotFound)
	}
	if got := ids(s.list()) + ids(s.claim(lease("b"), 10)); got != "" {
		s.t.Errorf("%q is still there", got)
	}
}

func (s *suite) readRemoved() {
	for _, content := range []string{"small", strings.Repeat("large", 200_000)} {
		id := "L" + content[:5]
		s.put(message(id), content, lease("a"))
		b, err := s.store.Open(s.ctx, id)
		s.must("Open", err)
		s.must("Remove", s.store.Remove(s.ctx, id, "a"))
		if got, err := io.ReadAll(b); err != nil || string(got) != content {
			s.t.Errorf("%d bytes of %d, %v", len(got), len(content), err)
		}
		s.must("Close", b.Close())
	}
}

func (s *suite) all() {
	for i, id := range []string{"C", "A", "D", "B"} {
		m := message(id)
		m.Arrived = arrived().Add(time.Duration(i%3) * time.Minute)
		m.Recipients[0].Next = arrived().Add(-time.Duration(i) * time.Minute)
		s.put(m, "", lease("a"))
	}
	if got := ids(s.list()); got != "C B A D" {
		s.t.Errorf("listed %s", got)
	}
	for range s.store.All(s.ctx) {
		break // a reader may have enough
	}
}

func (s *suite) usage() {
	for _, id := range []string{"A1", "B2"} {
		s.put(message(id), strings.Repeat("x", 1000), lease("a"))
	}
	u, err := s.store.Usage(s.ctx)
	if err != nil || u.Messages != 2 || u.Bytes < 2000 || u.Capacity > 0 && u.Free > u.Capacity {
		s.t.Errorf("%+v, %v", u, err)
	}
	s.must("Remove", s.store.Remove(s.ctx, "A1", "a"))
	if u, err := s.store.Usage(s.ctx); err != nil || u.Messages != 1 {
		s.t.Errorf("%+v, %v", u, err)
	}
}
