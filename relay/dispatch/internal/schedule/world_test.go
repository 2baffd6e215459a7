package schedule

import (
	"container/heap"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/smtpclient"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/queue"
	"github.com/interchange-smtp/interchange/routing"
)

// world is a Scheduler with the least driver that there can be: no goroutines, no lock, a
// Store that takes everything at once, and time that is a variable.
type world struct {
	t   testing.TB
	s   *Scheduler
	now time.Time
	n   int // messages

	// hop answers attempts: how long it takes, and how it ends.
	hop func(t *Transfer) (time.Duration, []delivery.Outcome, error)

	ends      ends
	attempts  []string // "minute domain recipients"
	log       []string // "minute text"
	limits    []string // "minute limit by key value/bound hop", and then until when
	answered  map[*Message]bool
	reports   []string          // "kind recipient"
	saved     map[string]string // recipients' status, by ID
	afterEach func()
}

// start is when worlds begin.
var start = time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC)

// config is that of a server which sends everything by MX.
func config(services ...connector.Service) connector.Config {
	return connector.Config{
		Services: services,
		Send:     []connector.Send{{Name: "out", AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace("*")}}},
	}
}

func compile(t testing.TB, cfg connector.Config) *connector.Policy {
	t.Helper()
	p, err := connector.Compile(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// byPolicy is Config.Route without regard to the envelope.
func byPolicy(p *connector.Policy, _ *envelope.Envelope, r *queue.Recipient, size int64) (delivery.NextHop, error) {
	if r.Redirect != "" {
		return delivery.NextHopBy(p, r.Redirect, r.To, size)
	}
	return delivery.NextHopFor(p, r.To, size)
}

func newWorld(t testing.TB, cfg connector.Config) *world {
	w := &world{t: t, now: start, answered: make(map[*Message]bool), saved: make(map[string]string)}
	w.hop = func(t *Transfer) (time.Duration, []delivery.Outcome, error) { return 0, accepted(t), nil }
	w.s = New(Config{Events: true, Route: byPolicy})
	w.s.SetHolder("us", start.Add(1000*time.Hour))
	w.s.Begin(compile(t, cfg), w.now)
	return w
}

// accepted returns the outcomes of an attempt that has succeeded.
func accepted(t *Transfer) []delivery.Outcome { return all(t, "250 2.0.0 ok", nil) }

// all returns the same outcome for all recipients.
func all(t *Transfer, said string, err error) []delivery.Outcome {
	list := make([]delivery.Outcome, len(t.To))
	for i := range list {
		list[i] = delivery.Outcome{Host: "mx.example", Reply: said, Err: err}
	}
	return list
}

// says is an attempt in which the next hop gives all recipients a reply.
func says(t *Transfer, code int, text string) (time.Duration, []delivery.Outcome, error) {
	return 0, all(t, fmt.Sprint(code, " ", text), &relay.Error{Reply: reply.Reply{Code: code, Text: text}}), nil
}

// unreachableHop is an attempt in which the next hop can't be reached.
func unreachableHop(t *Transfer) (time.Duration, []delivery.Outcome, error) {
	err := &relay.Error{Reply: reply.Reply{Code: 451, Text: "could not be reached"}}
	return 0, all(t, "", err), err
}

// crowdedHop is an attempt in which the next hop says that too much comes at once.
func crowdedHop(t *Transfer) (time.Duration, []delivery.Outcome, error) {
	cause := &smtpclient.Error{Stage: smtpclient.StageMail, Reply: smtpclient.Reply{Code: 432, Lines: []string{"too many at once"}}}
	err := &relay.Error{Reply: reply.Reply{Code: 432, Text: "too many at once"}, Err: cause}
	return 0, all(t, "432 too many at once", err), err
}

// message returns a message from a client.
func (w *world) message(client, from string, to ...string) *Message {
	w.n++
	m := &Message{Message: queue.Message{Arrived: w.now}}
	m.ID, m.From, m.Size = fmt.Sprint("M", w.n), routing.MustParseAddress(from), 100
	if client != "" {
		m.Remote = netip.AddrPortFrom(netip.MustParseAddr(client), 40_000)
	}
	for _, a := range to {
		m.Recipients = append(m.Recipients, queue.Recipient{Recipient: envelope.Recipient{To: routing.MustParseAddress(a)}})
	}
	m.Init(nil)
	return m
}

// queue puts a message on the Store.
func (w *world) queue(client string, to ...string) *Message {
	m := w.message(client, "a@contoso.com", to...)
	w.event(func() { w.put(m) })
	return m
}

// put puts m on the Store.
func (w *world) put(m *Message) {
	if _, ok := w.s.BeginPut(m.ID); !ok {
		w.t.Fatalf("%s is being put already", m.ID)
	}
	w.s.Queued(m, w.now)
}

// event calls f and does what follows.
func (w *world) event(f func()) {
	f()
	for a := w.s.Next(w.now); a != nil; a = w.s.Next(w.now) {
		switch a := a.(type) {
		case Start:
			w.begin(a.Transfer)
		case Save:
			w.save(a.Message)
		case Answer:
			w.answered[a.Message] = true
		case *Log:
			w.log = append(w.log, fmt.Sprintf("%s %s", w.at(), a.Text))
		}
	}
	for t := w.s.NextNotice(); t != nil; t = w.s.NextNotice() {
		e := &t.Event
		w.log = append(w.log, fmt.Sprintf("%s %s", w.at(), e.Kind))
		if e.Kind != event.LimitReached {
			continue
		}
		text := fmt.Sprintf("%s %s by %s %q %d/%d %q", w.at(), e.Limit, e.By, e.Key, e.Value, e.Bound, e.NextHop)
		if !e.Until.IsZero() {
			text += fmt.Sprintf(" until %.6g", e.Until.Sub(start).Minutes())
		}
		w.limits = append(w.limits, text)
	}
	if alarm := w.s.NextAlarm(); w.afterEach != nil && (alarm.IsZero() || alarm.After(w.now)) {
		w.afterEach()
	}
}

// at returns how many minutes have passed.
func (w *world) at() string { return fmt.Sprintf("%.6g", w.now.Sub(start).Minutes()) }

// begin begins an attempt.
func (w *world) begin(t *Transfer) {
	var to []string
	for _, i := range t.To {
		to = append(to, t.Message.Recipients[i].To.String())
	}
	w.attempts = append(w.attempts, fmt.Sprint(w.at(), " ", strings.Join(to, ",")))
	after, outcomes, err := w.hop(t)
	heap.Push(&w.ends, end{w.now.Add(after), len(w.attempts), &Result{Transfer: t, Outcomes: outcomes, Err: err}})
}

// save brings the Store up to date on m.
func (w *world) save(m *Message) {
	for step, ok := w.s.NextStep(m, w.now); ok; step, ok = w.s.StepDone(m, &step, nil, w.now) {
		for i := range step.Reports {
			n := &step.Reports[i]
			for _, r := range n.Recipients {
				w.reports = append(w.reports, fmt.Sprint(w.at(), " ", n.Kind, " ", r.To))
			}
			w.s.ReportStored(m, n, w.report(m, n), w.now)
		}
		switch {
		case step.Remove:
			delete(w.saved, m.ID)
		case step.Message != nil:
			w.saved[m.ID] = statuses(step.Message)
		}
	}
}

// report puts a report on m on the Store.
func (w *world) report(m *Message, n *Report) *Message {
	r := &Message{Message: queue.Message{Envelope: envelope.Envelope{ID: n.ID, Report: true, Remote: m.Remote}, Arrived: w.now,
		Recipients: []queue.Recipient{{Recipient: envelope.Recipient{To: m.From, Notify: envelope.NotifyNever}}}}}
	r.Init(nil)
	if _, ok := w.s.BeginPut(r.ID); !ok {
		w.t.Fatalf("report %s is being put already", r.ID)
	}
	return r
}

// statuses lists the status of each recipient.
func statuses(m *queue.Message) string {
	var list []string
	for i := range m.Recipients {
		list = append(list, m.Recipients[i].Status.String())
	}
	return strings.Join(list, " ")
}

// run lets time pass.
func (w *world) run(d time.Duration) {
	until := w.now.Add(d)
	for {
		alarm := w.s.NextAlarm()
		if len(w.ends) > 0 && !w.ends[0].at.After(until) && (alarm.IsZero() || !alarm.Before(w.ends[0].at)) {
			e := heap.Pop(&w.ends).(end)
			w.now = e.at
			e.result.At = e.at
			w.event(func() {
				if w.s.Ended(e.result) {
					w.save(e.result.Transfer.Message)
				}
			})
			continue
		}
		if alarm.IsZero() || alarm.After(until) {
			break
		}
		if alarm.After(w.now) {
			w.now = alarm
		}
		w.event(func() { w.s.Tick(w.now) })
	}
	w.now = until
}

// empty checks that nothing is left.
func (w *world) empty() {
	w.t.Helper()
	if n := len(w.s.Messages()); n > 0 || w.s.Leftovers() != "" {
		w.t.Errorf("%d messages are left, %s", n, w.s.Leftovers())
	}
}

// equal compares lists of lines.
func equal(t testing.TB, what string, got []string, want ...string) {
	t.Helper()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%s:\n%s\nwant:\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// end is the end of an attempt.
type end struct {
	at     time.Time
	n      int
	result *Result
}

// ends is a heap of attempts by their ends.
type ends []end

func (h ends) Len() int      { return len(h) }
func (h ends) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h ends) Less(i, j int) bool {
	return h[i].at.Before(h[j].at) || h[i].at.Equal(h[j].at) && h[i].n < h[j].n
}
func (h *ends) Push(x any) { *h = append(*h, x.(end)) }
func (h *ends) Pop() any {
	last := len(*h) - 1
	e := (*h)[last]
	*h = (*h)[:last]
	return e
}

// errStore is a failure of the Store.
var errStore = errors.New("connection reset")
