package ledger

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// flight is how long before a kill a next hop may have answered
// without the gateway having recorded it. Milliseconds are normal, but the
// machine may be busy.
const flight = 2 * time.Second

// lag is how long after a kill a next hop may read what was sent before it.
const lag = 500 * time.Millisecond

// ledger records everything that is known of every message.
type ledger struct {
	mu      sync.Mutex
	letters []*letter
	kills   []span   // of the gateway, from before the signal until it was gone
	ends    []span   // of the gateway, kills among them
	full    []span   // when its disk was full
	putOff  []string // how tries without a final answer ended
	strange []string // what belongs to no message
}

// span is a span of time.
type span struct{ from, to time.Time }

// letter is a numbered message.
type letter struct {
	number  int
	to      []string
	acked   string // the gateway's ID of the transaction that it acknowledged
	refused bool   // permanently
	unheard int    // tries that may have been accepted, as far as the client knows
	copies  map[string][]*sighting
	reports map[string][]*sighting
	refusal map[string][]time.Time // when a hop refused it
}

// sighting is a message that arrived at a next hop.
type sighting struct {
	transaction string // the gateway's ID of it, or of the report
	dot         time.Time
	at          time.Time // when the hop had it, which may be later
	answered    bool      // the 250 was written
	torn        string
}

// compose adds a letter.
func (l *ledger) compose(to []string) *letter {
	l.mu.Lock()
	defer l.mu.Unlock()
	m := &letter{number: len(l.letters), to: to, copies: map[string][]*sighting{}, reports: map[string][]*sighting{}, refusal: map[string][]time.Time{}}
	l.letters = append(l.letters, m)
	return m
}

// tried records how a client's try ended: with the transaction acknowledged,
// refused permanently, or neither, and then whether the content was sent, and why.
func (l *ledger) tried(m *letter, transaction string, refused, sent bool, why string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case transaction != "":
		m.acked = transaction
	case refused:
		m.refused = true
	default:
		l.putOff = append(l.putOff, why)
		if sent {
			m.unheard++
		}
	}
}

// arrived records that a message, or the report on it, arrived at a next
// hop. The result is to be marked when the hop has answered.
func (l *ledger) arrived(number int, to []string, report bool, dot time.Time, transaction, torn string) []*sighting {
	l.mu.Lock()
	defer l.mu.Unlock()
	if number < 0 || number >= len(l.letters) {
		l.strange = append(l.strange, fmt.Sprintf("message %d to %v was never sent", number, to))
		return nil
	}
	m := l.letters[number]
	var seen []*sighting
	for _, rcpt := range to {
		if !slices.Contains(m.to, rcpt) {
			l.strange = append(l.strange, fmt.Sprintf("message %d went to %s", number, rcpt))
			continue
		}
		s := &sighting{transaction: transaction, dot: dot, at: time.Now(), torn: torn}
		seen = append(seen, s)
		if report {
			m.reports[rcpt] = append(m.reports[rcpt], s)
		} else {
			m.copies[rcpt] = append(m.copies[rcpt], s)
		}
	}
	return seen
}

// refusedBothWays reports whether a client was refused for good, and a hop has refused a letter
// that was acknowledged.
func (l *ledger) refusedBothWays() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	client, report := false, false
	for _, m := range l.letters {
		client = client || m.refused
		report = report || m.acked != "" && len(m.refusal) > 0
	}
	return client && report
}

// refused records that a hop refused a letter for a recipient.
func (l *ledger) refused(from string, to ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	number := -1
	if found := senderAddress.FindStringSubmatch(from); found != nil {
		number, _ = strconv.Atoi(found[1]) // digits
	}
	if number < 0 || number >= len(l.letters) {
		l.strange = append(l.strange, "a message from <"+from+"> was never sent")
		return
	}
	for _, rcpt := range to {
		m := l.letters[number]
		m.refusal[rcpt] = append(m.refusal[rcpt], time.Now())
	}
}

// answered records that the hop's answer was written.
func (l *ledger) answered(seen []*sighting) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range seen {
		s.answered = true
	}
}

// ended records that the gateway was stopped or killed, from a time until now.
func (l *ledger) ended(from time.Time, killed bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	end := span{from, time.Now()}
	l.ends = append(l.ends, end)
	if killed {
		l.kills = append(l.kills, end)
	}
}

// wasFull records that the disk was full from a time until now.
func (l *ledger) wasFull(from time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.full = append(l.full, span{from, time.Now()})
}

// verdict is the outcome for all recipients of acknowledged messages.
type verdict struct {
	messages, refused, recipients int      // acknowledged messages, those refused for good, recipients of the former
	putOff                        []string // how tries without a final answer ended
	delivered, reported, queued   int
	extra                         map[explanation]int // copies too many
	wrong                         []string            // faults
}

func (v *verdict) String() string {
	return fmt.Sprintf("%d messages acknowledged for %d recipients: %d delivered, %d reported, %d queued, %d lost; %d messages refused for good, %d tries put off\n"+
		"copies too many: %d because an answer was lost, %d under way at a kill, %d that no full disk had a note of, %d whose client had no answer and sent it again",
		v.messages, v.recipients, v.delivered, v.reported, v.queued, v.recipients-v.delivered-v.reported-v.queued, v.refused, len(v.putOff),
		v.extra[answerLost], v.extra[atKill], v.extra[diskFull], v.extra[clientUnheard])
}

