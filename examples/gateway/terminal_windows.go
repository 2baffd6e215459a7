package main

// ignoreTerminalInput does nothing: Windows has no processes in the background of a terminal.
func ignoreTerminalInput() {}
