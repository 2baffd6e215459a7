package smtpserver

import (
	"bytes"
	"errors"
)

// errProxyHeader is the error of a connection on which a header of the PROXY protocol came as a
// command: its sender may not say who the client is, or is missing in the configuration.
var errProxyHeader = errors.New("the connection has a PROXY header, and its address is not that of a trusted load balancer")

// proxyRest follows the first CRLF of a header of version 2.
var proxyRest = []byte("\r\n\x00\r\nQUIT\n")

// isProxyHeader reports whether a line begins a header of the PROXY protocol.
func (c *conn) isProxyHeader(line string) bool {
	return looksLike(line, "PROXY ") || line == "" && bytes.HasPrefix(c.wire.unread(), proxyRest)
}
