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

// CheckDir returns an error unless a directory is accessible to its owner only (mode
// 0700): that is what keeps others from the socket, on every system and at every
// moment.
func CheckDir(dir string) error {
	info, err := os.Stat(dir)
	switch {
	case err != nil:
		return err
	case runtime.GOOS == "windows":
		return errors.New("a queue can't be kept on Windows, where the permissions of its directory can't be checked: use Linux, macOS or a BSD")
	case !info.IsDir():
		return fmt.Errorf("%s is not a directory", dir)
	case info.Mode().Perm()&0o077 != 0:
		return fmt.Errorf("it must be accessible to its owner only, and its mode is %04o: run chmod 700 %s", info.Mode().Perm(), dir)
	}
	_, err = socketPath(dir)
	return err
}

// Listen opens the socket in dir, which must pass CheckDir. A socket that exists is
// replaced, so the caller must make sure that no other gateway runs on dir.
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

func socketPath(dir string) (string, error) {
	path := filepath.Join(dir, socketName)
	if len(path) > maxPath {
		return "", fmt.Errorf("the path %s is too long for a socket: use a directory with a path of at most %d bytes",
			path, maxPath-len(socketName)-1)
	}
	return path, nil
}
