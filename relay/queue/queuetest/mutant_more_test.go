package queuetest

import (
	"context"
	"errors"
	"io"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/relay/queue"
)

var leaseMistakes = []mistake{
	{"a lease expires", "leases don't expire", func(m *mutant) {
		m.put = func(ctx context.Context, msg *queue.Message, body io.Reader, l queue.Lease) error {
			if l.For > 0 {
				l.For = time.Hour
			}
			return m.Store.Put(ctx, msg, body, l)
		}
	}},
	{"a lease expires", "an expired lease has no holder", func(m *mutant) {
		m.save = func(ctx context.Context, msg *queue.Message, holder string) error {
			if m.item(msg.ID).free() {
				return queue.ErrLease
			}
			return m.Store.Save(ctx, msg, holder)
		}
	}},
	{"a lease expires", "the holder of a message without one is empty", func(m *mutant) {
		m.save = func(ctx context.Context, msg *queue.Message, holder string) error {
			if it := m.item(msg.ID); it.holder == holder {
				it.message = msg.Clone()
				return nil
			}
			return m.Store.Save(ctx, msg, holder)
		}
	}},
	{"renewed", "expired leases aren't renewed", func(m *mutant) {
		m.renew = func(ctx context.Context, l queue.Lease) ([]string, error) {
			for _, it := range m.shared.items {
				if it.free() {
					it.holder = ""
				}
			}
			return m.Store.Renew(ctx, l)
		}
	}},
	{"renewed", "IDs aren't returned", func(m *mutant) {
		m.renew = func(ctx context.Context, l queue.Lease) ([]string, error) {
			_, err := m.Store.Renew(ctx, l)
			return nil, err
		}
	}},
	{"all leases end", "Renew with no time changes nothing", func(m *mutant) {
		m.renew = func(ctx context.Context, l queue.Lease) ([]string, error) {
			if l.For <= 0 {
				return nil, nil
			}
			return m.Store.Renew(ctx, l)
		}
	}},
	{"all leases end", "the holder keeps expired leases", func(m *mutant) {
		m.renew = func(ctx context.Context, l queue.Lease) ([]string, error) {
			l.For = max(l.For, 1)
			return m.Store.Renew(ctx, l)
		}
	}},
	{"released", "Release changes nothing", func(m *mutant) {
		m.release = func(context.Context, string, string) error { return nil }
	}},
	{"released", "any holder can release", func(m *mutant) {
		m.release = func(ctx context.Context, id, holder string) error {
			if it := m.item(id); it != nil && it.holder != "" {
				holder = it.holder
			}
			return m.Store.Release(ctx, id, holder)
		}
	}},
}

