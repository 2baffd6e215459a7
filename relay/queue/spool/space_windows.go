package spool

import "golang.org/x/sys/windows"

// space returns how many bytes of the volume this user may use, and how many of them are
// free; -1 for values that are not known.
func space(path string) (free, capacity int64) {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return -1, -1
	}
	var available, total uint64
	if windows.GetDiskFreeSpaceEx(name, &available, &total, nil) != nil {
		return -1, -1
	}
	return int64(available), int64(total)
}
