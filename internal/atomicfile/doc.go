// Package atomicfile replaces files so that a reader, or a crash, sees the old text or the
// new one. Begin at [Write].
package atomicfile