var otherMistakes = []mistake{
	{"saved", "Save changes nothing", func(m *mutant) {
		m.save = func(context.Context, *queue.Message, string) error { return nil }
	}},
	{"saved", "Save changes Size", func(m *mutant) {
		m.save = func(ctx context.Context, msg *queue.Message, holder string) error {
			err := m.Store.Save(ctx, msg, holder)
			m.item(msg.ID).message.Size = msg.Size
			return err
		}
	}},
	{"saved", "Save keeps the caller's Message", func(m *mutant) {
		m.save = func(ctx context.Context, msg *queue.Message, holder string) error {
			err := m.Store.Save(ctx, msg, holder)
			m.item(msg.ID).message.Recipients = msg.Recipients
			return err
		}
	}},
	{"another holder's message", "any holder can save", func(m *mutant) {
		m.save = func(ctx context.Context, msg *queue.Message, holder string) error {
			if it := m.item(msg.ID); it != nil {
				holder = it.holder
			}
			return m.Store.Save(ctx, msg, holder)
		}
	}},
	{"another holder's message", "removing what isn't there succeeds", func(m *mutant) {
		m.remove = func(ctx context.Context, id, holder string) error {
			if err := m.Store.Remove(ctx, id, holder); !errors.Is(err, queue.ErrNotFound) {
				return err
			}
			return nil
		}
	}},
	{"removed", "Remove changes nothing", func(m *mutant) {
		m.remove = func(context.Context, string, string) error { return nil }
	}},
	{"read while it is removed", "content is read late", func(m *mutant) {
		m.open = func(ctx context.Context, id string) (io.ReadCloser, error) {
			return io.NopCloser(readerFunc(func(b []byte) (int, error) {
				body, err := m.Store.Open(ctx, id)
				if err != nil {
					return 0, err
				}
				return body.Read(b)
			})), nil
		}
	}},
	{"in the order of arrival", "All is in the order of Put", func(m *mutant) {
		m.all = func(ctx context.Context) iter.Seq2[*queue.Message, error] {
			items := slices.Collect(func(yield func(*item) bool) {
				for _, it := range m.shared.items {
					_ = yield(it)
				}
			})
			slices.SortFunc(items, func(a, b *item) int { return a.arrival - b.arrival })
			return func(yield func(*queue.Message, error) bool) {
				for _, it := range items {
					if !yield(it.message, nil) {
						return
					}
				}
			}
		}
	}},
	{"usage", "removed messages are counted", func(m *mutant) {
		m.usage = func(context.Context) (queue.Usage, error) {
			return queue.Usage{Messages: m.shared.arrivals, Bytes: 2000}, nil
		}
	}},
	{"a closed Store", "Close changes nothing", func(m *mutant) {
		m.close = func() error { return nil }
	}},
	{"a closed Store", "Close fails the second time", func(m *mutant) {
		m.close = func() error {
			if m.closed {
				return queue.ErrClosed
			}
			return m.Store.Close()
		}
	}},
}

// endMistakes are methods that don't look at their context.
func endMistakes() (list []mistake) {
	background := context.Background()
	for name, change := range map[string]func(*mutant){
		"Put": func(m *mutant) {
			m.put = func(_ context.Context, msg *queue.Message, body io.Reader, l queue.Lease) error {
				return m.Store.Put(background, msg, body, l)
			}
		},
		"Claim": func(m *mutant) {
			m.claim = func(_ context.Context, l queue.Lease, limit int) ([]*queue.Message, error) {
				return m.Store.Claim(background, l, limit)
			}
		},
		"Renew": func(m *mutant) {
			m.renew = func(_ context.Context, l queue.Lease) ([]string, error) { return m.Store.Renew(background, l) }
		},
		"Release": func(m *mutant) {
			m.release = func(_ context.Context, id, holder string) error { return m.Store.Release(background, id, holder) }
		},
		"Save": func(m *mutant) {
			m.save = func(_ context.Context, msg *queue.Message, holder string) error {
				return m.Store.Save(background, msg, holder)
			}
		},
		"Remove": func(m *mutant) {
			m.remove = func(_ context.Context, id, holder string) error { return m.Store.Remove(background, id, holder) }
		},
		"Open": func(m *mutant) {
			m.open = func(_ context.Context, id string) (io.ReadCloser, error) { return m.Store.Open(background, id) }
		},
		"All": func(m *mutant) {
			m.all = func(context.Context) iter.Seq2[*queue.Message, error] { return m.Store.All(background) }
		},
		"Usage": func(m *mutant) {
			m.usage = func(context.Context) (queue.Usage, error) { return m.Store.Usage(background) }
		},
	} {
		list = append(list, mistake{"an ended context", name + " ignores its context", change})
	}
	return list
}

