package dispatch

import (
	"errors"
	"time"

	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/queue"
)

// end uncounts an attempt.
func (d *Dispatcher) end(tr *transfer) {
	h := tr.hop
	tr.out = nil
	l := tr.lane
	d.occupy(l, tr.doubtful, -1)
	tr.lane, tr.running = nil, false
	d.vacate(l)
	for _, i := range tr.to {
		tr.m.work[i] = nil
	}
	h.used = time.Now()
}

// judge draws the conclusions from an attempt that has ended.
func (d *Dispatcher) judge(tr *transfer, outcomes []delivery.Outcome, err error) {
	m, h := tr.m, tr.hop
	now := h.used
	switch {
	case d.hard.Err() != nil && err == nil && !answered(outcomes):
		// It was cut off and says nothing.
	case err != nil:
		d.hopFailed(tr, outcomes, err, now)
		return
	default:
		if answered(outcomes) {
			d.hopAnswered(h)
		}
		d.settle(tr, outcomes, now)
	}
	d.changed(m, now)
	d.arrived(tr)
	d.wake(h)
}

// changed goes on with m after an attempt.
func (d *Dispatcher) changed(m *message, now time.Time) {
	d.drop(m)
	d.place(m, now)
	switch m.phase {
	case storing:
		m.dirty = true
	case stored:
		d.plan(m)
		if !d.promising(m) { // it may be long until its octets are wanted
			m.unload()
		}
	}
}

// answered reports whether the next hop said anything of the message.
func answered(outcomes []delivery.Outcome) bool {
	for i := range outcomes {
		if o := &outcomes[i]; o.Reply != "" && o.Host != "" {
			return true
		}
	}
	return false
}

// hopAnswered notes that h works.
func (d *Dispatcher) hopAnswered(h *hop) {
	if h.failures > 0 {
		d.Logger.Info("next hop answers again", "hop", h.name, "failures", h.failures, "waiting", h.waiting)
	}
	if !h.proven {
		h.readmit()
	}
	h.proven, h.silent, h.failures, h.spare = true, false, 0, 0
	if h.ceiling > 0 {
		if h.answers++; h.answers >= raiseAfter*h.ceiling {
			h.ceiling, h.answers = h.ceiling+1, 0
		}
	}
}

// raiseAfter is how many answers per connection make us try one connection
// more with a next hop that refused some.
const raiseAfter = 10

// hopFailed lets a next hop rest that couldn't be given anything. Its
// transfer goes back to where it was, for nothing was said of the message.
func (d *Dispatcher) hopFailed(tr *transfer, outcomes []delivery.Outcome, err error, now time.Time) {
	m, h := tr.m, tr.hop
	e := asError(err)
	said := word{at: now, reply: e.Reply.String()}
	if len(outcomes) > 0 {
		if said.reply = words(&outcomes[0], e); outcomes[0].Reply != "" {
			said.host = outcomes[0].Host
		}
	}
	crowded := delivery.IsCrowded(err)
	switch {
	case crowded && h.proven && tr.among > 1:
		// It works, and had no room for so many. This one goes once more as soon
		// as there is some.
		h.lower(true)
		d.requeue(tr)
		d.changed(m, now)
		d.wake(h)
		return
	case !tr.doubtful && m.unlucky:
		// Others fare better: it is the message that the next hop can't bear.
		d.settle(tr, outcomes, now)
		d.changed(m, now)
		d.arrived(tr)
		d.wake(h)
		return
	case h.proven && h.active > 0:
		// It works, but perhaps not on so many connections. If it is dead, the
		// last of them will tell.
		h.lower(false)
		d.requeue(tr)
		d.changed(m, now)
		d.wake(h)
		return
	case tr.round == h.round: // those that began together fail once
		d.rests(h, said, err)
	}
	m.unlucky = true
	for _, i := range tr.to {
		r := &m.Recipients[i]
		r.Hop, r.Reply, r.Host, r.Tried = h.name, said.reply, said.host, now
		m.errs[i] = e
	}
	d.logOutcomes(tr, outcomes, now)
	d.requeue(tr)
	d.changed(m, now)
	d.arrived(tr)
	d.wake(h)
}

