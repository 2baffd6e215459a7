// Package ascii makes the text of clients, hosts and files safe for replies, logs and terminals.
// [Printable] replaces what isn't printable ASCII, [Escape] escapes it, and [IsPrintable] reports
// whether there is any.
package ascii

import "strings"

// Printable returns s with '?' for each character, and each byte of invalid UTF-8, that isn't
// printable ASCII. The result is never longer than s, and is s itself if there is nothing to
// replace.
func Printable(s string) string {
	return strings.Map(func(c rune) rune {
		if isOther(c) {
			return '?'
		}
		return c
	}, s)
}

// IsPrintable reports whether s is printable ASCII, blanks included. "" is.
func IsPrintable(s string) bool { return !strings.ContainsFunc(s, isOther) }

// isOther reports whether c isn't printable ASCII.
func isOther(c rune) bool { return c < ' ' || c > '~' }
