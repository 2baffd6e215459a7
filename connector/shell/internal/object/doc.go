// Package object holds the values of the shell language and what PowerShell
// does with them: how they print, compare, convert and show their properties.
//
// A Value is one of
//
//	nil, bool, int64, float64, string
//	*List     an array
//	*Table    a hashtable, its keys in the order in which they came
//	*Object   what a cmdlet emits: named properties in the order of display
//	*Secure   a SecureString; its content is never printed
//	Typed     a value of Exchange's own, such as a size, that prints,
//	          compares and converts as itself
//
// Letter case never matters: neither in names of properties and keys nor in the
// comparison of strings. Functions here are pure; a List, Table or Object is not
// safe for concurrent use while it is changed.
package object
