// Package examples stands for the module of programs that are built on
// Interchange, each in a folder of its own.
package examples
