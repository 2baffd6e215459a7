//go:build !unix

package control

import "io/fs"

// owner returns a general word, because this system doesn't name the owner of a file.
func owner(fs.FileInfo) string { return "the user" }
