//go:build shortlease

package dispatch

import "time"

// leaseTime is how long messages stay ours when they aren't renewed: for a test that
// stops a process for longer than that, and shall not take minutes.
const leaseTime = 3 * time.Second
