package queuetest

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/relay/queue"
)

// mutant is a Store with a mistake: methods that are replaced.
type mutant struct {
	*Store
	put     func(ctx context.Context, m *queue.Message, body io.Reader, l queue.Lease) error
	claim   func(ctx context.Context, l queue.Lease, limit int) ([]*queue.Message, error)
	renew   func(ctx context.Context, l queue.Lease) ([]string, error)
	release func(ctx context.Context, id, holder string) error
	save    func(ctx context.Context, m *queue.Message, holder string) error
	remove  func(ctx context.Context, id, holder string) error
	open    func(ctx context.Context, id string) (io.ReadCloser, error)
	all     func(ctx context.Context) iter.Seq2[*queue.Message, error]
	usage   func(ctx context.Context) (queue.Usage, error)
	close   func() error
}

// newMutant returns a Store without a mistake.
func newMutant(s *Store) *mutant {
	return &mutant{s, s.Put, s.Claim, s.Renew, s.Release, s.Save, s.Remove, s.Open, s.All, s.Usage, s.Close}
}

func (m *mutant) Put(ctx context.Context, msg *queue.Message, body io.Reader, l queue.Lease) error {
	return m.put(ctx, msg, body, l)
}

func (m *mutant) Claim(ctx context.Context, l queue.Lease, limit int) ([]*queue.Message, error) {
	return m.claim(ctx, l, limit)
}

func (m *mutant) Renew(ctx context.Context, l queue.Lease) ([]string, error) { return m.renew(ctx, l) }

func (m *mutant) Release(ctx context.Context, id, holder string) error {
	return m.release(ctx, id, holder)
}

func (m *mutant) Save(ctx context.Context, msg *queue.Message, holder string) error {
	return m.save(ctx, msg, holder)
}

func (m *mutant) Remove(ctx context.Context, id, holder string) error {
	return m.remove(ctx, id, holder)
}

func (m *mutant) Open(ctx context.Context, id string) (io.ReadCloser, error) { return m.open(ctx, id) }

func (m *mutant) All(ctx context.Context) iter.Seq2[*queue.Message, error] { return m.all(ctx) }

func (m *mutant) Usage(ctx context.Context) (queue.Usage, error) { return m.usage(ctx) }

func (m *mutant) Close() error { return m.close() }

// item returns the item of a message for a mistake to be made with it.
func (m *mutant) item(id string) *item {
	m.shared.mu.Lock()
	defer m.shared.mu.Unlock()
	return m.shared.items[id]
}

// recorder records whether a test fails.
type recorder struct {
	testing.TB
	mu   sync.Mutex
	text string // of failures
}

func (r *recorder) Helper() {}

func (r *recorder) Errorf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.text += fmt.Sprintf(format, args...) + "\n"
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	runtime.Goexit()
}

// failures runs one test of the suite, and returns how it fails.
func failures(t *testing.T, tt test, s *suite) string {
	r := &recorder{TB: t}
	s.t, s.ctx = r, t.Context()
	var group sync.WaitGroup
	group.Go(func() { tt.run(s) })
	group.Wait()
	return r.text
}

// mistake is one that a Store may have, and the test of the suite that finds it.
type mistake struct {
	found, name string
	make        func(*mutant)
}

// TestMutants makes one mistake after the other: the test of the suite for that rule must
// fail, and there must be a mistake for each test.
func TestMutants(t *testing.T) {
	check(t, tests, mistakes(), func(change func(*mutant)) *suite {
		m := newMutant(new(Store))
		m.contents()
		change(m)
		return &suite{store: m}
	})
}

// attempts is how often a test runs until it finds a mistake. Some mistakes are races, which
// one run on a busy machine may miss.
const attempts = 20

func check(t *testing.T, tests []test, mistakes []mistake, open func(func(*mutant)) *suite) {
	t.Helper()
	for _, tt := range tests {
		if text := failures(t, tt, open(func(*mutant) {})); text != "" {
			t.Errorf("without a mistake %q fails: %s", tt.name, text)
		}
		n := 0
		for _, m := range mistakes {
			if m.found != tt.name {
				continue
			}
			n++
			t.Run(m.name, func(t *testing.T) {
				text := ""
				for range attempts {
					if text = failures(t, tt, open(m.make)); text != "" {
						break
					}
				}
				if text == "" {
					t.Errorf("%q doesn't find it", tt.name)
				}
				t.Log(text)
			})
		}
		if n == 0 {
			t.Errorf("no mistake is made for %q to find", tt.name)
		}
	}
	for _, m := range mistakes {
		if !slices.ContainsFunc(tests, func(tt test) bool { return tt.name == m.found }) {
			t.Errorf("there is no test %q", m.found)
		}
	}
}

