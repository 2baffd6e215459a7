// Package schema is the table of Exchange's parameters: one [Row] for each, with
// its type, values, limits, defaults and editions, what Interchange does with it,
// and a sentence about it for administrators.
//
// Everything that depends on a parameter reads its row. Package connector fills
// in defaults, checks limits and warns of parameters without effect; jsonconfig
// takes the names as keys; the shell makes cmdlets, completion and Get-Help of
// the rows, prints them as commands and reads them in exports; package analysis
// compares their values; and docs/cmdlets.md is [Markdown] of all. So a new parameter
// is a field in the configuration, one row here, and the code that enforces it.
//
// Begin with [Nouns], the list of what cmdlets work on. A row belongs to the field
// of the configuration that has its name; tests of package connector hold rows
// and fields together. This package doesn't know the configuration, so limits are
// numbers and defaults are texts as Exchange writes them, which package connector
// converts to the types of the fields.
package schema
