package schedule

import (
	"crypto/sha256"
	"encoding/binary"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/relay/dsn"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/queue"
)

// Report is a delivery report that is due.
type Report struct {
	dsn.Report
	recipients []int // of the message, that it is on
}

// DueReports returns the delivery reports that are due on m, each after its copy, if it has one: if the copy
// can't be stored, the report is still due. Recipients whose sender gets no report, by
// NOTIFY or by the policy, count as reported.
func (s *Scheduler) DueReports(m *Message, now time.Time) (due []Report) {
	late := s.isLate(m, now)
	if !late && m.reported() {
		return nil
	}
	var allowed connector.Reports
	if !m.Report {
		allowed = s.policy.Reports(m.From)
	}
	for _, kind := range [...]dsn.Kind{dsn.Failed, dsn.Delayed, dsn.Relayed} {
		var on []int
		for i := range m.Recipients {
			if dueKind(&m.Recipients[i], late) != kind {
				continue
			}
			if permits(&allowed, kind) && dsn.Wants(m.Recipients[i].Notify, kind) {
				on = append(on, i)
				continue
			}
			m.markReported(i, kind)
			if kind == dsn.Failed {
				s.emitUnreported(m, &m.Recipients[i], now)
			}
		}
		if len(on) > 0 {
			n := s.newReport(m, kind, on, &allowed)
			if isCopied(&n, &allowed) {
				due = append(due, n.copy(m))
			}
			due = append(due, n)
		}
	}
	return due
}

// emitUnreported adds the event of a failure that no report is about.
func (s *Scheduler) emitUnreported(m *Message, r *queue.Recipient, now time.Time) {
	kind := event.FailureUnreported
	if m.Report {
		kind = event.ReportUndeliverable
	}
	s.emitRecipient(m, r, kind, now)
}

// dueKind returns the kind of report that is due on r; 0: no report.
func dueKind(r *queue.Recipient, late bool) dsn.Kind {
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

// reported reports whether no report is due on m, except that it is late.
func (m *Message) reported() bool {
	return !m.any(func(r *queue.Recipient) bool { return dueKind(r, false) != 0 })
}

// markReported notes that a report was made on the recipient i, or isn't needed.
func (m *Message) markReported(i int, kind dsn.Kind) {
	if kind == dsn.Delayed {
		m.Recipients[i].Delayed = true
	} else {
		m.Recipients[i].Reported = true
	}
}

// permits reports whether the policy allows reports of a kind.
func permits(r *connector.Reports, kind dsn.Kind) bool {
	switch kind {
	case dsn.Failed:
		return r.Failed
	case dsn.Delayed:
		return r.Delayed
	}
	return r.Delivered
}

// newReport returns the report of a kind on some recipients of m.
func (s *Scheduler) newReport(m *Message, kind dsn.Kind, on []int, allowed *connector.Reports) Report {
	n := Report{recipients: on, Report: dsn.Report{
		Kind:       kind,
		ID:         reportID(m.ID, kind.String(), on),
		Postmaster: allowed.Postmaster,
		MTA:        s.limits.host,
		Arrived:    m.Arrived,
		// A next hop without SMTPUTF8 must not cost the report.
		UTF8:     !m.From.IsASCII() || !allowed.Postmaster.IsASCII(),
		Original: m.Envelope,
		MaxSize:  allowed.MaxAttachSize,
	}}
	if m.hasReturned() {
		// The sender may be forged: two hundred recipients must not return the message two hundred
		// times.
		n.Original.Return = envelope.ReturnHeader
	}
	if kind == dsn.Delayed {
		n.Until = s.expiry(m)
	}
	for _, i := range on {
		r := m.recipient(i)
		to := dsn.Recipient{Recipient: r.Recipient, Host: r.Host, Reply: r.Reply, Advice: r.Advice, Tried: r.Tried}
		switch r.Status {
		case queue.Expired:
			to.Status = "4.4.7" // RFC 3463: delivery time expired
		case queue.Dropped:
			to.Status, to.Host, to.Reply, to.Advice = "5.7.0", "", "Dropped by the operator", ""
		}
		n.Recipients = append(n.Recipients, to)
	}
	return n
}

// isCopied reports whether the postmaster gets a copy of n. If n goes to the postmaster's address itself, there is no copy.
func isCopied(n *Report, allowed *connector.Reports) bool {
	if n.Kind != dsn.Failed || n.Original.From.EqualFold(allowed.Postmaster) {
		return false
	}
	for status := range n.Statuses() {
		if allowed.Copied.Has(status) {
			return true
		}
	}
	return false
}

// copy returns the postmaster's copy of n, a report on m.
func (n Report) copy(m *Message) Report {
	n.Copy = true
	n.ID = reportID(m.ID, n.outcome(), n.recipients)
	return n
}

// outcome says in a word what n is about, for its event.
func (n *Report) outcome() string {
	if n.Copy {
		return "copy"
	}
	return n.Kind.String()
}

// hasReturned reports whether an earlier report on a failure has returned m.
func (m *Message) hasReturned() bool {
	return m.any(func(r *queue.Recipient) bool {
		return r.Reported && r.Status != queue.Delivered && dsn.Wants(r.Notify, dsn.Failed)
	})
}

// reportID returns the ID of the report with an outcome on some recipients of a message: always the same.
func reportID(id, outcome string, on []int) string {
	const most = 40
	h := sha256.New()
	for _, i := range on {
		_ = binary.Write(h, binary.BigEndian, uint32(i)) // a hash takes everything
	}
	sum := envelope.EncodeID(h.Sum(nil)[:10])
	if len(id) > most {
		whole := sha256.Sum256([]byte(id))
		id = envelope.EncodeID(whole[:20])
	}
	return id + "-" + strings.ToUpper(outcome[:1]) + sum
}
