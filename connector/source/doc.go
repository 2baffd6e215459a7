// Package source says in which file and line a configuration sets each parameter, and
// what is wrong there.
//
// A [Path] names a part of a connector.Config, Receive["Relay"].Bindings[0]; a
// [Position] is a place in a file; a [Map] has the Position of each Path, and finds the
// nearest one. A [Diagnostic] is a mistake, or something doubtful, at a Path and a
// Position. Everything that reads, checks or compiles a configuration reports
// [Diagnostics], so that one loop lists all mistakes, whichever package found them. Each
// has a [Code] that doesn't change, and the cause: errors.As and errors.Is find both.
package source