// rests makes h wait until it is tried again, and whoever waits for it with
// it.
func (d *Dispatcher) rests(h *hop, said word, err error) {
	h.round++
	h.failures++
	h.proven, h.spare, h.last = false, 0, said
	if !h.spoken {
		h.ceiling = 0
	}
	wait := d.limits.retryAfter(h.failures)
	h.retryAt = said.at.Add(wait)
	d.at(&h.event, h.retryAt)
	d.Logger.Warn("next hop failed", "hop", h.name, "failures", h.failures, "retry", wait,
		"waiting", h.waiting+1, "error", printable(err.Error()))
	for tr := range h.transfers() {
		if h.awaited == 0 {
			break
		}
		d.arrived(tr)
	}
}

// requeue puts tr behind everything else that waits for its next hop, unless the
// message is to go nowhere. It may be the message that makes the hop hang up
// without a word, and the others shall not wait for it.
func (d *Dispatcher) requeue(tr *transfer) {
	m := tr.m
	if m.phase == gone || m.Suspended || m.dropping != nil {
		return // place finds out what is left of it
	}
	for _, i := range tr.to {
		m.work[i] = tr
	}
	d.enlist(tr)
}

// arrived notes that the client of tr's message need not wait for it any
// longer.
func (d *Dispatcher) arrived(tr *transfer) {
	if tr.answered() {
		tr.m.wakeClient()
	}
}

// answered notes that no client waits for tr any longer. It reports whether one did.
func (tr *transfer) answered() bool {
	was := tr.awaited
	if was {
		tr.awaited = false
		tr.m.awaited--
		tr.hop.awaited--
	}
	return was
}

// wakeClient lets the client of m have its answer if there is nothing more to
// wait for.
func (m *message) wakeClient() {
	if m.awaited == 0 && m.hold != nil {
		select {
		case m.hold.done <- struct{}{}:
		default:
		}
	}
}

// settle notes what became of the recipients of tr.
func (d *Dispatcher) settle(tr *transfer, outcomes []delivery.Outcome, now time.Time) {
	m := tr.m
	if m.Report && !tr.short && tooMuch(&outcomes[0]) {
		m.short = true
		d.Logger.Info("report goes with the header of the message only", "id", m.ID, "hop", tr.hop.name, "error", printable(outcomes[0].Err.Error()))
		return
	}
	took := false
	for k, i := range tr.to {
		m.note(i, outcomes[k], tr.hop.name, now, &d.limits)
		took = took || outcomes[k].Err == nil
	}
	if took {
		// Who was only too many for one transaction goes with the next (RFC
		// 5321, section 4.5.3.1.10).
		for k, i := range tr.to {
			if e := m.errs[i]; e != nil && outcomes[k].Host != "" && e.Reply.Code == 452 && e.Reply.Enhanced == [3]int{4, 5, 3} {
				m.Recipients[i].Next = time.Time{}
			}
		}
	}
	d.logOutcomes(tr, outcomes, now)
}

// note writes down how an attempt for the recipient i ended.
func (m *message) note(i int, o delivery.Outcome, hop string, now time.Time, l *limits) {
	r := &m.Recipients[i]
	r.Hop, r.Host, r.Reply, r.Tried = hop, o.Host, o.Reply, now
	if o.Host != "" {
		r.Attempts++
	}
	if o.Reply == "" {
		r.Host = "" // what we found is nothing that it said
	}
	m.errs[i] = nil
	if o.Err == nil {
		r.Status = queue.Delivered
		r.Reported = o.DSN // then it is the next hop that reports
		return
	}
	e := asError(o.Err)
	m.errs[i] = e
	r.Reply = words(&o, e)
	if e.Reply.Code >= 500 {
		r.Status = queue.Failed
		return
	}
	r.Next = now.Add(l.message)
}

// words returns what was said of a recipient: by the next hop, or else by us, with
// the cause.
func words(o *delivery.Outcome, e *relay.Error) string {
	switch {
	case o.Reply != "":
		return o.Reply
	case o.Cause != "":
		return e.Reply.String() + ": " + o.Cause
	}
	return e.Reply.String()
}

// asError returns err as an error that a client can be told.
func asError(err error) *relay.Error {
	var e *relay.Error
	if errors.As(err, &e) && e.Reply.Code >= 400 && e.Reply.Code <= 599 {
		return e
	}
	return refusal(reply.TemporaryError, err)
}

// isUnreachable reports whether no Send connector led anywhere.
func isUnreachable(err error) bool { return errors.Is(err, delivery.ErrUnreachable) }
