// Package syntax reads the part of PowerShell that people write around
// Exchange's cmdlets into a tree. It runs nothing.
package syntax
