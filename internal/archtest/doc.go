// Package archtest holds the tests of what no single package can test: which
// package may import which, that everything exported is documented and shown
// by an example, and that the documents tell the truth.
package archtest
