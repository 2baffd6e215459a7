package queuetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/queue"
	"github.com/interchange-smtp/interchange/routing"
)

// Run is the conformance suite of queue.Store. For each test it calls open,
// which returns an empty Store and sees to it that it is closed when the test
// has ended. What a Store keeps through a crash is for its own tests.
func Run(t *testing.T, open func(t *testing.T) queue.Store) {
	tests := []struct {
		name string
		run  func(*suite)
	}{
		{"everything is kept", (*suite).kept},
		{"bodies of all sizes", (*suite).bodies},
		{"a failing body", (*suite).failingBody},
		{"an ID is there once", (*suite).exists},
		{"an ID that can't be", (*suite).invalidID},
		{"claims are leases", (*suite).claims},
		{"the order of claims", (*suite).claimOrder},
		{"a lease runs out", (*suite).runsOut},
		{"a lease begins when the message is there", (*suite).slowBody},
		{"renewed", (*suite).renewed},
		{"released", (*suite).released},
		{"saved", (*suite).saved},
		{"what others hold", (*suite).others},
		{"removed", (*suite).removed},
		{"read while it is removed", (*suite).readRemoved},
		{"in the order of arrival", (*suite).all},
		{"usage", (*suite).usage},
		{"many at once", (*suite).concurrent},
		{"an ended context", (*suite).canceled},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.run(&suite{t: t, ctx: t.Context(), store: open(t)})
		})
	}
}

// suite is one test of Run.
type suite struct {
	t     *testing.T
	ctx   context.Context
	store queue.Store
}

// arrived is when the suite's messages arrived.
func arrived() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 123456789, time.UTC) }

// lease returns a lease that outlasts the test.
func lease(holder string) queue.Lease { return queue.Lease{Holder: holder, For: time.Hour} }

// brief returns a lease that has run out as soon as it has begun.
func brief(holder string) queue.Lease { return queue.Lease{Holder: holder, For: 1} }

// free is a lease of no time.
func free() queue.Lease { return queue.Lease{Holder: "a"} }

// message returns a message of that ID with one recipient that waits.
func message(id string) *queue.Message {
	return &queue.Message{
		Envelope: envelope.Envelope{ID: id, From: routing.MustParseAddress("kim@contoso.com")}, Arrived: arrived(),
		Recipients: []queue.Recipient{{Recipient: envelope.Recipient{To: routing.MustParseAddress("lee@fabrikam.com")}}},
	}
}

// full returns a message with something in every field.
func full(id string) *queue.Message {
	return &queue.Message{
		Envelope: envelope.Envelope{
			ID: id, From: routing.MustParseAddress(`"a <b>@c"@contoso.com`), Body: envelope.BinaryMIME, UTF8: true,
			Return: envelope.ReturnHeader, EnvID: "QQ+2B1", Report: true, Connector: "From\tPartner",
			Remote: netip.MustParseAddrPort("[2001:db8::1%eth0]:25"), Helo: "\xff\x00not <utf-8>\u2028", User: `CONTOSO\kim`,
		},
		Arrived: arrived(), Held: true,
		Recipients: []queue.Recipient{
			{
				Recipient: envelope.Recipient{To: routing.MustParseAddress("ü@bücher.example"), Notify: envelope.NotifySuccess | envelope.NotifyDelay, ORcpt: "rfc822;a+40b"},
				Status:    queue.Delivered, Next: arrived().Add(time.Minute), Hop: "Internet contoso.com", Attempts: 3,
				Tried: arrived().Add(time.Second), Reply: "250 2.0.0 \"OK\"\r\n", Host: "mx.contoso.com", Delayed: true, Reported: true,
			},
			{Recipient: envelope.Recipient{To: routing.MustParseAddress("b@[192.0.2.1]"), Notify: envelope.NotifyNever}, Status: queue.Waiting},
			{Recipient: envelope.Recipient{To: routing.MustParseAddress("c@contoso.com")}, Status: queue.Failed},
			{Recipient: envelope.Recipient{To: routing.MustParseAddress("d@contoso.com")}, Status: queue.Expired},
			{Recipient: envelope.Recipient{To: routing.MustParseAddress("e@contoso.com")}, Status: queue.Dropped},
		},
	}
}

func (s *suite) put(m *queue.Message, body string, l queue.Lease) {
	s.t.Helper()
	if err := s.store.Put(s.ctx, m, strings.NewReader(body), l); err != nil {
		s.t.Fatalf("Put(%s): %v", m.ID, err)
	}
	elapse(l)
}

