//go:build !linux && !darwin && !freebsd

package spool

// space doesn't know.
func space(string) (free, capacity int64) { return -1, -1 }
