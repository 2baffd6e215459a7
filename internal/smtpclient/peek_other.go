//go:build !unix

package smtpclient

// nothingToRead returns false, because the socket can't report it on this system.
func nothingToRead(uintptr) bool { return false }
