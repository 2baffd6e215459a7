//go:build unix

package main

import (
	"os/signal"
	"syscall"
)

// ignoreTerminalInput makes reading from the terminal fail while the process is in the background, in place of
// stopping the process.
func ignoreTerminalInput() { signal.Ignore(syscall.SIGTTIN) }
