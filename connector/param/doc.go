// Package param holds the types of connector parameters: sizes, limits, time
// spans, address ranges, senders, bindings, smart hosts, certificate names, credentials
// and Exchange's enumerations.
//
// Every type reads and prints Exchange's text form. Parse functions return errors
// that quote the text and say what would be right; MustParse functions panic and
// are for tests and constants. A [Setting] is a parameter whose zero value differs
// from its documented default: the zero Setting means the default.
//
// The values know nothing about connectors: package connector says what a
// parameter does, its range and its default.
package param
