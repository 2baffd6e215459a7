//go:build !windows

package control

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
)

// maxPath is the longest name of a socket: the smallest sun_path of the systems
// that Go runs on, with its final NUL.
const maxPath = 103

// listen opens the socket in dir.
func listen(dir string) (net.Listener, error) {
	path := filepath.Join(dir, socketName)
	if err := removeSocket(path); err != nil {
		return nil, err
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// dial connects to the socket in dir.
func dial(ctx context.Context, dir string) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, "unix", filepath.Join(dir, socketName))
}

// removeSocket removes the socket of a process that was killed, and nothing but a
// socket.
func removeSocket(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.Mode().Type() != fs.ModeSocket:
		return fmt.Errorf("%s is not a socket: move it away", path)
	}
	return os.Remove(path)
}

// checkPath returns an error if the path of the socket in dir is too long.
func checkPath(dir string) error {
	if path := filepath.Join(dir, socketName); len(path) > maxPath {
		return fmt.Errorf("the path %s is too long for a socket: use a directory with a path of at most %d bytes",
			path, maxPath-len(socketName)-1)
	}
	return nil
}
