package gateway

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/gateway/control"
)

// The bounds of what is kept about refusals.
const (
	refusalMinutes = 10
	maxRefusals    = 256 // connectors and reasons in a minute; further ones are counted as otherRefusals
)

// otherRefusals is the reason of what has no place of its own.
const otherRefusals = "other"

// refusals counts by connector and reason what was refused in the last minutes.
type refusals struct {
	mu      sync.Mutex
	minutes [refusalMinutes]minute // by the number of the minute
}

// minute has the counts of one minute.
type minute struct {
	number int64 // since 1970
	counts map[refusal]*counted
}

type refusal struct{ connector, reason string }

type counted struct {
	n    int
	last time.Time
}

// read counts an event if it is a refusal.
func (r *refusals) read(e *event.Event) {
	switch e.Kind {
	case event.ConnectionRefused, event.CommandRefused, event.MessageRefused, event.MessageFailed:
	default:
		return
	}
	key := refusal{e.Connector, reasonOf(e)}
	r.mu.Lock()
	defer r.mu.Unlock()
	number := e.Time.Unix() / 60
	m := &r.minutes[number%refusalMinutes]
	switch {
	case m.number < number:
		*m = minute{number: number, counts: make(map[refusal]*counted)}
	case m.number > number: // it is too late
		return
	}
	if m.counts[key] == nil && len(m.counts) >= maxRefusals {
		key = refusal{reason: otherRefusals}
	}
	c := m.counts[key]
	if c == nil {
		c = new(counted)
		m.counts[key] = c
	}
	c.n++
	c.last = e.Time
}

// reasonOf returns the policy's reason for a refusal, or the code and the enhanced code of another
// reply, so that nothing that hosts and programs write is kept.
func reasonOf(e *event.Event) string {
	if e.Reason != reply.Undecided {
		return e.Reason.String()
	}
	code, text, _ := strings.Cut(e.Reply, " ")
	if len(code) != 3 || code[0] != '4' && code[0] != '5' {
		return otherRefusals
	}
	enhanced, _ := reply.CutEnhanced(text, int(code[0]-'0'))
	return string(reply.Reply{Enhanced: enhanced}.AppendEnhanced([]byte(code + " ")))
}

// list returns the counts of the minutes before now, the most frequent first.
func (r *refusals) list(now time.Time) []control.Refused {
	sums := make(map[refusal]*control.Refused)
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.minutes {
		m := &r.minutes[i]
		if now.Unix()/60-m.number >= refusalMinutes {
			continue
		}
		for key, c := range m.counts {
			sum := sums[key]
			if sum == nil {
				sum = &control.Refused{Connector: key.connector, Reason: key.reason}
				sums[key] = sum
			}
			sum.Count += c.n
			if c.last.After(sum.Last) {
				sum.Last = c.last.UTC()
			}
		}
	}
	var all []control.Refused
	for _, sum := range sums {
		all = append(all, *sum)
	}
	slices.SortFunc(all, func(a, b control.Refused) int {
		return cmp.Or(b.Count-a.Count, strings.Compare(a.Connector, b.Connector), strings.Compare(a.Reason, b.Reason))
	})
	return all
}
