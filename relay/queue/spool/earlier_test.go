package spool_test

import (
	"io"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/queue"
	"github.com/interchange-smtp/interchange/relay/queue/queuetest"
	"github.com/interchange-smtp/interchange/relay/queue/spool"
	"github.com/interchange-smtp/interchange/routing"
)

// TestEarlierSpool opens the copy of a spool that an earlier version wrote: every
// field of its messages must be read as it was meant.
func TestEarlierSpool(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/earlier")); err != nil {
		t.Fatal(err)
	}
	s, err := spool.Open(dir, spool.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	arrived := time.Date(2026, 3, 1, 12, 0, 0, 123456789, time.UTC)
	want := map[string]*queue.Message{
		"FULL": {
			Envelope: envelope.Envelope{
				ID: "FULL", From: routing.MustParseAddress(`"a <b>@c"@contoso.com`), Size: 17, Body: envelope.BinaryMIME, UTF8: true,
				Return: envelope.ReturnHeader, EnvID: "QQ+2B1", Report: true, Connector: "From\tPartner",
				Remote: netip.MustParseAddrPort("[2001:db8::1%eth0]:25"), Helo: "\xff\x00not <utf-8>\u2028", User: `CONTOSO\kim`,
			},
			Arrived: arrived, Suspended: true,
			Recipients: []queue.Recipient{
				{
					Recipient: envelope.Recipient{To: routing.MustParseAddress("ü@bücher.example"), ORcpt: "rfc822;a+40b",
						Notify: envelope.NotifySuccess | envelope.NotifyDelay},
					Status: queue.Delivered, Next: arrived.Add(time.Minute), Hop: "Internet contoso.com", Attempts: 3,
					Tried: arrived.Add(time.Second), Reply: "250 2.0.0 \"OK\"\r\n", Host: "mx.contoso.com", Delayed: true, Reported: true,
				},
				{Recipient: envelope.Recipient{To: routing.MustParseAddress("b@[192.0.2.1]"), Notify: envelope.NotifyNever}},
			},
		},
		"PLAIN": {
			Envelope: envelope.Envelope{ID: "PLAIN", From: routing.MustParseAddress("kim@contoso.com"), Size: 18,
				Body: envelope.EightBitMIME, Return: envelope.ReturnFull},
			Arrived: arrived,
			Recipients: []queue.Recipient{{
				Recipient: envelope.Recipient{To: routing.MustParseAddress("lee@fabrikam.com"), Notify: envelope.NotifyDelay | envelope.NotifyFailure},
				Attempts:  1, Reply: "451 4.3.0 later",
			}},
		},
	}
	for m, err := range s.All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if w := want[m.ID]; w == nil {
			t.Fatalf("there is %q", m.ID)
		} else if d := queuetest.Diff(m, w); d != "" {
			t.Errorf("%s: %s", m.ID, d)
		}
		body, err := s.Open(t.Context(), m.ID)
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(body)
		body.Close()
		if err != nil || string(content) != map[string]string{"FULL": "Subject: full\r\n\r\n", "PLAIN": "Subject: plain\r\n\r\n"}[m.ID] {
			t.Errorf("%s: %q, %v", m.ID, content, err)
		}
		delete(want, m.ID)
	}
	if len(want) > 0 {
		t.Errorf("%d messages are missing", len(want))
	}
}
