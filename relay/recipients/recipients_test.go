package recipients_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/recipients"
	"github.com/interchange-smtp/interchange/routing"
)

var (
	client = netip.MustParseAddr("192.0.2.1")
	amy    = routing.MustParseAddress("amy@fabrikam.com")
)

func load(t *testing.T, text string) (*recipients.File, error) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "recipients")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return recipients.Load(name)
}

// TestFile: letter case doesn't matter, and each mistake has its line.
func TestFile(t *testing.T) {
	f, err := load(t, "# ours\r\nAmy@Fabrikam.com # boss\n\n  info@fabrikam.com")
	if err != nil || f.Len() != 2 {
		t.Fatalf("%v, %v", f, err)
	}
	for text, want := range map[string]bool{"amy@fabrikam.com": true, "AMY@FABRIKAM.COM": true, "info@fabrikam.com": true, "bob@fabrikam.com": false, "amy@contoso.com": false} {
		if got, err := f.Exists(t.Context(), client, routing.MustParseAddress(text)); got != want || err != nil {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	_, err = load(t, "amy\nbob@fabrikam.com\n@@\n")
	var list source.Diagnostics
	if !errors.As(err, &list) || len(list) != 2 || list[0].Line != 1 || list[1].Line != 3 {
		t.Errorf("mistakes: %v", err)
	}
	if _, err := recipients.Load(filepath.Join(t.TempDir(), "absent")); err == nil {
		t.Error("a file that isn't there has recipients")
	}
	if exists, err := new(recipients.File).Exists(t.Context(), client, amy); exists || err != nil {
		t.Error("the zero File has recipients")
	}
}

// FuzzLoad: whatever a file holds, it is a list or has mistakes with lines.
func FuzzLoad(f *testing.F) {
	f.Add("amy@fabrikam.com\n#x\n\"a b\"@fabrikam.com\n@\n")
	f.Fuzz(func(t *testing.T, text string) {
		list, err := load(t, text)
		var mistakes source.Diagnostics
		switch {
		case (list == nil) == (err == nil):
			t.Errorf("%q: %v, %v", text, list, err)
		case err != nil && (!errors.As(err, &mistakes) || mistakes[0].Line == 0):
			t.Errorf("%q: %v", text, err)
		}
	})
}

// slow is a source that counts.
type slow struct {
	asked  atomic.Int64
	answer func(routing.Address) (bool, error)
}

func (s *slow) Exists(ctx context.Context, _ netip.Addr, to routing.Address) (bool, error) {
	s.asked.Add(1)
	return s.answer(to)
}

// TestCache: each answer is kept for its time.
func TestCache(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		exists, failure := true, error(nil)
		s := &slow{answer: func(routing.Address) (bool, error) { return exists, failure }}
		c := &recipients.Cache{Source: s}
		ask := func(want bool, wantErr error, asked int64) {
			t.Helper()
			got, err := c.Exists(t.Context(), client, amy)
			if got != want || err != wantErr || s.asked.Load() != asked {
				t.Errorf("%v, %v after %d questions; want %v, %v after %d", got, err, s.asked.Load(), want, wantErr, asked)
			}
		}
		ask(true, nil, 1)
		exists = false
		time.Sleep(2*time.Hour - 1)
		ask(true, nil, 1)
		time.Sleep(time.Nanosecond)
		ask(false, nil, 2)
		exists, failure = true, errors.New("away")
		time.Sleep(10*time.Minute - 1)
		ask(false, nil, 2)
		time.Sleep(time.Nanosecond)
		ask(true, failure, 3)
		time.Sleep(time.Minute - 1)
		ask(true, failure, 3)
		c.AcceptFailed, exists = true, false
		ask(true, nil, 3)
		time.Sleep(time.Nanosecond)
		ask(true, nil, 4)
		canceled, cancel := context.WithCancel(t.Context())
		s.answer = func(routing.Address) (bool, error) { cancel(); return false, canceled.Err() }
		time.Sleep(time.Minute)
		_, _ = c.Exists(canceled, client, amy) // a client that breaks off teaches the others nothing
		s.answer = func(routing.Address) (bool, error) { return false, nil }
		ask(false, nil, 6)
	})
}

