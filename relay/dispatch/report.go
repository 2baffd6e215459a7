package dispatch

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/dsn"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/queue"
)

// notice is a report that is due: on which recipients of a message, and what
// is known of them.
type notice struct {
	dsn.Report
	on []int
}

// report puts the reports that are due on m on the Store, and notes in m that
// they were made. They are not sent before release. An error means that some
// were not made; it is for the client if there is one.
func (d *Dispatcher) report(ctx context.Context, m *message) (made []*message, err error) {
	now := time.Now()
	d.mu.Lock()
	due := d.notices(m, now)
	d.mu.Unlock()
	for i := range due {
		r, err := d.putReport(ctx, m, &due[i], now)
		if err != nil {
			return made, d.unstorable(m, err)
		}
		if r != nil {
			made = append(made, r)
		}
		d.mu.Lock()
		for _, k := range due[i].on {
			m.tell(k, due[i].Kind)
		}
		d.mu.Unlock()
	}
	return made, nil
}

// notices returns the reports that are due on m. Whoever isn't to be told, by
// NOTIFY or by the policy, counts as told.
func (d *Dispatcher) notices(m *message, now time.Time) []notice {
	var due []notice
	var allowed connector.Reports
	if len(m.Recipients) > 0 && !m.Report {
		allowed = d.policy.Reports(m.From)
	}
	late := d.delays(m, now)
	for _, kind := range [...]dsn.Kind{dsn.Failed, dsn.Delayed, dsn.Relayed} {
		var on []int
		for i := range m.Recipients {
			if m.fate(i, late) != kind {
				continue
			}
			if permits(&allowed, kind) && dsn.Wants(m.Recipients[i].Notify, kind) {
				on = append(on, i)
				continue
			}
			m.tell(i, kind)
			if kind == dsn.Failed {
				event := "failure isn't reported"
				if m.Report {
					event = "report can't be delivered"
				}
				d.Logger.Warn(event, "id", m.ID, "from", printable(m.From.String()),
					"to", printable(m.Recipients[i].To.String()), "reply", printable(m.Recipients[i].Reply))
			}
		}
		if len(on) > 0 {
			due = append(due, d.notice(m, kind, on, &allowed))
		}
	}
	return due
}

// fate returns what the sender is yet to be told of the recipient i; 0: nothing.
func (m *message) fate(i int, late bool) dsn.Kind {
	r := &m.Recipients[i]
	switch {
	case r.Status == queue.Waiting && late && !r.Delayed:
		return dsn.Delayed
	case r.Status == queue.Waiting || r.Reported:
		return 0
	case r.Status == queue.Delivered:
		return dsn.Relayed
	}
	return dsn.Failed
}

// untold reports whether the sender is yet to be told how it ended for somebody.
func (m *message) untold() bool {
	for i := range m.Recipients {
		if m.fate(i, false) != 0 {
			return true
		}
	}
	return false
}

// tell notes that the sender was told, or need not be.
func (m *message) tell(i int, kind dsn.Kind) {
	if kind == dsn.Delayed {
		m.Recipients[i].Delayed = true
	} else {
		m.Recipients[i].Reported = true
	}
}

// permits reports whether the policy lets senders be told of a kind.
func permits(r *connector.Reports, kind dsn.Kind) bool {
	switch kind {
	case dsn.Failed:
		return r.Failed
	case dsn.Delayed:
		return r.Delayed
	}
	return r.Delivered
}

// notice returns the report on some recipients.
func (d *Dispatcher) notice(m *message, kind dsn.Kind, on []int, allowed *connector.Reports) notice {
	n := notice{on: on, Report: dsn.Report{
		Kind:       kind,
		ID:         reportID(m.ID, kind, on),
		Postmaster: allowed.Postmaster,
		MTA:        d.limits.host,
		Arrived:    m.Arrived,
		// A next hop that lacks SMTPUTF8 must not cost the report.
		UTF8:     !m.From.IsASCII() || !allowed.Postmaster.IsASCII(),
		Original: m.Envelope,
		MaxSize:  allowed.MaxAttachSize,
	}}
	if m.complained() {
		// It has gone back once, perhaps to somebody who never sent it: two
		// hundred recipients must not return it two hundred times.
		n.Original.Return = envelope.ReturnHeader
	}
	if kind == dsn.Delayed {
		n.Until = d.expiry(m)
	}
	for _, i := range on {
		r := m.seen(i)
		to := dsn.Recipient{Recipient: r.Recipient, Host: r.Host, Reply: r.Reply, Tried: r.Tried}
		switch r.Status {
		case queue.Expired:
			to.Status = "4.4.7" // RFC 3463: delivery time expired
		case queue.Dropped:
			to.Status, to.Host, to.Reply = "5.7.0", "", "Dropped by the operator"
		}
		n.Recipients = append(n.Recipients, to)
	}
	return n
}

