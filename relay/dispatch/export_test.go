package dispatch

import "fmt"

// Remains tells of what the scheduler still counts or remembers of messages, now that there
// are none; "" is nothing.
func (d *Dispatcher) Remains() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := &d.sched
	if s.active+s.doubted+s.returned+len(s.sources)+len(s.lanes)+len(d.loads) == 0 && s.full == (full{}) {
		return ""
	}
	return fmt.Sprintf("%d attempts, %d in doubt, %d of reports; %d sources, %d lanes; full: %v; loads %v", s.active, s.doubted, s.returned, len(s.sources), len(s.lanes), s.full, d.loads)
}