func mistakes() []mistake {
	return slices.Concat(putMistakes, claimMistakes, leaseMistakes, otherMistakes, endMistakes())
}

var putMistakes = []mistake{
	{"everything is kept", "bytes that aren't UTF-8 are lost", func(m *mutant) {
		m.put = func(ctx context.Context, msg *queue.Message, body io.Reader, l queue.Lease) error {
			msg.Helo = strings.ToValidUTF8(msg.Helo, "?")
			c := msg.Clone()
			err := m.Store.Put(ctx, c, body, l)
			msg.Size, msg.Helo = c.Size, "\xff\x00not <utf-8>\u2028"
			return err
		}
	}},
	{"everything is kept", "All returns what the Store keeps", func(m *mutant) {
		m.all = func(context.Context) iter.Seq2[*queue.Message, error] {
			return func(yield func(*queue.Message, error) bool) {
				for _, it := range m.shared.items {
					yield(it.message, nil)
				}
			}
		}
	}},
	{"content of all sizes", "content is cut off at 64 KiB", func(m *mutant) {
		m.open = func(ctx context.Context, id string) (io.ReadCloser, error) {
			b, err := m.Store.Open(ctx, id)
			return io.NopCloser(io.LimitReader(b, 64<<10)), err
		}
	}},
	{"a message is opened twice", "readers share a position", func(m *mutant) {
		readers := make(map[string]io.ReadCloser)
		m.open = func(ctx context.Context, id string) (b io.ReadCloser, err error) {
			if readers[id] == nil {
				readers[id], err = m.Store.Open(ctx, id)
			}
			return readers[id], err
		}
	}},
	{"a failing body", "what arrived is kept", func(m *mutant) {
		m.put = func(ctx context.Context, msg *queue.Message, body io.Reader, l queue.Lease) error {
			content, err := io.ReadAll(body)
			return cmp.Or(m.Store.Put(ctx, msg, bytes.NewReader(content), l), err)
		}
	}},
	{"a failing body", "the ID stays reserved", func(m *mutant) {
		m.put = func(ctx context.Context, msg *queue.Message, body io.Reader, l queue.Lease) error {
			err := m.Store.Put(ctx, msg, body, l)
			if err != nil {
				m.shared.removed[msg.ID] = time.Now()
			}
			return err
		}
	}},
	{"a context that ends before the body", "the context is asked first only", func(m *mutant) {
		m.put = func(ctx context.Context, msg *queue.Message, body io.Reader, l queue.Lease) error {
			return cmp.Or(ctx.Err(), m.Store.Put(context.WithoutCancel(ctx), msg, body, l))
		}
	}},
	{"an ID is used once", "the newer message replaces the older", func(m *mutant) {
		m.put = func(ctx context.Context, msg *queue.Message, body io.Reader, l queue.Lease) error {
			delete(m.shared.items, msg.ID)
			return m.Store.Put(ctx, msg, body, l)
		}
	}},
	{"an ID is used once", "only the last removed ID is remembered", func(m *mutant) {
		m.remove = func(ctx context.Context, id, holder string) error {
			clear(m.shared.removed)
			return m.Store.Remove(ctx, id, holder)
		}
	}},
	{"an invalid ID", "any ID is accepted", func(m *mutant) {
		m.put = func(ctx context.Context, msg *queue.Message, body io.Reader, l queue.Lease) error {
			if !queue.ValidID(msg.ID) {
				return nil
			}
			return m.Store.Put(ctx, msg, body, l)
		}
	}},
	{"a lease begins when the message is there", "Arrived is when Put began", func(m *mutant) {
		m.put = func(ctx context.Context, msg *queue.Message, body io.Reader, l queue.Lease) error {
			if msg.Arrived.IsZero() {
				msg.Arrived = time.Now()
			}
			return m.Store.Put(ctx, msg, body, l)
		}
	}},
	{"a lease begins when the message is there", "the message is there before its content", func(m *mutant) {
		m.put = func(ctx context.Context, msg *queue.Message, body io.Reader, l queue.Lease) error {
			if err := m.Store.Put(ctx, msg, strings.NewReader(""), l); err != nil {
				return err
			}
			content, err := io.ReadAll(body)
			m.item(msg.ID).body = content
			return err
		}
	}},
	{"many calls at once", "two Puts at a time fail", func(m *mutant) {
		var busy atomic.Int32
		m.put = func(ctx context.Context, msg *queue.Message, body io.Reader, l queue.Lease) error {
			defer busy.Add(-1)
			if busy.Add(1) > 1 {
				return errors.New("busy")
			}
			time.Sleep(time.Millisecond)
			return m.Store.Put(ctx, msg, body, l)
		}
	}},
}

