package delivery_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/relaytest"
	"github.com/interchange-smtp/interchange/routing"
)

// faultStages are those of a conversation without TLS and AUTH, in order.
var faultStages = []relaytest.Stage{relaytest.StageConnect, relaytest.StageHello, relaytest.StageMail, relaytest.StageRcpt,
	relaytest.StageDataInit, relaytest.StageBody, relaytest.StageData, relaytest.StageStored}

// faults are answers that are no success anywhere. Those that are not in
// refusals say nothing about the message.
var faults = map[string]string{
	"reset":            relaytest.Drop,
	"closed":           relaytest.Close,
	"silence":          relaytest.Hang,
	"endless reply":    relaytest.Endless,
	"garbage":          relaytest.Raw("what?\r\n"),
	"HTTP":             relaytest.Raw("HTTP/1.1 400 Bad Request\r\n"),
	"nothing":          relaytest.Raw("\r\n"),
	"long line":        relaytest.Raw("250 " + strings.Repeat("x", 1<<20) + "\r\n"),
	"other codes":      relaytest.Raw("550-no\r\n250 ok\r\n"),
	"code 000":         relaytest.Raw("000 ok\r\n"),
	"code 199":         relaytest.Raw("199 ok\r\n"),
	"code 600":         relaytest.Raw("600 ok\r\n"),
	"half a reply":     relaytest.Raw("250"),
	"intermediate":     "334 go on",
	"temporary":        "450 4.2.0 later",
	"shutting down":    "421 4.3.2 bye",
	"for good":         "550 5.7.1 no",
	"for good, no DSN": "554 no",
}

// faulty is a next hop with one fault, and how the message goes to it.
type faulty struct {
	stage  relaytest.Stage
	answer string
	large  bool
	to     []string
	omit   []string
}

// body returns the message.
func (f faulty) body() string {
	if f.large {
		return letter + strings.Repeat(strings.Repeat("x", 98)+"\r\n", 2000)
	}
	return letter
}

// world returns one with the next hop, whose fault happens once.
func (f faulty) world(t *testing.T) (*world, *relaytest.Sink) {
	var done atomic.Bool
	w := newWorld(t, toHosts("192.0.2.1"))
	return w, w.sink("192.0.2.1:25", &relaytest.Sink{Omit: f.omit, Script: func(s relaytest.Stage, _ string) string {
		if s != f.stage || done.Swap(true) {
			return ""
		}
		return f.answer
	}})
}

// want returns the class of the reply and whether the next hop as a whole failed.
func (f faulty) want() (class byte, hop bool) {
	early := f.stage == relaytest.StageConnect || f.stage == relaytest.StageHello
	switch {
	case f.answer[0] == '5' && f.stage == relaytest.StageHello:
		return '2', false // to HELO then
	case f.answer[0] == '5' && !early:
		return '5', false
	case strings.HasPrefix(f.answer, "450"):
		return '4', early
	case strings.HasPrefix(f.answer, "421 4.3.2"):
		return '4', true // it takes nothing now
	}
	return '4', early || f.stage == relaytest.StageMail
}

func envelopeTo(to ...string) *relay.Envelope {
	env := newEnvelope()
	for _, a := range to {
		env.To = append(env.To, envelope.Recipient{To: routing.MustParseAddress(a)})
	}
	return env
}

// TestEveryFault: whatever a next hop does wrong, wherever, no recipient has the
// message twice, none is told that it was delivered without the 2xx to the end
// of the message, and what is temporary is delivered by the next attempt.
func TestEveryFault(t *testing.T) {
	one, three := []string{"b@fabrikam.com"}, []string{"b@fabrikam.com", "c@fabrikam.com", "d@fabrikam.com"}
	for name, answer := range faults {
		for _, stage := range faultStages {
			for _, f := range []faulty{
				{stage: stage, answer: answer, to: one},
				{stage: stage, answer: answer, to: three},
				{stage: stage, answer: answer, to: three, large: true},
				{stage: stage, answer: answer, to: one, large: true, omit: []string{"CHUNKING"}},
				{stage: stage, answer: answer, to: three, omit: []string{"PIPELINING"}},
			} {
				if f.answer == "334 go on" && stage == relaytest.StageDataInit {
					continue // class 3 is the usual one here
				}
				t.Run(fmt.Sprintf("%s at %s to %d, large %t, without %s", name, stage, len(f.to), f.large, f.omit), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) { testFault(t, f) })
				})
			}
		}
	}
}

