//go:build !windows

package control

import (
	"net"
	"os/user"
	"strconv"
)

// peer returns the name of the user at the other end of a connection, or "unknown".
func peer(conn net.Conn) string {
	c, ok := conn.(*net.UnixConn)
	if !ok {
		return "unknown"
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return "unknown"
	}
	name := "unknown"
	_ = raw.Control(func(fd uintptr) { // then the name is unknown
		if uid, ok := peerID(int(fd)); ok {
			name = userName(strconv.FormatUint(uint64(uid), 10))
		}
	})
	return name
}

// userName returns the name of a user, or the number if it has no name here.
func userName(uid string) string {
	if u, err := user.LookupId(uid); err == nil {
		return u.Username
	}
	return uid
}
