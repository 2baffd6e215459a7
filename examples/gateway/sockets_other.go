//go:build !linux

package main

import "net"

// socketOptions is for systemd, which other systems don't have.
func socketOptions(*net.TCPListener) (listening, both bool, err error) { return true, false, nil }