// claimBy claims everything, in another order than that of Claim, and releases what is too
// much.
func (m *mutant) claimBy(compare func(a, b *queue.Message) int) {
	m.claim = func(ctx context.Context, l queue.Lease, limit int) ([]*queue.Message, error) {
		list, err := m.Store.Claim(ctx, l, 1000)
		slices.SortStableFunc(list, compare)
		for _, extra := range list[min(limit, len(list)):] {
			m.Store.Release(ctx, extra.ID, l.Holder)
		}
		return list[:min(limit, len(list))], err
	}
}

// between lets other goroutines run.
func between() { time.Sleep(100 * time.Microsecond) }

var claimMistakes = []mistake{
	{"claims are leases", "leases don't count", func(m *mutant) {
		m.claim = func(ctx context.Context, l queue.Lease, limit int) ([]*queue.Message, error) {
			for _, it := range m.shared.items {
				it.holder = ""
			}
			return m.Store.Claim(ctx, l, limit)
		}
	}},
	{"claims are leases", "a limit of 0 is no limit", func(m *mutant) {
		m.claim = func(ctx context.Context, l queue.Lease, limit int) ([]*queue.Message, error) {
			return m.Store.Claim(ctx, l, cmp.Or(limit, 1000))
		}
	}},
	{"the order of claims", "Arrived only", func(m *mutant) {
		m.claimBy(func(a, b *queue.Message) int { return a.Arrived.Compare(b.Arrived) })
	}},
	{"the order of claims", "Next only", func(m *mutant) {
		m.claimBy(func(a, b *queue.Message) int {
			return cmp.Or(a.Recipients[0].Next.Compare(b.Recipients[0].Next), b.Arrived.Compare(a.Arrived))
		})
	}},
	{"the order of claims", "Next of recipients that don't wait counts", func(m *mutant) {
		m.claimBy(func(a, b *queue.Message) int {
			return cmp.Or(a.Recipients[0].Next.Compare(b.Recipients[0].Next), a.Arrived.Compare(b.Arrived))
		})
	}},
	{"the order of claims", "messages without waiting recipients last", func(m *mutant) {
		m.claimBy(func(a, b *queue.Message) int {
			nextA, waitsA := a.Next()
			nextB, waitsB := b.Next()
			if waitsA != waitsB {
				return map[bool]int{true: -1, false: 1}[waitsA]
			}
			return cmp.Or(nextA.Compare(nextB), a.Arrived.Compare(b.Arrived))
		})
	}},
	{"one holder claims a message", "messages are chosen before they are locked", func(m *mutant) {
		m.claim = func(ctx context.Context, l queue.Lease, limit int) (list []*queue.Message, err error) {
			m.shared.mu.Lock()
			chosen := m.shared.firstFree(limit)
			m.shared.mu.Unlock()
			between()
			m.shared.mu.Lock()
			defer m.shared.mu.Unlock()
			for _, it := range chosen {
				it.lease(l)
				list = append(list, it.message.Clone())
			}
			return list, nil
		}
	}},
	{"one holder claims a message", "claims at the same time fail", func(m *mutant) {
		var busy atomic.Int32
		m.claim = func(ctx context.Context, l queue.Lease, limit int) ([]*queue.Message, error) {
			defer busy.Add(-1)
			if busy.Add(1) > 1 {
				return nil, errors.New("deadlock detected")
			}
			between()
			return m.Store.Claim(ctx, l, limit)
		}
	}},
	{"a claim during Save and Renew", "Save checks the holder before it writes", func(m *mutant) {
		m.save = func(ctx context.Context, msg *queue.Message, holder string) error {
			m.shared.mu.Lock()
			it, err := m.shared.held(msg.ID, holder, nil)
			m.shared.mu.Unlock()
			if err != nil {
				return err
			}
			between()
			m.shared.mu.Lock()
			defer m.shared.mu.Unlock()
			it.message = msg.Clone()
			return nil
		}
	}},
	{"a claim during Save and Renew", "Renew leases what was claimed since", func(m *mutant) {
		var mu sync.Mutex
		known := make(map[string]map[string]bool) // by holder and ID
		m.put = func(ctx context.Context, msg *queue.Message, body io.Reader, l queue.Lease) error {
			mu.Lock()
			defer mu.Unlock()
			if known[l.Holder] == nil {
				known[l.Holder] = make(map[string]bool)
			}
			known[l.Holder][msg.ID] = true
			return m.Store.Put(ctx, msg, body, l)
		}
		m.renew = func(ctx context.Context, l queue.Lease) (held []string, err error) {
			between()
			m.shared.mu.Lock()
			defer m.shared.mu.Unlock()
			for id := range known[l.Holder] {
				held = append(held, id)
			}
			return held, nil
		}
	}},
}
