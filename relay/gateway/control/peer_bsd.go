//go:build darwin || freebsd

package control

import "golang.org/x/sys/unix"

// peerID returns the user at the other end of a socket.
func peerID(fd int) (uint32, bool) {
	credentials, err := unix.GetsockoptXucred(fd, unix.SOL_LOCAL, unix.LOCAL_PEERCRED)
	if err != nil {
		return 0, false
	}
	return credentials.Uid, true
}
