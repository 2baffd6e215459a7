//go:build !shortlease

package dispatch

import "time"

// leaseTime is how long messages stay ours when they aren't renewed.
const leaseTime = 2 * time.Minute