// elapse returns when a brief lease has run out, for some clocks are coarse.
func elapse(l queue.Lease) {
	for begun := time.Now(); l.For == 1 && time.Since(begun) <= l.For; {
		time.Sleep(time.Nanosecond)
	}
}

func (s *suite) claim(l queue.Lease, limit int) []*queue.Message {
	s.t.Helper()
	messages, err := s.store.Claim(s.ctx, l, limit)
	if err != nil {
		s.t.Fatalf("Claim: %v", err)
	}
	return messages
}

func (s *suite) fails(what string, err, want error) {
	s.t.Helper()
	if !errors.Is(err, want) {
		s.t.Errorf("%s: %v, want %v", what, err, want)
	}
}

// read returns the octets of a message.
func (s *suite) read(id string) []byte {
	s.t.Helper()
	b, err := s.store.Open(s.ctx, id)
	if err != nil {
		s.t.Fatalf("Open(%s): %v", id, err)
	}
	defer func() {
		if err := b.Close(); err != nil {
			s.t.Errorf("Close: %v", err)
		}
	}()
	octets, err := io.ReadAll(b)
	if err != nil {
		s.t.Fatalf("reading %s: %v", id, err)
	}
	if b.Size() != int64(len(octets)) {
		s.t.Errorf("%s has %d octets, Size says %d", id, len(octets), b.Size())
	}
	return octets
}

// list returns everything that the store has.
func (s *suite) list() []*queue.Message {
	s.t.Helper()
	var messages []*queue.Message
	for m, err := range s.store.All(s.ctx) {
		if err != nil {
			s.t.Fatalf("All: %v", err)
		}
		messages = append(messages, m)
	}
	return messages
}

// ids returns the IDs of messages, separated by spaces.
func ids(messages []*queue.Message) string {
	var list []string
	for _, m := range messages {
		list = append(list, m.ID)
	}
	return strings.Join(list, " ")
}

