package dispatch_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/interchange-smtp/interchange/relay/dispatch"
	"github.com/interchange-smtp/interchange/relay/queue"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// logged returns the lines of an event with these words.
func (w *world) logged(event string, words ...string) (lines []string) {
	for line := range strings.Lines(w.log.String()) {
		found := strings.Contains(line, "msg="+event+" ")
		for _, word := range words {
			found = found && strings.Contains(line, word)
		}
		if found {
			lines = append(lines, line)
		}
	}
	return lines
}

// TestEveryRecipientIsLogged: of each recipient the log says what became of it, also
// of those that are delivered while the client waits for the others, and of those of
// which the same was said.
func TestEveryRecipientIsLogged(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, config(byDNS()))
		w.home()
		w.sink("192.0.2.1", &relaytest.Sink{}, "b.example")
		w.sink("192.0.2.2", &relaytest.Sink{Script: func(s relaytest.Stage, arg string) string {
			switch {
			case s == relaytest.StageRcpt && strings.Contains(arg, "no"):
				return "550 5.1.1 no such user"
			case s == relaytest.StageRcpt && strings.Contains(arg, "full"):
				return "452 4.2.2 mailbox full"
			}
			return ""
		}}, "c.example")
		w.at("192.0.2.3", "down.example")
		expect(t, "reply", w.mail(deliverFirst, "1@b.example", "2@b.example", "no1@c.example", "no2@c.example",
			"full1@c.example", "full2@c.example", "1@down.example"), "250")
		time.Sleep(time.Minute)
		for recipient, event := range map[string]string{
			"1@b.example": "delivered", "2@b.example": "delivered", "no1@c.example": "refused", "no2@c.example": "refused",
			"full1@c.example": "deferred", "full2@c.example": "deferred", "1@down.example": "deferred",
		} {
			words := []string{"to=" + recipient + " ", "from=a@contoso.com ", "delay="}
			if _, domain, _ := strings.Cut(recipient, "@"); domain != "down.example" {
				words = append(words, "host="+domain+" ", "addr=192.0.2.")
			}
			if lines := w.logged(event, words...); len(lines) == 0 {
				t.Errorf("nothing says that %s was %s:\n%s", recipient, event, &w.log)
			} else if event == "delivered" && len(lines) != 1 {
				t.Errorf("%q", lines)
			}
		}
		// What an operator does concerns those that wait.
		ctx := dispatch.WithOperator(context.Background(), slog.String("action", "retry"))
		if _, err := w.d.Retry(ctx, queue.Filter{All: true}, nil); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if lines := w.logged(`"changed by operator"`, `to="[full1@c.example full2@c.example 1@down.example]"`); len(lines) != 1 {
			t.Errorf("%q", w.logged(`"changed by operator"`))
		}
	})
}

// TestOperatorsAreLogged: the log says of each message who did what to it, and of each
// recipient that was dropped.
func TestOperatorsAreLogged(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, config(byDNS()))
		w.at("192.0.2.1", "b.example")
		expect(t, "reply", w.mail(queueFirst, "1@b.example", "2@b.example"), "250")
		expect(t, "reply", w.mail(queueFirst, "3@b.example"), "250")
		time.Sleep(time.Minute)
		all := queue.Filter{All: true}
		do := func(action string, f func(context.Context, queue.Filter, dispatch.Progress) (int, error)) {
			t.Helper()
			ctx := dispatch.WithOperator(context.Background(), slog.String("action", action), slog.String("user", "kim"))
			if n, err := f(ctx, all, nil); n != 2 || err != nil {
				t.Fatalf("%s: %d, %v", action, n, err)
			}
			synctest.Wait() // an attempt that is under way passes the events of its message on
			for _, to := range []string{`to="[1@b.example 2@b.example]"`, "to=[3@b.example]"} {
				if lines := w.logged(`"changed by operator"`, "action="+action+" ", "user=kim ", "id=", "from=a@contoso.com ", to); len(lines) != 1 {
					t.Errorf("%s: %q", action, w.logged(`"changed by operator"`))
				}
			}
		}
		do("retry", w.d.Retry)
		do("suspend", w.d.Suspend)
		do("resume", w.d.Resume)
		do("drop", func(ctx context.Context, f queue.Filter, p dispatch.Progress) (int, error) {
			return w.d.Drop(ctx, f, false, p)
		})
		time.Sleep(time.Minute) // an attempt that is under way ends
		for _, to := range []string{"1@b.example", "2@b.example", "3@b.example"} {
			if lines := w.logged("dropped", "action=drop ", "user=kim ", "to="+to+" ", "id=", " error="); len(lines) != 1 { // no host has said anything
				t.Errorf("%s was dropped, and the log says %q", to, lines)
			}
		}
	})
}
