// Package source says where in its files a configuration sets what, and what is
// wrong there.
//
// A [Path] names a part of a connector.Config, Receive["Relay"].Bindings[0]; a
// [Position] is a place in a file; a [Map] has the Position of each Path, and finds
// the nearest one. A [Diagnostic] is a mistake, or something doubtful, at a Path and
// a Position. Everything that reads, checks or compiles a configuration reports
// [Diagnostics], so that one loop lists what is wrong, whichever package found it.
package source
