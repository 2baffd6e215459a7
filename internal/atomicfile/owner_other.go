//go:build !unix

package atomicfile

import (
	"io/fs"
	"os"
)

// keepOwner does nothing: on these systems the directory decides the owner.
func keepOwner(*os.File, fs.FileInfo) error { return nil }
