//go:build !shortlease

package schedule

import "time"

// LeaseTime is how long a lease lasts. It is short, so that another process soon goes on when this one
// has crashed.
const LeaseTime = 2 * time.Minute
