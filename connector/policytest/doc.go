// Package policytest is for the tests of whoever owns a policy.
//
//   - [Run] goes through a table of sessions with what is to become of each,
//     one sub-test a row, and prints the whole explanation of those that fare
//     otherwise.
//   - [NobodyRelays] fails if any session from outside of given ranges may
//     relay. It isn't a matter of examples: every client, every identity and
//     every recipient that the policy can tell apart is asked for.
//   - [NotWider] fails if a policy lets anything happen that another doesn't.
//   - [GoldenFindings] fails if a check of the policy finds anything that a
//     file doesn't hold, or the reverse.
//
// A policy comes from jsonconfig.Compile, from a script by shell.Load, or from
// Go; no socket is opened.
package policytest
