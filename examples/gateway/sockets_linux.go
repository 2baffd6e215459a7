package main

import (
	"errors"
	"net"

	"golang.org/x/sys/unix"
)

// socketOptions reports whether a socket listens, and whether one for IPv6 takes connections by IPv4.
func socketOptions(l *net.TCPListener) (listening, both bool, err error) {
	raw, err := l.SyscallConn()
	if err != nil {
		return false, false, err
	}
	var optionErr error
	err = raw.Control(func(fd uintptr) {
		var accepts int
		accepts, optionErr = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_ACCEPTCONN)
		listening = accepts != 0
		// A socket for IPv4 doesn't have this option.
		if only, err := unix.GetsockoptInt(int(fd), unix.IPPROTO_IPV6, unix.IPV6_V6ONLY); err == nil {
			both = only == 0
		}
	})
	return listening, both, errors.Join(err, optionErr)
}
