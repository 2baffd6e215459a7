// Package content holds messages while they are worked on, in memory or, if they are large, in files
// without names: [Pool.Read] reads one into a [Buffer], which several owners can share and read as often
// as they like. [WithCRLF] mends the line ends of a message that a program hands in.
package content
