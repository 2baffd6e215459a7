package source

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Beside returns the path of a file that the text of another file, from, names: a relative name
// begins at the directory of from. It returns "" for "".
func Beside(from, name string) string {
	if name == "" || filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(filepath.Dir(from), name)
}

// FileError returns err, an error of reading or writing the file name, as people read it:
// the name and the reason, without the system call. It wraps the reason. It returns nil if
// err is nil.
func FileError(name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", name, FileReason(err))
}

// FileReason returns the reason of err, an error of reading or writing a file, without the system
// call and the name; err itself if it has neither.
func FileReason(err error) error {
	switch e := err.(type) {
	case *fs.PathError:
		return e.Err
	case *os.LinkError:
		return e.Err
	case *os.SyscallError:
		return e.Err
	}
	return err
}

// Unreadable returns the mistake that the file name can't be read because of err.
func Unreadable(name string, err error) Diagnostic {
	d := Wrap("", CodeFileUnreadable, err)
	d.File, d.Detail = name, FileReason(err).Error()
	return d
}
