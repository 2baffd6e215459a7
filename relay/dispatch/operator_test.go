package dispatch_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/relay/queue"
	"github.com/interchange-smtp/interchange/relay/relaytest"
	"github.com/interchange-smtp/interchange/routing"
)

// TestOperators lets an operator do everything to what waits for a next hop
// that is down.
func TestOperators(t *testing.T) {
	bubble(t, func(t *testing.T) {
		ctx := context.Background()
		w := newWorld(t, config(byDNS()))
		home := w.home()
		w.at("192.0.2.1", "b.example", "c.example")
		for i := range 10 {
			expect(t, "reply", w.mail(queueFirst, fmt.Sprintf("%d@b.example", i), fmt.Sprintf("%d@c.example", i)), "250")
		}
		time.Sleep(time.Hour)
		toB := queue.Filter{To: routing.MustParseAddressSpace("b.example")}
		toC := queue.Filter{Hop: "out c.example"}
		count := func(f queue.Filter) (n int) {
			for m, err := range w.d.List(ctx, f) {
				if err != nil {
					t.Error(err)
				}
				if r := m.Recipients[0]; r.Status == queue.Waiting && (!strings.Contains(r.Reply, "4.4.1") || r.Tried.IsZero()) {
					t.Errorf("an operator doesn't see why it waits: %+v", r)
				}
				n++
			}
			return n
		}
		if b, c := count(toB), count(toC); b != 10 || c != 10 {
			t.Errorf("%d messages to b and %d to c", b, c)
		}
		var told []int
		progress := func(done, total int) { told = append(told, done*100+total) }
		do := func(what string, want int, f func(context.Context, queue.Filter, func(int, int)) (int, error), filter queue.Filter) {
			told = nil
			if n, err := f(ctx, filter, progress); n != want || err != nil {
				t.Errorf("%s: %d, %v, want %d", what, n, err, want)
			}
		}
		suspend := func(ctx context.Context, f queue.Filter, p func(int, int)) (int, error) {
			return w.d.Suspend(ctx, f, p)
		}
		resume := func(ctx context.Context, f queue.Filter, p func(int, int)) (int, error) { return w.d.Resume(ctx, f, p) }
		retry := func(ctx context.Context, f queue.Filter, p func(int, int)) (int, error) { return w.d.Retry(ctx, f, p) }
		drop := func(ctx context.Context, f queue.Filter, p func(int, int)) (int, error) {
			return w.d.Drop(ctx, f, true, p)
		}
		quiet := func(ctx context.Context, f queue.Filter, p func(int, int)) (int, error) {
			return w.d.Drop(ctx, f, false, p)
		}

		do("nothing", 0, drop, queue.Filter{})
		do("suspend", 10, suspend, toB)
		if len(told) != 10 || told[0] != 110 || told[9] != 1010 {
			t.Errorf("progress: %v", told)
		}
		do("suspend again", 0, suspend, toB)
		up := w.sink("192.0.2.1", &relaytest.Sink{})
		time.Sleep(time.Hour)
		arrived(t, "what is held", up, 0)
		suspended := true
		one := ""
		for m := range w.d.List(ctx, queue.Filter{Suspended: &suspended}) {
			one = m.ID
		}
		do("resume", 1, resume, queue.Filter{IDs: []string{one}})
		time.Sleep(time.Second)
		arrived(t, "one", up, 2)
		up.Close()
		do("drop with report", 9, drop, toB)
		time.Sleep(time.Second)
		if got := reports(home); len(got) != 9 || !strings.HasSuffix(got[0], "@b.example failed 5.7.0") {
			t.Errorf("reports: %q", got)
		}
		if b, c := count(queue.Filter{To: toB.To, Statuses: []queue.Status{queue.Waiting}}), count(toC); b != 0 || c != 9 {
			t.Errorf("%d messages to b and %d to c", b, c)
		}
		do("drop without", 9, quiet, toC)
		time.Sleep(time.Second)
		if n := len(home.Messages()); n != 9 {
			t.Errorf("%d reports", n)
		}
		if q := w.queued(); q != "" {
			t.Errorf("queued: %q", q)
		}
		do("retry", 0, retry, queue.Filter{All: true})
	})
}

// TestRetry doesn't wait for the interval.
func TestRetry(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, config(byDNS()))
		w.at("192.0.2.1", "b.example")
		c := w.sink("192.0.2.2", answering(relaytest.StageMail, "", "450 4.2.0 later"), "c.example")
		expect(t, "reply", w.mail(queueFirst, "1@b.example", "1@c.example"), "250")
		time.Sleep(2*time.Hour + time.Minute)
		b := w.sink("192.0.2.1", &relaytest.Sink{})
		asked := c.Connections()
		if n, err := w.d.Retry(context.Background(), queue.Filter{All: true}, nil); n != 1 || err != nil {
			t.Errorf("Retry: %d, %v", n, err)
		}
		time.Sleep(time.Second)
		arrived(t, "at once", b, 1)
		if n := c.Connections() - asked; n != 1 {
			t.Errorf("%d calls to the other next hop, want 1", n)
		}
	})
}

// TestDropUnderWay: an attempt under way isn't broken off, and decides.
func TestDropUnderWay(t *testing.T) {
	for reply, want := range map[string]string{"": "", "450 4.2.0 later": "a@contoso.com: 1@b.example failed 5.7.0"} {
		bubble(t, func(t *testing.T) {
			w := newWorld(t, config(byDNS()))
			home := w.home()
			w.sink("192.0.2.1", &relaytest.Sink{Script: func(s relaytest.Stage, _ string) string {
				if s != relaytest.StageData {
					return ""
				}
				time.Sleep(30 * time.Second)
				return reply
			}}, "b.example")
			expect(t, "reply", w.mail(queueFirst, "1@b.example"), "250")
			time.Sleep(time.Second)
			if n, err := w.d.Drop(context.Background(), queue.Filter{All: true}, true, nil); n != 1 || err != nil {
				t.Errorf("Drop: %d, %v", n, err)
			}
			time.Sleep(time.Minute)
			if q := w.queued(); q != "" {
				t.Errorf("queued: %q", q)
			}
			if got := strings.Join(reports(home), ""); got != want {
				t.Errorf("reports: %q, want %q", got, want)
			}
		})
	}
}

func TestListedContent(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, config(byDNS()))
		w.at("192.0.2.1", "b.example")
		for range 3 {
			expect(t, "reply", w.mail(queueFirst, "1@b.example"), "250")
		}
		n := 0
		for m, err := range w.d.List(t.Context(), queue.Filter{From: "contoso.com"}) {
			if err != nil {
				t.Fatal(err)
			}
			body, err := w.store.Open(t.Context(), m.ID)
			if err != nil {
				t.Fatal(err)
			}
			b, err := io.ReadAll(body)
			if string(b) != letter || m.Size != int64(len(b)) || err != nil {
				t.Errorf("%s: %q, %v", m.ID, b, err)
			}
			body.Close()
			n++
		}
		if n != 3 {
			t.Errorf("%d messages are listed", n)
		}
		for m, err := range w.d.List(t.Context(), queue.Filter{IDs: []string{"none"}}) {
			t.Errorf("listed %v, %v", m, err)
		}
	})
}
