package network

import (
	"errors"
	"net"
)

// CloseWrite sends the end of the stream on c, which can still be read; errors.ErrUnsupported if c can't do that.
func CloseWrite(c net.Conn) error {
	if half, ok := c.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}
