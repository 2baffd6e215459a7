// Package guide holds the shell commands of the administrator's guide "How to
// Configure Internet Mail Flow Through Exchange Hosted Services or an External
// SMTP Gateway" for the tests that run them as they stand: double spaces,
// lower-case cmdlets and all. Its own tests run them in memory, those of
// examples/e2e between network namespaces. Steps reads the procedures in the console,
// which the tests of the console walk through.
package guide