func testFault(t *testing.T, f faulty) {
	class, hop := f.want()
	if class == '2' {
		class = 'o' // ok
	}
	w, sink := f.world(t)
	start := time.Now()
	got := attemptOf(w, envelopeTo(f.to...), f.body())
	if d := time.Since(start); d > 5*time.Minute {
		t.Errorf("it took %v", d)
	}
	if len(f.to) == 1 {
		other, _ := f.world(t)
		tx, answers := other.rcpt(newEnvelope(), f.to[0])
		told := answers[0]
		if told == "ok" {
			told = other.data(tx, f.body())
		}
		if !strings.HasPrefix(got[0], told+" | ") && !f.mayTryAgain(told) {
			t.Errorf("Send says %s, and Deliver %s", got[0], told)
		}
	}
	synctest.Wait() // until the next hop has read all that was sent
	// A reset takes answers back that were on their way.
	unheard := f.answer == relaytest.Drop && (f.stage == relaytest.StageRcpt || f.stage == relaytest.StageDataInit)
	if failed := len(got) > len(f.to); failed != hop && !unheard {
		t.Errorf("the hop as a whole failed: %t, want %t", failed, hop)
	}
	var again []string
	for i, to := range f.to {
		switch n := copies(sink, to); {
		case f.stage == relaytest.StageRcpt && i > 0 && got[i][:2] == "ok":
			// The fault was the first one's alone.
			if n != 1 {
				t.Errorf("%s: %s, and has it %d times", to, got[i], n)
			}
		case got[i][0] != class:
			t.Errorf("%s: %s, want %cxx", to, got[i], class)
		case class == 'o' && n == 1:
		case n > 0 && !f.mayStore():
			t.Errorf("%s: %s, and has it %d times", to, got[i], n)
		case class == '4':
			again = append(again, to)
		}
	}
	if len(again) == 0 {
		return
	}
	before := len(sink.Messages())
	for _, o := range attemptOf(w, envelopeTo(again...), f.body()) {
		expect(t, "the next attempt", o, "ok")
	}
	synctest.Wait()
	if n := len(sink.Messages()) - before; n != 1 {
		t.Errorf("the next attempt brought %d messages, want 1", n)
	}
}

// mayStore reports whether the message is taken in spite of the fault: nothing
// but the answer is spoilt.
func (f faulty) mayStore() bool {
	return f.stage == relaytest.StageStored || f.stage == relaytest.StageBody && strings.HasPrefix(f.answer, relaytest.Raw(""))
}

// mayTryAgain reports whether a client that waits is told better: a transaction that
// was opened for its recipients, and lost before the message, is opened again.
func (f faulty) mayTryAgain(told string) bool {
	return f.stage == relaytest.StageDataInit && told == "ok"
}

// copies counts the messages for one recipient.
func copies(sink *relaytest.Sink, to string) int {
	n := 0
	for _, m := range sink.Messages() {
		for _, a := range m.To {
			if a == to {
				n++
			}
		}
	}
	return n
}

// TestFaultOfOneHost: of two hosts one is faulty. Until the message has begun to
// leave the other one takes its place.
func TestFaultOfOneHost(t *testing.T) {
	for name, answer := range faults {
		for _, stage := range faultStages {
			if answer == "334 go on" && stage == relaytest.StageDataInit {
				continue // class 3 is the usual one here
			}
			t.Run(name+" at "+string(stage), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { testFaultOfOneHost(t, stage, answer) })
			})
		}
	}
}

func testFaultOfOneHost(t *testing.T, stage relaytest.Stage, answer string) {
	w := newWorld(t, toHosts("192.0.2.1", "192.0.2.2"))
	bad := w.sink("192.0.2.1:25", &relaytest.Sink{Script: refuse(stage, "", answer)})
	good := w.sink("192.0.2.2:25", &relaytest.Sink{})
	// The first one is asked first in every second attempt or so.
	for bad.Connections() == 0 {
		before := len(good.Messages())
		got := w.attempt("b@fabrikam.com", "c@fabrikam.com")
		synctest.Wait()
		arrived := len(good.Messages()) - before
		switch ok := strings.HasPrefix(got[0], "ok"); {
		case len(got) > 2 && !strings.HasPrefix(answer, "421 4.3.2"):
			t.Error("the hop as a whole failed")
		case ok != (arrived == 1):
			t.Errorf("%s, and %d messages arrived", got[0], arrived)
		case !ok && (stage == relaytest.StageConnect || stage == relaytest.StageHello):
			t.Errorf("%s, and no other host was tried", got[0])
		}
	}
}

// TestResetFault: a kept connection on which no recipient was accepted must be reset
// first. Whatever comes of that, the next message goes out once.
func TestResetFault(t *testing.T) {
	for name, answer := range faults {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, toHosts("192.0.2.1"))
				sink := w.sink("192.0.2.1:25", &relaytest.Sink{Script: func(s relaytest.Stage, a string) string {
					switch {
					case s == relaytest.StageReset:
						return answer
					case s == relaytest.StageRcpt && a == "bad@fabrikam.com":
						return "550 5.1.1 unknown"
					}
					return ""
				}})
				expect(t, "refused", w.attempt("bad@fabrikam.com", "bad@fabrikam.com")[1], "550 5.1.1")
				expect(t, "afterwards", w.attempt("b@fabrikam.com", "c@fabrikam.com")[1], "ok")
				synctest.Wait()
				if n := len(sink.Messages()); n != 1 {
					t.Errorf("%d messages arrived, want 1", n)
				}
			})
		})
	}
}