// TestCacheBounds: one client can't use up the questions that may be asked at a time, all together are
// bounded, and so is the memory.
func TestCacheBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &slow{answer: func(routing.Address) (bool, error) { time.Sleep(time.Second); return false, nil }}
		c := &recipients.Cache{Source: s, AcceptFailed: true}
		busy := make(chan int, 1)
		busy <- 0
		ask := func(from string, n int) {
			to := routing.MustParseAddress(fmt.Sprintf("a%d@fabrikam.com", n))
			if _, err := c.Exists(t.Context(), netip.MustParseAddr(from), to); errors.Is(err, recipients.ErrBusy) {
				busy <- 1 + <-busy
			}
		}
		refused := func() int { n := <-busy; busy <- 0; return n }
		for i := range 10 {
			go ask(fmt.Sprintf("2001:db8::%d", i), i) // one network
		}
		synctest.Wait()
		if n := refused(); n != 6 {
			t.Errorf("%d of 10 questions of one client are refused, want 6", n)
		}
		for i := range 100 {
			go ask(fmt.Sprintf("192.0.2.%d", i), 100+i)
		}
		synctest.Wait()
		if n := refused(); n != 40 {
			t.Errorf("%d of 100 questions are refused, want 40", n)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		go ask("192.0.2.1", 1000)
		synctest.Wait()
		if n := refused(); n != 0 {
			t.Error("questions that have ended count")
		}
		time.Sleep(time.Second)
	})
	s := &slow{answer: func(routing.Address) (bool, error) { return false, nil }}
	c := &recipients.Cache{Source: s}
	for i := range 60_000 {
		_, _ = c.Exists(t.Context(), client, routing.MustParseAddress(fmt.Sprintf("a%d@fabrikam.com", i)))
	}
	before := s.asked.Load()
	for i := range 60_000 {
		_, _ = c.Exists(t.Context(), client, routing.MustParseAddress(fmt.Sprintf("a%d@fabrikam.com", i)))
	}
	if again := s.asked.Load() - before; again < 10_000 {
		t.Errorf("60000 answers are kept but for %d", again)
	}
}

// hop is a next hop that answers RCPT with err.
type hop struct {
	relay.Transaction
	err    error
	from   []routing.Address
	closed int
}

func (h *hop) Begin(_ context.Context, env *relay.Envelope) (relay.Transaction, error) {
	h.from = append(h.from, env.From)
	return h, nil
}
func (h *hop) Rcpt(context.Context, envelope.Recipient) error { return h.err }
func (h *hop) Close()                                         { h.closed++ }

// TestNextHop: only a refusal of the recipient itself says that it doesn't exist.
func TestNextHop(t *testing.T) {
	refused := func(text string) error {
		r := reply.Reply{}
		if _, err := fmt.Sscanf(text, "%d %d.%d.%d", &r.Code, &r.Enhanced[0], &r.Enhanced[1], &r.Enhanced[2]); err != nil && !strings.HasSuffix(text, " ") {
			t.Fatal(err)
		}
		return fmt.Errorf("at the hop: %w", &relay.Error{Reply: r})
	}
	h := new(hop)
	n := &recipients.NextHop{Handler: h, Policy: func() *connector.Policy { return nil }}
	for _, row := range []struct {
		err    error
		exists bool
		failed bool
	}{
		{nil, true, false},
		{refused("550 5.1.1"), false, false},
		{refused("550 "), false, false},
		{refused("553 5.1.3"), false, false},
		{refused("550 5.7.1"), false, true},
		{refused("552 5.2.2"), false, true},
		{refused("554 5.7.1"), false, true},
		{refused("450 4.1.1"), false, true},
		{errors.New("away"), false, true},
	} {
		h.err = row.err
		if exists, err := n.Exists(t.Context(), client, amy); exists != row.exists || (err != nil) != row.failed {
			t.Errorf("%v: %v, %v", row.err, exists, err)
		}
	}
	if h.closed != len(h.from) {
		t.Errorf("%d transactions, %d ended", len(h.from), h.closed)
	}
	for _, from := range h.from {
		if !from.IsNull() {
			t.Errorf("the sender is %v", from)
		}
	}
}
