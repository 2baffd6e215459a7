package dispatch_test

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// track delivers messages again and again to one next hop.
type track struct {
	w    *world
	sink *relaytest.Sink
	env  relay.Envelope
	body strings.Reader
	n    int
}

func newTrack(t testing.TB) *track {
	send := byDNS()
	send.SmartHosts, send.SmtpMaxMessagesPerConnection = smartHosts("192.0.2.1"), 1<<30
	w := newWorld(t, config(send))
	return &track{w: w, sink: w.sink("192.0.2.1", &relaytest.Sink{})}
}

// envelope returns an envelope for another message.
func (r *track) envelope(connector string) *relay.Envelope {
	if r.env.Connector != connector {
		r.env = *r.w.envelope(connector, "a@contoso.com")
		r.env.To = []envelope.Recipient{{To: address("kim@fabrikam.com")}}
	}
	if r.n++; r.n%1000 == 0 {
		r.sink.Clear()
	}
	r.env.ID = "" // the Dispatcher makes one up
	r.body.Reset(letter)
	return &r.env
}

// deliver is a message as the relay hands it over.
func (r *track) deliver(connector string) error {
	_, err := relay.Deliver(context.Background(), r.w.d, r.envelope(connector), &r.body)
	return err
}

// send is the same without a Dispatcher.
func (r *track) send() error {
	env := r.envelope(deliverFirst)
	hop, err := delivery.NextHopFor(r.w.policy, env.To[0].To, 0)
	if err != nil {
		return err
	}
	outcomes, err := r.w.sender.Send(context.Background(), hop, &env.Envelope, env.To, &r.body)
	if err != nil {
		return err
	}
	return outcomes[0].Err
}

// BenchmarkHold is a message for one recipient while the client waits, and
// BenchmarkSender what of it is the Sender's and the next hop's.
func BenchmarkHold(b *testing.B) {
	r := newTrack(b)
	run(b, func() error { return r.deliver(deliverFirst) })
}

func BenchmarkSender(b *testing.B) {
	r := newTrack(b)
	run(b, r.send)
}

// BenchmarkQueueFirst has a Store in memory.
func BenchmarkQueueFirst(b *testing.B) {
	r := newTrack(b)
	run(b, func() error { return r.deliver(queueFirst) })
}

func run(b *testing.B, f func() error) {
	b.ReportAllocs()
	for b.Loop() {
		if err := f(); err != nil {
			b.Fatal(err)
		}
	}
}

// TestHoldAllocates: a message that is delivered while the client waits costs a
// handful of allocations on the Dispatcher's account, one of them for its line in
// the log, one for the transaction and one for its network ID, which these messages lack.
func TestHoldAllocates(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes sync.Pool forget")
	}
	r := newTrack(t)
	// The least of several measurements: on a busy machine, workers that are not back in time cost more.
	measure := func(f func() error) float64 {
		least := math.Inf(1)
		for range 5 {
			least = min(least, testing.AllocsPerRun(100, func() {
				if err := f(); err != nil {
					t.Fatal(err)
				}
			}))
		}
		return least
	}
	send, hold := measure(r.send), measure(func() error { return r.deliver(deliverFirst) })
	if own := hold - send; own > 8 {
		t.Errorf("%v allocations, of which %v are the Dispatcher's; want 8 at most", hold, own)
	}
}

// TestManyWaiting: what waits for a next hop costs little memory. The Store of
// these tests keeps the bodies in memory, and isn't counted.
func TestManyWaiting(t *testing.T) {
	w := newWorld(t, config(byDNS()))
	w.at("192.0.2.1", "b.example")
	const n = 10_000
	for i := range n {
		expect(t, "reply", w.mail(queueFirst, fmt.Sprintf("%d@b.example", i)), "250")
	}
	with := heap()
	w.stop()
	w.d = nil
	without := heap()
	if each := (with - without) / n; each > 3000 {
		t.Errorf("%d bytes for each message", each)
	} else {
		t.Logf("%d bytes for each message", each)
	}
	w.start()
}
