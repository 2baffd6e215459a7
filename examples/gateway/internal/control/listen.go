package control

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
)

// socketName is the socket in a data directory.
const socketName = "control"

// maxPath is the longest name of a socket: the smallest sun_path of the systems
// that Go runs on, with its final NUL.
const maxPath = 103

// CheckDir wants a directory to be its owner's alone (mode 0700): that is what
// keeps others from the socket everywhere and at every moment.
func CheckDir(dir string) error {
	info, err := os.Stat(dir)
	switch {
	case err != nil:
		return err
	case runtime.GOOS == "windows":
		return fmt.Errorf("control: whether %s is its owner's alone can't be told on Windows, so a queue isn't kept there: run without -data, or on Linux, macOS or a BSD", dir)
	case !info.IsDir() || info.Mode().Perm()&0o077 != 0:
		return fmt.Errorf("others than its owner may enter %s (%v): run chmod 700 on it", dir, info.Mode())
	}
	_, err = socketPath(dir)
	return err
}

// Listen opens the socket in dir, which must pass CheckDir. The caller has made
// sure that no other gateway runs on dir: a socket that is there was left behind.
func Listen(dir string) (net.Listener, error) {
	if err := CheckDir(dir); err != nil {
		return nil, err
	}
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

// removeSocket removes what a killed process left, and nothing else.
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

func socketPath(dir string) (string, error) {
	path := filepath.Join(dir, socketName)
	if len(path) > maxPath {
		return "", fmt.Errorf("%s is too long for the name of a socket: give a directory of at most %d octets",
			path, maxPath-len(socketName)-1)
	}
	return path, nil
}
