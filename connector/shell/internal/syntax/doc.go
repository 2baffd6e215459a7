// Package syntax reads the part of PowerShell that people write around
// Exchange's cmdlets into a tree. It runs nothing.
//
// # Two modes
//
// PowerShell reads the same characters in two ways. A statement that starts
// with a word is a command, and its arguments are read in argument mode: a
// word is text, and only a dash before a letter, a dollar sign, a quote, a
// parenthesis, a brace or an @ mean more. So 10.0.0.0/8, [::]:25 and SMTP:*;1
// need no quotes there (the last one does: a semicolon ends a statement).
// Anything else is read in expression mode, where text needs quotes and -eq
// is an operator. Parentheses start afresh, and choose again.
//
// statement.go reads statements, loop.go loops, switch and try, function.go functions
// and param, command.go and word.go argument mode, expr.go and
// primary.go expression mode. What is refused by name, and what to
// write instead, is in refuse.go. cursor.go reads a line that is being typed,
// for completion.
//
// # What pasted text looks like
//
// Commands travel through word processors and web pages. As PowerShell does,
// the package takes typographic quotes for quotes, en and em dashes for
// dashes and no-break spaces for spaces. Files may be UTF-8 with or without a
// byte order mark, or UTF-16 with one, with any line ends.
//
// # What is refused
//
// Everything else of PowerShell is an error that says what to write instead.
// One call of Parse reports the mistakes of all statements. It takes time and
// memory linear in the source, and the source, its nesting and the number of
// nodes are bounded.
package syntax
