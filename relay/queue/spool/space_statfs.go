//go:build linux || darwin || freebsd

package spool

import "syscall"

// space returns how many bytes of the file system can be used, and how many of them
// are free. Blocks reserved for the superuser count as neither.
func space(path string) (free, capacity int64) {
	var s syscall.Statfs_t
	if syscall.Statfs(path, &s) != nil {
		return -1, -1
	}
	block := int64(s.Bsize)
	free = max(int64(s.Bavail), 0) * block
	return free, (int64(s.Blocks)-int64(s.Bfree))*block + free
}
