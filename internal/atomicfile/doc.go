// Package atomicfile replaces files so that a reader, or a crash, sees the old text or the
// new one: [Write] does it once, a [Saver] whenever something has changed.
package atomicfile