// same fails the test unless a and b say the same.
func (s *suite) same(got, want *queue.Message) {
	s.t.Helper()
	if !Equal(got, want) {
		s.t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
}

// Equal reports whether a and b say the same: times are compared as instants,
// and no list equals an empty one.
func Equal(a, b *queue.Message) bool {
	return reflect.DeepEqual(normal(a), normal(b))
}

func normal(m *queue.Message) *queue.Message {
	m = m.Clone()
	m.Arrived = m.Arrived.Round(0).UTC()
	m.Recipients = slices.Concat([]queue.Recipient{}, m.Recipients)
	for i := range m.Recipients {
		r := &m.Recipients[i]
		r.Next, r.Tried = r.Next.Round(0).UTC(), r.Tried.Round(0).UTC()
	}
	return m
}

func (s *suite) kept() {
	m := full("A1")
	s.put(m, "octets", free())
	if m.Size != 6 {
		s.t.Errorf("Put left Size at %d", m.Size)
	}
	want := m.Clone()
	m.Recipients[0].Reply = "changed after Put"
	list := s.list()
	if len(list) != 1 {
		s.t.Fatalf("%d messages", len(list))
	}
	s.same(list[0], want)
	list[0].Recipients[1].Reply = "changed after All"
	claimed := s.claim(lease("a"), 10)
	if len(claimed) != 1 {
		s.t.Fatalf("claimed %d messages", len(claimed))
	}
	s.same(claimed[0], want)
	null := &queue.Message{Envelope: envelope.Envelope{ID: "B2"}, Arrived: arrived()}
	s.put(null, "", lease("a"))
	s.same(s.list()[1], null)
}

func (s *suite) bodies() {
	octets := []byte(strings.Repeat("0123456789abcde\n", 64<<10))
	for i, size := range []int{0, 1, 1000, 65536, 256 << 10, 256<<10 + 1, 1 << 20} {
		id := fmt.Sprint("B", i)
		// A reader that gives little at a time, and no other methods.
		reader := struct{ io.Reader }{io.LimitReader(bytes.NewReader(octets), int64(size))}
		if err := s.store.Put(s.ctx, message(id), reader, lease("a")); err != nil {
			s.t.Fatal(err)
		}
		if got := s.read(id); !bytes.Equal(got, octets[:size]) {
			s.t.Errorf("%d octets came back as %d others", size, len(got))
		}
		s.readAt(id, octets[:size])
	}
}

// readAt reads the end of a body at once, and then from there.
func (s *suite) readAt(id string, octets []byte) {
	b, err := s.store.Open(s.ctx, id)
	if err != nil {
		s.t.Fatal(err)
	}
	defer b.Close()
	half := int64(len(octets) / 2)
	part := make([]byte, len(octets)-int(half))
	if n, err := b.ReadAt(part, half); n != len(part) || (err != nil && err != io.EOF) || !bytes.Equal(part, octets[half:]) {
		s.t.Errorf("%s: ReadAt gave %d octets, %v", id, n, err)
	}
	if _, err := b.ReadAt(make([]byte, 1), int64(len(octets))); err != io.EOF {
		s.t.Errorf("%s: ReadAt behind the end: %v", id, err)
	}
	if n, err := b.Seek(half, io.SeekStart); n != half || err != nil {
		s.t.Fatalf("%s: Seek: %d, %v", id, n, err)
	}
	if rest, err := io.ReadAll(b); err != nil || !bytes.Equal(rest, octets[half:]) {
		s.t.Errorf("%s: %d octets after Seek, %v", id, len(rest), err)
	}
}

func (s *suite) failingBody() {
	broken := errors.New("the client went away")
	for i, size := range []int{0, 10, 1 << 20} {
		id := fmt.Sprint("B", i)
		reader := io.MultiReader(strings.NewReader(strings.Repeat("x", size)), failingReader{broken})
		s.fails("Put", s.store.Put(s.ctx, message(id), reader, lease("a")), broken)
		_, err := s.store.Open(s.ctx, id)
		s.fails("Open", err, queue.ErrNotFound)
		s.put(message(id), "whole", lease("a")) // the ID is as good as new
	}
	if got := len(s.list()); got != 3 {
		s.t.Errorf("%d messages", got)
	}
}

// failingReader fails.
type failingReader struct{ err error }

// Read is io.Reader's.
func (r failingReader) Read([]byte) (int, error) { return 0, r.err }

func (s *suite) exists() {
	s.put(message("A1"), "first", lease("a"))
	s.fails("Put again", s.store.Put(s.ctx, message("A1"), strings.NewReader("second"), lease("b")), queue.ErrExists)
	if got := s.read("A1"); string(got) != "first" {
		s.t.Errorf("the first became %q", got)
	}
	if err := s.store.Remove(s.ctx, "A1", "a"); err != nil {
		s.t.Fatal(err)
	}
	s.fails("Put of a removed one", s.store.Put(s.ctx, message("A1"), strings.NewReader("third"), lease("a")), queue.ErrExists)
}

func (s *suite) invalidID() {
	for _, id := range []string{"", "..", "a/b", "a b", strings.Repeat("x", 65)} {
		if err := s.store.Put(s.ctx, message(id), strings.NewReader(""), lease("a")); err == nil {
			s.t.Errorf("a message of the ID %q was taken", id)
		}
	}
}

func (s *suite) concurrent() {
	const workers, each = 16, 20
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := range each {
				s.life(fmt.Sprintf("W%d-%d", w, i), fmt.Sprint("worker", w), i%4 != 0)
			}
		})
	}
	wg.Wait()
	if got, want := len(s.list()), workers*each/4; got != want {
		s.t.Errorf("%d messages are left of %d", got, want)
	}
}

// life is that of one message.
func (s *suite) life(id, holder string, remove bool) {
	m := message(id)
	if err := s.store.Put(s.ctx, m, strings.NewReader("body of "+id), lease(holder)); err != nil {
		s.t.Errorf("Put: %v", err)
		return
	}
	m.Recipients[0].Attempts = 1
	if err := s.store.Save(s.ctx, m, holder); err != nil {
		s.t.Errorf("Save: %v", err)
	}
	b, err := s.store.Open(s.ctx, id)
	if err != nil {
		s.t.Errorf("Open: %v", err)
		return
	}
	defer b.Close()
	if octets, err := io.ReadAll(b); err != nil || string(octets) != "body of "+id {
		s.t.Errorf("%s: %q, %v", id, octets, err)
	}
	if !remove {
		return
	}
	if err := s.store.Remove(s.ctx, id, holder); err != nil {
		s.t.Errorf("Remove: %v", err)
	}
}

func (s *suite) canceled() {
	ctx, cancel := context.WithCancel(s.ctx)
	cancel()
	s.fails("Put", s.store.Put(ctx, message("A1"), strings.NewReader(""), lease("a")), context.Canceled)
	if got := ids(s.list()); got != "" {
		s.t.Errorf("there is %s", got)
	}
}