// TestSharedMutants makes mistakes with two handles.
func TestSharedMutants(t *testing.T) {
	check(t, sharedTests, []mistake{
		{"one handle is closed", "Close closes all handles", func(b *mutant) {
			b.claim = func(context.Context, queue.Lease, int) ([]*queue.Message, error) { return nil, queue.ErrClosed }
		}},
		{"one handle is closed", "Close ends all leases", func(b *mutant) {
			b.claim = func(ctx context.Context, l queue.Lease, limit int) ([]*queue.Message, error) {
				for _, it := range b.shared.items {
					it.holder = ""
				}
				return b.Store.Claim(ctx, l, limit)
			}
		}},
		{"an ID by both handles", "each handle knows its own IDs", func(b *mutant) {
			b.put = new(Store).Put
		}},
	}, func(change func(*mutant)) *suite {
		a := new(Store)
		b := newMutant(a.Share())
		change(b)
		handles := [2]queue.Store{a, b}
		return &suite{store: &alternating{handles: handles}, handles: handles}
	})
	a, b := new(Store), new(Store) // which have nothing in common
	found := 0
	for _, tt := range tests {
		handles := [2]queue.Store{a, b}
		if failures(t, tt, &suite{store: &alternating{handles: handles}, handles: handles}) != "" {
			found++
		}
	}
	if found < len(tests)/2 {
		t.Errorf("%d of %d tests find that two handles have nothing in common", found, len(tests))
	}
}

// TestCrashMutants makes mistakes that show after a crash.
func TestCrashMutants(t *testing.T) {
	open := func(lost func(*Store)) *suite {
		s := new(Store)
		return &suite{store: s, crash: func() queue.Store {
			after := s.Share()
			lost(after)
			return after
		}}
	}
	for _, tt := range crashTests() {
		for name, lost := range map[string]func(*Store){
			"messages": func(s *Store) { clear(s.shared.items) },
			"content":  func(s *Store) { s.each(func(it *item) { it.body = append(it.body, 'x') }) },
			"states":   func(s *Store) { s.each(func(it *item) { it.message.Recipients[0].Attempts = 1 }) },
			"leases":   func(s *Store) { s.each(func(it *item) { it.lease(lease("dead")) }) },
		} {
			if failures(t, tt, open(lost)) == "" {
				t.Errorf("%s doesn't find that %s are lost", tt.name, name)
			}
		}
		if text := failures(t, tt, open(func(*Store) {})); text != "" {
			t.Errorf("%s: %s", tt.name, text)
		}
	}
}

func (s *Store) each(do func(*item)) {
	for _, it := range s.shared.items {
		do(it)
	}
}

// TestFullMutants makes mistakes on a full disk.
func TestFullMutants(t *testing.T) {
	full := false
	errDisk := errors.New("disk full")
	check(t, fullTests, []mistake{
		{"Put without room", "another error", func(m *mutant) {
			m.put = func(ctx context.Context, msg *queue.Message, body io.Reader, l queue.Lease) error {
				if full {
					return errDisk
				}
				return m.Store.Put(ctx, msg, body, l)
			}
		}},
		{"Put without room", "a part is kept", func(m *mutant) {
			m.put = func(ctx context.Context, msg *queue.Message, body io.Reader, l queue.Lease) error {
				err := m.Store.Put(ctx, msg, body, l)
				if full {
					m.Limit = 0
					_ = m.Store.Put(ctx, msg, strings.NewReader("a part"), l)
					m.Limit = 1
				}
				return err
			}
		}},
		{"Save without room", "a part is saved", func(m *mutant) {
			m.save = func(ctx context.Context, msg *queue.Message, holder string) error {
				err := m.Store.Save(ctx, msg, holder)
				if full {
					return queue.ErrFull
				}
				return err
			}
		}},
		{"other calls without room", "nothing can be removed", func(m *mutant) {
			m.remove = func(ctx context.Context, id, holder string) error {
				if full {
					return queue.ErrFull
				}
				return m.Store.Remove(ctx, id, holder)
			}
		}},
	}, func(change func(*mutant)) *suite {
		m := newMutant(new(Store))
		m.contents()
		change(m)
		full = false
		return &suite{store: m, full: func(on bool) {
			full, m.Limit = on, 0
			if on {
				m.Limit = 1
			}
		}}
	})
}
