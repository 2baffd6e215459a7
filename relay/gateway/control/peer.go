package control

import (
	"net"
	"os/user"
	"strconv"
)

// peer names the user at the other end of a connection, as far as the system tells.
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
	_ = raw.Control(func(fd uintptr) { // without it, the user isn't known
		if uid, ok := peerID(int(fd)); ok {
			name = userName(strconv.FormatUint(uint64(uid), 10))
		}
	})
	return name
}

// userName is the name of a user if it is known here, and else the number.
func userName(uid string) string {
	if u, err := user.LookupId(uid); err == nil {
		return u.Username
	}
	return uid
}
