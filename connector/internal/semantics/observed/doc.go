// Package observed says what can be seen of a policy that package semantics has read beside
// the questions of a certificate: whole sessions, from the connection to the message, and
// the settings that a client, a next hop or a sender notices. Like package semantics it is
// written from the documentation. Tests hold the evaluator that serves clients, and what
// Compare finds, against it; the verifier of certificates doesn't need it.
//
// [Read] reads a policy. [Policy.Decide] runs a session. [Policy.Observables] returns the
// settings in effect that no decision shows. [Policy.Mentions] returns the values at which
// answers may change.
package observed
