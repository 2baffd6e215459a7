//go:build !linux

package spool

import "os"

// syncFile makes the bytes of f durable.
func syncFile(f *os.File) error { return f.Sync() }
