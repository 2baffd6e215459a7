package control

import (
	"net"

	"golang.org/x/sys/windows"
)

// peer returns the name of the user at the other end of a connection, or "unknown".
func peer(conn net.Conn) string {
	name := "unknown"
	c, ok := conn.(*pipeConn)
	if !ok {
		return name
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return name
	}
	_ = raw.Control(func(pipe uintptr) { // then the name is unknown
		var id uint32
		if windows.GetNamedPipeClientProcessId(windows.Handle(pipe), &id) == nil {
			name = userOf(id)
		}
	})
	return name
}

// userOf returns the name of the user that runs a process, or "unknown".
func userOf(process uint32) string {
	h, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, process)
	if err != nil {
		return "unknown"
	}
	defer windows.CloseHandle(h)
	var token windows.Token
	if err := windows.OpenProcessToken(h, windows.TOKEN_QUERY, &token); err != nil {
		return "unknown"
	}
	defer token.Close()
	user, err := token.GetTokenUser()
	if err != nil {
		return "unknown"
	}
	return account(user.User.Sid)
}
