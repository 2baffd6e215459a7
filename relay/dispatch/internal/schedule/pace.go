package schedule

import (
	"fmt"
	"time"

	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/relay/delivery"
)

// pace holds the limits of a connector for its smart hosts, and counts what they got. What
// happened before the process began isn't counted. The zero pace has no limits.
type pace struct {
	connections int // at a time; 0: any number
	messages    window
	recipients  window
}

// setLimits takes the limits from the connector of a next hop. What was counted stays.
func (p *pace) setLimits(next delivery.NextHop) {
	p.connections, p.messages.limit, p.recipients.limit = 0, 0, 0
	out := next.Connector()
	if out == nil || !out.Local() || len(out.Settings().SmartHosts) == 0 {
		return
	}
	set := out.Settings()
	p.connections = limited(set.SmartHostMaxConnections)
	p.messages.limit, p.messages.length = limited(set.SmartHostMessageRateLimit), time.Minute
	p.recipients.limit, p.recipients.length = limited(set.SmartHostRecipientRateLimit), 24*time.Hour
}

// limited returns n as an int, 0 if it is no limit.
func limited(n param.Limit) int { return int(max(n, 0)) }

// most returns how many recipients an attempt may have: a tenth of the day's limit at most. An attempt
// begins only when there is room for so many, so a larger number would leave more of the limit unused.
func (p *pace) most() int {
	if p.recipients.limit == 0 {
		return maxRecipients
	}
	return min(maxRecipients, max(1, p.recipients.limit/10))
}

// next returns when the next attempt may begin: now, or a later time.
func (p *pace) next(now time.Time) time.Time {
	at := p.messages.next(now, 1)
	if day := p.recipients.next(now, p.most()); day.After(at) {
		return day
	}
	return at
}

// reason says which limit the next attempt waits for.
func (p *pace) reason(now time.Time) string {
	if p.recipients.next(now, p.most()).After(now) {
		return fmt.Sprintf("SmartHostRecipientRateLimit: the smart hosts get at most %d recipients in 24 hours", p.recipients.limit)
	}
	return fmt.Sprintf("SmartHostMessageRateLimit: the smart hosts get at most %d messages in a minute", p.messages.limit)
}

// isEmpty reports whether nothing counts any more.
func (p *pace) isEmpty(now time.Time) bool {
	for _, w := range []*window{&p.messages, &p.recipients} {
		if w.limit > 0 {
			if w.advance(now); w.sum > 0 {
				return false
			}
		}
	}
	return true
}

// begin counts an attempt.
func (p *pace) begin(recipients int, now time.Time) {
	p.messages.add(1, now)
	p.recipients.add(recipients, now)
}

// parts is how many parts of a window are counted by themselves.
const parts = 24

// window counts in the last length of time. It counts whole parts of it, one more than the length
// has, so that it never counts too little.
type window struct {
	limit  int // 0: none, and nothing is counted
	length time.Duration
	counts [parts + 1]int // by the number of the part
	sum    int            // of counts
	last   int64          // the number of the last part
}

// part returns the number of the part that t is in.
func (w *window) part(t time.Time) int64 { return t.UnixNano() / int64(w.length/parts) }

// advance forgets the parts that are over at now.
func (w *window) advance(now time.Time) {
	n := w.part(now)
	if n-w.last > parts {
		w.counts, w.sum, w.last = [parts + 1]int{}, 0, n
	}
	for ; w.last < n; w.last++ {
		over := &w.counts[(w.last+1)%(parts+1)]
		w.sum -= *over
		*over = 0
	}
}

// add counts n.
func (w *window) add(n int, now time.Time) {
	if w.limit == 0 {
		return
	}
	w.advance(now)
	w.counts[w.last%(parts+1)] += n
	w.sum += n
}

// next returns when n more are within the limit: now, or a later time. n is at most the limit.
func (w *window) next(now time.Time, n int) time.Time {
	if w.limit == 0 {
		return now
	}
	w.advance(now)
	excess := w.sum + n - w.limit
	if excess <= 0 {
		return now
	}
	for k := w.last - parts; k <= w.last; k++ {
		if excess -= w.counts[(k+parts+1)%(parts+1)]; excess <= 0 {
			return time.Unix(0, (k+parts+1)*int64(w.length/parts)) // when part k is over
		}
	}
	return now.Add(w.length)
}