// queued has the recipients on the queue by the number of the message.
type queued map[int][]string

// onReport stands for the recipients that a report on the queue is about.
const onReport = "*"

// judge closes the ledger.
func (l *ledger) judge(waiting queued) *verdict {
	l.mu.Lock()
	defer l.mu.Unlock()
	v := &verdict{putOff: l.putOff, extra: map[explanation]int{}, wrong: slices.Clone(l.strange)}
	for _, m := range l.letters {
		if m.acked != "" {
			v.messages++
		}
		if m.refused {
			v.refused++
		}
		for _, to := range m.to {
			l.judgeRecipient(v, m, to, slices.Contains(waiting[m.number], to) || slices.Contains(waiting[m.number], onReport))
		}
	}
	return v
}

func (l *ledger) judgeRecipient(v *verdict, m *letter, to string, waits bool) {
	copies, reports := m.copies[to], m.reports[to]
	wrong := func(format string, args ...any) {
		v.wrong = append(v.wrong, fmt.Sprintf("message %d (%s) to %s: ", m.number, m.acked, to)+fmt.Sprintf(format, args...))
	}
	for _, c := range copies {
		if c.torn != "" {
			wrong("torn: %s", c.torn)
		}
	}
	if m.acked != "" {
		v.recipients++
		switch {
		case len(copies) > 0:
			v.delivered++
		case len(reports) > 0:
			v.reported++
		case waits:
			v.queued++
		default:
			wrong("LOST")
		}
	}
	if m.refused && m.unheard == 0 && len(copies) > 0 && copies[0].answered {
		wrong("delivered, though the client was refused")
	}
	if len(copies) > 0 && len(reports) > 0 && !slices.ContainsFunc(copies, func(c *sighting) bool { return !c.answered }) {
		wrong("%d copies and %d reports: %s", len(copies), len(reports), l.describe(append(slices.Clone(copies), reports...)))
	}
	for _, seen := range [][]*sighting{copies, reports} {
		slices.SortFunc(seen, func(a, b *sighting) int { return a.at.Compare(b.at) })
		for _, why := range l.explain(m, to, seen) {
			v.extra[why]++
			if why == unexplained {
				wrong("%d copies and %d reports: %s", len(copies), len(reports), l.describe(seen))
			}
		}
	}
}

// The explanations of a copy too many.
type explanation int

const (
	unexplained   explanation = iota
	answerLost                // the hop has it, and its answer never left
	atKill                    // the gateway was killed before it had the hop's answer, or noted it
	diskFull                  // the gateway ended when there was no room to note the hop's answer
	clientUnheard             // the client had no answer, and sent it again
)

// explain returns an explanation for each sighting but the first, of copies or
// of reports.
func (l *ledger) explain(m *letter, to string, seen []*sighting) []explanation {
	var why []explanation
	last := map[string]*sighting{} // by transaction
	for _, s := range seen {
		before := last[s.transaction]
		last[s.transaction] = s
		switch {
		case before == nil && len(last) == 1:
		case before == nil && len(last) <= m.unheard+1:
			why = append(why, clientUnheard)
		case before == nil && l.refusedAtKill(m.refusal[to], s.at):
			why = append(why, atKill) // the refusal was heard once more, and reported with others
		case before == nil:
			why = append(why, unexplained)
		case !before.answered:
			why = append(why, answerLost)
		case l.underWay(before, s.at) || l.underWay(s, s.at):
			why = append(why, atKill)
		case l.unnoted(before, s.at):
			why = append(why, diskFull)
		default:
			why = append(why, unexplained)
		}
	}
	return why
}

// underWay reports whether the gateway was killed, before a time, when it had
// sent s and can't have noted the answer.
func (l *ledger) underWay(s *sighting, before time.Time) bool {
	return slices.ContainsFunc(l.kills, func(k span) bool {
		return k.to.Add(lag).After(s.dot) && k.from.Before(s.at.Add(flight)) && k.from.Before(before)
	})
}

// refusedAtKill reports whether the gateway was killed, before a time, when it had
// heard a refusal and can't have noted it.
func (l *ledger) refusedAtKill(refusals []time.Time, before time.Time) bool {
	return slices.ContainsFunc(refusals, func(t time.Time) bool {
		return l.underWay(&sighting{dot: t, at: t}, before)
	})
}

// unnoted reports whether the gateway ended, before a time, without room since it
// had the answer to s.
func (l *ledger) unnoted(s *sighting, before time.Time) bool {
	return slices.ContainsFunc(l.ends, func(end span) bool {
		return end.to.After(s.at) && end.from.Before(before) && slices.ContainsFunc(l.full, func(f span) bool {
			return s.at.After(f.from.Add(-flight)) && end.from.Before(f.to.Add(flight))
		})
	})
}

// describe prints sightings for people.
func (l *ledger) describe(seen []*sighting) string {
	var b strings.Builder
	for _, s := range seen {
		fmt.Fprintf(&b, "\n    %s at %s, answered: %v", s.transaction, s.at.Format("15:04:05.000"), s.answered)
	}
	for _, k := range l.kills {
		fmt.Fprintf(&b, "\n    killed at %s", k.to.Format("15:04:05.000"))
	}
	return b.String()
}
