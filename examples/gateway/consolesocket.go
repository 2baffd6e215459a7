package main

import (
	"errors"
	"net"
	"os"
	"path/filepath"
)

// privateListener is a Unix socket that only its owner can connect to. Close removes it.
type privateListener struct {
	net.Listener
	path string
}

func (l *privateListener) Close() error {
	err := l.Listener.Close()
	if err == nil {
		err = os.Remove(l.path)
	}
	return err
}

// listenPrivately opens a Unix socket that only its owner can connect to, at every moment: it is made in a
// directory of its own. A socket that no process listens at is replaced.
func listenPrivately(path string) (net.Listener, error) {
	switch info, err := os.Lstat(path); {
	case errors.Is(err, os.ErrNotExist):
	case err != nil:
		return nil, err
	case info.Mode().Type() != os.ModeSocket:
		return nil, errors.New("there is a file that isn't a socket; remove it, or give another path")
	default:
		if conn, err := net.Dial("unix", path); err == nil {
			conn.Close()
			return nil, errors.New("another process listens at this socket")
		}
	}
	dir, err := os.MkdirTemp(filepath.Dir(path), ".console-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	hidden := filepath.Join(dir, "s")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: hidden, Net: "unix"})
	if err != nil {
		return nil, err
	}
	l.SetUnlinkOnClose(false) // it gets another name
	err = os.Chmod(hidden, 0o600)
	if err == nil {
		err = os.Rename(hidden, path)
	}
	if err != nil {
		l.Close()
		return nil, err
	}
	return &privateListener{l, path}, nil
}