// complained reports whether the sender was told of a failure before.
func (m *message) complained() bool {
	for i := range m.Recipients {
		r := &m.Recipients[i]
		if r.Reported && r.Status != queue.Delivered && dsn.Wants(r.Notify, dsn.Failed) {
			return true
		}
	}
	return false
}

// reportID returns the ID of the report of a kind on some recipients of a
// message: always the same.
func reportID(id string, kind dsn.Kind, on []int) string {
	const most = 40
	h := sha256.New()
	for _, i := range on {
		_ = binary.Write(h, binary.BigEndian, uint32(i)) // a hash takes everything
	}
	sum := idEncoding.EncodeToString(h.Sum(nil)[:10])
	if len(id) > most {
		whole := sha256.Sum256([]byte(id))
		id = idEncoding.EncodeToString(whole[:20])
	}
	return id + "-" + strings.ToUpper(kind.String()[:1]) + sum
}

// putReport writes a report on m and puts it on the Store. It returns nil if
// it was there already, or can't be written at all.
func (d *Dispatcher) putReport(ctx context.Context, m *message, n *notice, now time.Time) (*message, error) {
	original, closer, err := d.open(ctx, m, new(bytes.Reader))
	if err != nil {
		// The sender shall hear of it even so.
		d.Logger.Error("message can't be read for a report", "id", m.ID, "error", printable(err.Error()))
		original, closer = nil, nopCloser{}
	}
	defer closer.Close()
	n.Date = now
	octets, err := n.Reader(original)
	if err != nil {
		d.Logger.Error("report can't be written", "id", m.ID, "error", printable(err.Error()))
		return nil, nil
	}
	q := &queue.Message{Envelope: envelope.Envelope{ID: n.ID, Report: true, Remote: m.Remote, Body: n.Body(), UTF8: n.UTF8},
		Recipients: []queue.Recipient{{Recipient: envelope.Recipient{To: m.From, Notify: envelope.NotifyNever}}}}
	switch err := d.enqueue(ctx, q, octets); {
	case errors.Is(err, queue.ErrExists):
		return nil, nil
	case err != nil:
		return nil, err
	}
	d.Logger.Info("report queued", "id", m.ID, "kind", n.Kind.String(), "report", q.ID, "to", printable(m.From.String()), "recipients", len(n.on))
	r := known(q, "")
	r.phase = storing
	return r, nil
}

// tooMuch reports whether a report was refused for what it returns, and not for the
// one whom it goes to: it is too large, in a form that the next hop can't take, or
// holds what that takes from no one, as a virus.
func tooMuch(o *delivery.Outcome) bool {
	if o.Err == nil {
		return false
	}
	reply := asError(o.Err).Reply
	code, status := reply.Code, reply.Enhanced
	if o.Reply != "" { // its own words, before they became ours for a client
		status = [3]int{}
		_, _ = fmt.Sscanf(o.Reply, "%d %d.%d.%d", &code, &status[0], &status[1], &status[2]) // it may have no status
	}
	switch [2]int(status[1:]) {
	case [2]int{2, 3}, [2]int{3, 4}: // RFC 3463: message too large, for the mailbox or the system
		return true
	}
	return code == 552 || code == 523 || code >= 500 && (status[1] == 6 || o.Content)
}

// nopCloser closes nothing.
type nopCloser struct{}

// Close implements io.Closer.
func (nopCloser) Close() error { return nil }

// release lets the reports on m be sent, now that the Store knows that they were
// made.
func (d *Dispatcher) release(m *message) {
	reports := m.reports
	m.reports = nil
	for _, r := range reports {
		d.adopt(r)
	}
}

// withdraw takes back reports on a message that the client still has. Those that
// can't be removed now are removed as soon as that is possible.
func (d *Dispatcher) withdraw(reports []*message) {
	for _, r := range reports {
		d.mu.Lock()
		for i := range r.Recipients {
			r.Recipients[i].Status, r.Recipients[i].Reported = queue.Dropped, true
		}
		d.adopt(r)
		d.persist(r)
		d.mu.Unlock()
	}
}

// tellRelayed reports on those of m, who all have it, whose sender asked to
// be told and whose next hops won't do it. Such a report is no reason to refuse
// a message that was delivered.
func (d *Dispatcher) tellRelayed(ctx context.Context, m *message) {
	for i := range m.Recipients {
		if r := &m.Recipients[i]; !r.Reported && dsn.Wants(r.Notify, dsn.Relayed) {
			reports, _ := d.report(ctx, m) // which has logged it
			d.mu.Lock()
			m.reports = reports
			d.release(m)
			d.pump()
			d.mu.Unlock()
			return
		}
	}
}