// TestSendEnds: a ctx that ends makes it temporary, however far the next hop has
// come, and is no failure of the next hop if it was canceled.
func TestSendEnds(t *testing.T) {
	for _, stage := range faultStages {
		for _, end := range []error{context.Canceled, context.DeadlineExceeded} {
			t.Run(string(stage)+" "+end.Error(), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { testSendEnds(t, stage, end) })
			})
		}
	}
}

func testSendEnds(t *testing.T, stage relaytest.Stage, end error) {
	f := faulty{stage: stage, answer: relaytest.Hang}
	w, sink := f.world(t)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if end == context.Canceled {
		time.AfterFunc(10*time.Second, cancel)
	}
	env := envelopeTo("b@fabrikam.com")
	outcomes, err := w.handOver(ctx, "b@fabrikam.com", env, strings.NewReader(letter))
	expect(t, "outcome", told(t, outcomes[0]), "451 ")
	_, early := f.want()
	if want := early && end == context.DeadlineExceeded; (err != nil) != want {
		t.Errorf("the hop as a whole: %v, want one: %t", err, want)
	}
	if ctx.Err() != end {
		t.Errorf("Send came back before: %v", ctx.Err())
	}
	synctest.Wait()
	stored := len(sink.Messages())
	expect(t, "the next attempt", w.attempt("b@fabrikam.com")[0], "ok")
	if n := len(sink.Messages()); n != stored+1 || stored > 0 && stage != relaytest.StageStored {
		t.Errorf("%d messages arrived, %d before the next attempt", n, stored)
	}
}

// TestSurplusReplies: a next hop that says more than it is asked can't make a
// message pass for delivered that it hasn't got, nor a recipient for refused who
// wasn't.
func TestSurplusReplies(t *testing.T) {
	for stage, answer := range map[relaytest.Stage]string{
		relaytest.StageConnect:  "220 hop\r\n250 surplus",
		relaytest.StageHello:    "250-hop\r\n250 PIPELINING\r\n250 surplus",
		relaytest.StageMail:     "250 ok\r\n250 surplus",
		relaytest.StageRcpt:     "250 ok\r\n250 surplus",
		relaytest.StageDataInit: "354 go\r\n250 surplus",
		relaytest.StageStored:   "250 ok\r\n250 surplus",
	} {
		for _, omit := range [][]string{nil, {"PIPELINING"}} {
			for _, to := range [][]string{{"b@fabrikam.com"}, {"b@fabrikam.com", "bad@fabrikam.com", "c@fabrikam.com"}} {
				t.Run(fmt.Sprintf("%s to %d without %s", stage, len(to), omit), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) { testSurplus(t, stage, answer, omit, to) })
				})
			}
		}
	}
}

func testSurplus(t *testing.T, stage relaytest.Stage, answer string, omit, to []string) {
	w := newWorld(t, toHosts("192.0.2.1"))
	sink := w.sink("192.0.2.1:25", &relaytest.Sink{Omit: omit, Script: func(s relaytest.Stage, a string) string {
		switch {
		case s == relaytest.StageRcpt && a == "bad@fabrikam.com":
			return "550 5.1.1 unknown"
		case s == stage:
			return answer
		}
		return ""
	}})
	told := 0
	for range 3 {
		got := w.attempt(to...)
		for i, a := range to {
			switch bad := a == "bad@fabrikam.com"; {
			case strings.HasPrefix(got[i], "ok") && !bad:
				if i == 0 {
					told++
				}
			case got[i][0] != '4' && !(bad && got[i][0] == '5'):
				t.Errorf("%s: %s", a, got[i])
			}
		}
	}
	synctest.Wait()
	if n := len(sink.Messages()); n != told {
		t.Errorf("%d messages arrived, and %d pass for delivered", n, told)
	}
	if stage == relaytest.StageStored && told != 3 {
		t.Errorf("%d of 3 messages were delivered", told)
	}
}

// TestSuccessOutOfPlace: a 2xx to DATA is no delivery.
func TestSuccessOutOfPlace(t *testing.T) {
	for _, f := range []faulty{
		{to: []string{"b@fabrikam.com"}},
		{to: []string{"b@fabrikam.com", "c@fabrikam.com"}},
		{to: []string{"b@fabrikam.com"}, large: true, omit: []string{"CHUNKING"}},
	} {
		for _, answer := range []string{"250 2.6.0 taken", "220 ok", "299 ok"} {
			f.stage, f.answer = relaytest.StageDataInit, answer
			w, sink := f.world(t)
			for _, got := range attemptOf(w, envelopeTo(f.to...), f.body()) {
				expect(t, answer, got, "451 4.4.2")
			}
			sink.Close()
			if n := len(sink.Messages()); n != 0 {
				t.Errorf("%d messages arrived", n)
			}
		}
	}
}
