package schedule

import (
	"errors"
	"log/slog"
	"time"

	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/queue"
)

// saveRetry is after how long a save is repeated that has failed.
const saveRetry = time.Minute

// Step is one step of bringing the Store up to date on a message. A report is on the Store before the
// message says that it was made, and is sent only afterwards: a crash in between makes it once more,
// under the same ID.
type Step struct {
	Reports []Report       // nil, or to be put on the Store: ReportStored follows for each
	Message *queue.Message // else to be saved
	Remove  bool           // instead of that: no recipient waits
	Holder  string         // of the lease
}

// BeginSave notes that m has changed, and reports whether the caller must save it: otherwise another
// goroutine does.
func (s *Scheduler) BeginSave(m *Message) bool { return s.beginSave(m, caller) }

// Unsaved begins to save all messages whose last save has failed, and returns them.
func (s *Scheduler) Unsaved() (list []*Message) {
	for _, m := range s.messages {
		if !m.saveAt.IsZero() && s.BeginSave(m) {
			list = append(list, m)
		}
	}
	return list
}

// NextStep returns the next step of saving m. ok is false if there is nothing to do: then the save has
// ended. It is for messages on the Store, and for those that are to be put there, of which it returns
// the state to put.
func (s *Scheduler) NextStep(m *Message, now time.Time) (step Step, ok bool) {
	if m.phase == gone || m.phase == stored && !m.changed {
		if m.phase == gone {
			s.sendReports(m, now)
		}
		s.saving[m.saver]--
		m.saver = noSaver
		return Step{}, false
	}
	m.changed = false
	if due := s.DueReports(m, now); len(due) > 0 {
		return Step{Reports: due}, true
	}
	step = Step{Message: m.Clone(), Holder: m.holder}
	m.inSave = len(m.unstored)
	_, waits := step.Message.Next()
	step.Remove = !waits
	return step, true
}

// ReportStored notes that the report n on m is on the Store; r is its message, nil if it was there
// before.
func (s *Scheduler) ReportStored(m *Message, n *Report, r *Message, now time.Time) {
	if !n.Copy { // the report itself comes next, and until then nothing has changed
		m.changed = true
		for _, i := range n.recipients {
			m.markReported(i, n.Kind)
		}
	}
	if r != nil {
		r.phase = storing
		report := r.Envelope
		if !n.Copy {
			m.nameReport(n, &report)
		}
		s.Emit(m, event.Event{Kind: event.ReportQueued, Time: now, To: n.To().To, Recipients: len(n.Recipients), Report: n.ID, ReportEnvelope: &report, Detail: n.outcome()})
		m.reports = append(m.reports, r)
	}
}

// StepDone notes the result of a step, and returns the next one like NextStep.
func (s *Scheduler) StepDone(m *Message, step *Step, err error, now time.Time) (next Step, ok bool) {
	switch {
	case err == nil && step.Reports != nil:
	case err == nil && step.Remove:
		s.emitStored(m, len(m.unstored))
		s.Forget(m, now)
	case err == nil:
		m.saveAt = time.Time{}
		s.emitStored(m, m.inSave)
		s.sendReports(m, now)
		s.plan(m)
	case errors.Is(err, queue.ErrLease) && m.holder != step.Holder: // it was claimed again just now
		m.changed = true
	case errors.Is(err, queue.ErrLease) && (s.lease.holder == m.holder || now.Sub(m.leaseLost) < keepUnsaved):
		// This process may yet have the lease, or get it back.
		m.saveAt = now.Add(LeaseRenewal)
		s.plan(m)
	case errors.Is(err, queue.ErrLease), errors.Is(err, queue.ErrNotFound):
		m.unstored = nil // the other process makes these events, or others
		s.EmitNow(m, event.Event{Kind: event.MessageTakenOver, Time: now, Err: err})
		s.Forget(m, now)
	default:
		s.log(slog.LevelError, "cannot write to the queue", "id", m.ID, "error", event.Printable(err.Error()))
		m.saveAt = now.Add(saveRetry)
		s.plan(m)
	}
	return s.NextStep(m, now)
}
