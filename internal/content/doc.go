// Package content holds messages while they are worked on, in memory or, if they are large, in files
// without names: [Pool.Read] reads one into a [Buffer], which several owners can share and read as often
// as they like.
package content
