//go:build linux || darwin || freebsd

package spool

import "syscall"

// space asks the file system how much room we may use. What it keeps for the
// superuser is neither free nor ours.
func space(path string) (free, capacity int64) {
	var s syscall.Statfs_t
	if syscall.Statfs(path, &s) != nil {
		return -1, -1
	}
	block := int64(s.Bsize)
	free = max(int64(s.Bavail), 0) * block
	return free, (int64(s.Blocks)-int64(s.Bfree))*block + free
}
