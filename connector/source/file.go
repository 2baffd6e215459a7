package source

import (
	"fmt"
	"io/fs"
	"os"
)

// FileError returns err, an error of reading or writing the file name, as people read it:
// the name and the reason, without the system call. It wraps the reason. It returns nil if
// err is nil.
func FileError(name string, err error) error {
	switch e := err.(type) {
	case nil:
		return nil
	case *fs.PathError:
		err = e.Err
	case *os.LinkError:
		err = e.Err
	case *os.SyscallError:
		err = e.Err
	}
	return fmt.Errorf("%s: %w", name, err)
}
