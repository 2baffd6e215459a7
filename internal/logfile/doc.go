// Package logfile writes logs in the form of Exchange's: comma-separated values in files named
// PREFIXyyyymmddhh-n.LOG, with the hour in UTC and n from 1.
//
// A file has the lines of one hour, or of a part of it if it is full before. It begins with
// the lines #Software, #Version, #Log-type, #Date and #Fields. After a restart the last file of
// the hour is continued if it has the same fields. The oldest files are removed when they are
// too old or too large together; other files in the directory are left alone.
//
// A line is text in UTF-8, quoted as RFC 4180 asks. Control characters and bytes that aren't
// UTF-8 are written as <NN>.
//
// A [Log] never delays or fails its callers. They put lines into a buffer, and a goroutine
// writes it at least each second. Lines for which the buffer has no room or that can't be
// written are dropped and counted; writing goes on when it is possible again.
package logfile
