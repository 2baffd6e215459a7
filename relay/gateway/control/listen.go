package control

import (
	"errors"
	"net"
	"os"
)

// socketName is the socket in a data directory.
const socketName = "control"

// CheckDir returns an error unless only its owner may use a directory: mode 0700, or on
// Windows an owner and an access list without accounts other than this user, administrators
// and the system. That keeps others from the socket at every moment.
func CheckDir(dir string) error {
	info, err := os.Stat(dir)
	switch {
	case err != nil:
		return err
	case !info.IsDir():
		return errors.New("it is not a directory")
	}
	if err := checkAccess(dir, info); err != nil {
		return err
	}
	return checkPath(dir)
}

// Listen opens the socket in dir, which must pass CheckDir. A socket that exists is
// replaced, so the caller must make sure that no other gateway runs on dir. On Windows the
// socket is a named pipe.
func Listen(dir string) (net.Listener, error) {
	if err := CheckDir(dir); err != nil {
		return nil, err
	}
	return listen(dir)
}
