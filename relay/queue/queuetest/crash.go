package queuetest

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/relay/queue"
)

// expected is a message as a crash must leave it.
type expected struct {
	m       *queue.Message
	body    string
	removed bool // then it may be there or not
}

// ledger records the calls of a Store before a crash.
type ledger struct {
	*suite
	messages map[string]*expected
}

func (l *ledger) putBrief(id, body string, lease queue.Lease) {
	m := full(id)
	l.put(m, body, lease)
	l.messages[id] = &expected{m: m, body: body}
}

func (l *ledger) saveAttempt(id, holder string) {
	e := l.messages[id]
	e.m.Recipients[0].Attempts++
	l.must("Save of "+id, l.store.Save(l.ctx, e.m, holder))
}

func (l *ledger) remove(id, holder string) {
	l.must("Remove of "+id, l.store.Remove(l.ctx, id, holder))
	l.messages[id].removed = true
}

// crashSteps are calls between which the process dies. All leases are brief, so that all
// have expired.
var crashSteps = []struct {
	name string
	do   func(*ledger)
}{
	{"Put of a small message", func(l *ledger) { l.putBrief("A1", "small", brief("a")) }},
	{"Save", func(l *ledger) { l.saveAttempt("A1", "a") }},
	{"Put of a large message", func(l *ledger) { l.putBrief("B2", strings.Repeat("large", 12_000), brief("a")) }},
	{"Put without a lease", func(l *ledger) { l.putBrief("C3", "", free()) }},
	{"Claim", func(l *ledger) { l.claim(brief("b"), 10); elapse(brief("b")) }},
	{"Save of a claimed message", func(l *ledger) { l.saveAttempt("B2", "b") }},
	{"Remove", func(l *ledger) { l.remove("C3", "b") }},
	{"Renew", func(l *ledger) { l.renew(brief("b")) }},
	{"another Save", func(l *ledger) { l.saveAttempt("A1", "b") }},
	{"Release", func(l *ledger) { l.must("Release", l.store.Release(l.ctx, "A1", "b")) }},
	{"Remove of a large message", func(l *ledger) { l.remove("B2", "b") }},
	{"Put after all that", func(l *ledger) { l.putBrief("D4", "last", brief("a")) }},
}

// crashTests returns a test for a crash after each step.
func crashTests() (list []test) {
	for n := range crashSteps {
		list = append(list, test{fmt.Sprintf("crash after %d: %s", n+1, crashSteps[n].name), func(s *suite) {
			l := &ledger{s, make(map[string]*expected)}
			for _, step := range crashSteps[:n+1] {
				step.do(l)
			}
			s.store = s.crash()
			l.check()
		}})
	}
	return list
}

// check compares the Store with the ledger, and goes on with it.
func (l *ledger) check() {
	there := l.list()
	for _, m := range there {
		e := l.messages[m.ID]
		if e == nil {
			l.t.Fatalf("there is a message %q", m.ID)
		}
		l.same(m, e.m)
		if got := l.read(m.ID); string(got) != e.body {
			l.t.Errorf("%s has %d bytes, want the %d that Put got", m.ID, len(got), len(e.body))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(l.messages)) {
		if !l.messages[id].removed && !slices.ContainsFunc(there, func(m *queue.Message) bool { return m.ID == id }) {
			l.t.Errorf("%s is lost", id)
		}
	}
	if claimed := l.claim(lease("z"), 10); len(claimed) != len(there) {
		l.t.Errorf("claimed %q, want all of %q", ids(claimed), ids(there))
	}
	l.put(message("E5"), "after the crash", lease("z"))
	for _, m := range append(there, message("E5")) {
		l.must("Save after the crash", l.store.Save(l.ctx, m, "z"))
		l.must("Remove after the crash", l.store.Remove(l.ctx, m.ID, "z"))
	}
	if got := ids(l.list()); got != "" {
		l.t.Errorf("%q is still there", got)
	}
}
