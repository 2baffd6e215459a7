// Package policytest tests a policy, in the test suite of the program or
// repository that the policy belongs to.
//
//   - [Run] runs a table of sessions, one sub-test a row, compares each with its
//     expected result, and prints the whole explanation of a failing case.
//   - [NoRelaysExcept] fails if any session may relay that isn't allowed to. It
//     doesn't depend on examples: it asks for every client, every identity and
//     every recipient that makes a difference to the policy.
//   - [Proves] fails unless something is true of all sessions of a kind, such as those
//     of the members of a group in a network.
//   - [NotWider] fails if a policy allows anything that another doesn't.
//   - [GoldenFindings] fails if the findings about a policy differ from those in a
//     file.
//
// A policy comes from jsonconfig.Compile, from a script by shell.Load, or from
// Go; no socket is opened.
package policytest
