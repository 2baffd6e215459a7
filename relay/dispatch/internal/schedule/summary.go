package schedule

import (
	"time"
)

// Counts are the numbers of messages on the Store that this process works on.
type Counts struct {
	Waiting   int
	Sending   int
	Suspended int
	Oldest    time.Time // when the oldest arrived; zero: there is no message
}

// Count counts the messages.
func (s *Scheduler) Count() (all Counts) {
	for _, m := range s.messages {
		switch {
		case !m.idle():
			all.Sending++
		case m.Suspended:
			all.Suspended++
		default:
			all.Waiting++
		}
		if all.Oldest.IsZero() || m.Arrived.Before(all.Oldest) {
			all.Oldest = m.Arrived
		}
	}
	return all
}

// Resource is something that mail takes up, with the limit at which mail is refused.
type Resource struct {
	Name     string // "queue", in messages, "disk", in bytes that are free, or "memory", in bytes
	Value    int64
	Limit    int64
	Refusing bool // mail is refused because of it
}

// Resources compares u with the limits. Resources without a limit aren't listed.
func (s *Scheduler) Resources(u Used, now time.Time) (all []Resource) {
	most, least := s.levels(u)
	s.updatePressure(u, most, least, now)
	if most > 0 {
		all = append(all, Resource{"queue", int64(u.Messages), int64(most), s.pressure.queue})
	}
	if least > 0 {
		all = append(all, Resource{"disk", u.Free, least, s.pressure.disk})
	}
	if room := s.config.MaxMemory; room > 0 {
		all = append(all, Resource{"memory", u.Memory, room, s.pressure.memory})
	}
	return all
}
