package queuetest

import (
	"context"
	"errors"
	"io"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/queue"
	"github.com/interchange-smtp/interchange/routing"
)

// suite holds the values of one test.
type suite struct {
	t     testing.TB
	ctx   context.Context
	store queue.Store

	handles [2]queue.Store     // for RunShared; store uses them in turn
	crash   func() queue.Store // for RunCrash
	full    func(bool)         // for RunFull
}

// arrived is when the suite's messages arrived.
func arrived() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 123456789, time.UTC) }

// lease returns a lease that outlasts the test.
func lease(holder string) queue.Lease { return queue.Lease{Holder: holder, For: time.Hour} }

// brief returns a lease that expires as soon as it has begun.
func brief(holder string) queue.Lease { return queue.Lease{Holder: holder, For: 1} }

// free is a lease of no time.
func free() queue.Lease { return queue.Lease{Holder: "a"} }

// message returns a message with one waiting recipient.
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
			Remote: netip.MustParseAddrPort("[2001:db8::1%eth0]:25"), Helo: "\xff\x00not <utf-8>\u2028", User: `CONTOSO\kim`, Signable: true,
			Session: "S1", NetworkID: "6f1c", MessageID: "<1@contoso.com>", TraceParent: "00-1", Subject: "Gr\xfc\xdfe",
		},
		Arrived: arrived(), Suspended: true,
		Recipients: []queue.Recipient{
			{
				Recipient: envelope.Recipient{To: routing.MustParseAddress("ü@bücher.example"), Notify: envelope.NotifySuccess | envelope.NotifyDelay, ORcpt: "rfc822;a+40b"},
				Status:    queue.Delivered, Next: arrived().Add(time.Minute), Hop: "Internet contoso.com", Attempts: 3,
				Tried: arrived().Add(time.Second), Reply: "250 2.0.0 \"OK\"\r\n", Host: "mx.contoso.com", Advice: "Log on.", Addr: "192.0.2.7:25", TLS: 0x304, Delayed: true, Reported: true,
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
	s.must("Put of "+m.ID, s.store.Put(s.ctx, m, strings.NewReader(body), l))
	elapse(l)
}

// elapse returns when a brief lease has expired; some clocks are coarse.
func elapse(l queue.Lease) {
	for begun := time.Now(); l.For == 1 && time.Since(begun) <= l.For; {
		time.Sleep(time.Nanosecond)
	}
}

func (s *suite) claim(l queue.Lease, limit int) []*queue.Message {
	s.t.Helper()
	messages, err := s.store.Claim(s.ctx, l, limit)
	s.must("Claim", err)
	return messages
}

// must ends the test if there is an error.
func (s *suite) must(what string, err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatalf("%s: %v", what, err)
	}
}

func (s *suite) fails(what string, err, want error) {
	s.t.Helper()
	if !errors.Is(err, want) {
		s.t.Errorf("%s: %v, want %v", what, err, want)
	}
}

// read returns the content of a message.
func (s *suite) read(id string) []byte {
	s.t.Helper()
	b, err := s.store.Open(s.ctx, id)
	s.must("Open of "+id, err)
	defer func() { s.must("Close", b.Close()) }()
	content, err := io.ReadAll(b)
	s.must("reading "+id, err)
	return content
}

// list returns all messages of the store.
func (s *suite) list() []*queue.Message {
	s.t.Helper()
	var messages []*queue.Message
	for m, err := range s.store.All(s.ctx) {
		s.must("All", err)
		messages = append(messages, m)
	}
	return messages
}

// only returns the one message of a list.
func (s *suite) only(list []*queue.Message) *queue.Message {
	s.t.Helper()
	if len(list) != 1 {
		s.t.Fatalf("there are %d messages, want 1", len(list))
	}
	return list[0]
}

// ids returns the IDs of messages, separated by spaces.
func ids(messages []*queue.Message) string {
	var list []string
	for _, m := range messages {
		list = append(list, m.ID)
	}
	return strings.Join(list, " ")
}

// same fails the test unless got and want are equal.
func (s *suite) same(got, want *queue.Message) {
	s.t.Helper()
	if d := Diff(got, want); d != "" {
		s.t.Errorf("%s: %s", want.ID, d)
	}
}
