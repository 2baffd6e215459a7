// Package prover makes the certificates that package proof checks. It asks the evaluator
// that serves clients, at a witness of every cell of the partition of all questions.
package prover
