//go:build shortlease

package schedule

import "time"

// LeaseTime is how long a lease lasts: for a test that stops a process for longer than that, and must
// not take minutes.
const LeaseTime = 3 * time.Second
