package spool

import (
	"io/fs"
	"os"

	"golang.org/x/sys/windows"
)

// openFile opens a file for reading, with write for writing too, or creates a new one. Unlike
// a file that os.OpenFile opens, it can be removed and renamed while it is open, as on other
// systems.
func openFile(path string, write, create bool) (*os.File, error) {
	access, disposition := uint32(windows.GENERIC_READ), uint32(windows.OPEN_EXISTING)
	if write {
		access |= windows.GENERIC_WRITE
	}
	if create {
		disposition = windows.CREATE_NEW
	}
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	h, err := windows.CreateFile(name, access, windows.FILE_SHARE_READ|windows.FILE_SHARE_WRITE|windows.FILE_SHARE_DELETE,
		nil, disposition, windows.FILE_ATTRIBUTE_NORMAL, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return os.NewFile(uintptr(h), path), nil
}
