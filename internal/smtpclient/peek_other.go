//go:build !unix

package smtpclient

// nothingToRead can't be asked here.
func nothingToRead(uintptr) bool { return false }
