// Package proxy passes TCP connections on and knows nothing of SMTP: the least
// that one more process on the way costs.
package proxy

import (
	"io"
	"net"
)

// Serve passes the connections to l on to the address hop until l is closed.
func Serve(l net.Listener, hop string) error {
	for {
		client, err := l.Accept()
		if err != nil {
			return err
		}
		go pass(client, hop)
	}
}

func pass(client net.Conn, hop string) {
	defer client.Close()
	server, err := net.Dial("tcp", hop)
	if err != nil {
		return
	}
	defer server.Close()
	go func() {
		_, _ = io.Copy(server, client)
		_ = server.(*net.TCPConn).CloseWrite()
	}()
	_, _ = io.Copy(client, server)
}
