//go:build !unix

package userfile

import (
	"io/fs"
	"os"
)

// keepOwner leaves the owner of a file to the system: the directory decides.
func keepOwner(*os.File, fs.FileInfo) error { return nil }
