package dispatch

// Remains describes what the Scheduler still counts or remembers of messages, when
// there should be none; "" is nothing.
func (d *Dispatcher) Remains() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.sched.Leftovers()
}
