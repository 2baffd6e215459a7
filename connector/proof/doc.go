// Package proof has certificates of what a policy decides, and checks them. A certificate
// divides all questions to a policy into cells and states the answer of each, with a
// witness. Package prover makes certificates with the evaluator that serves clients;
// [Verify] checks them without it: it reads the policy's text, and knows the rules by a
// second evaluator that was written from the documentation and shares no code with the
// first one. docs/proof.md says what a certificate proves, and why a reader should
// believe it.
//
//	certificate, err := prover.Prove(policy)
//	...
//	text, err := jsonconfig.Marshal(policy.Config())
//	...
//	err = proof.Verify(certificate, text) // nil: it is true
//
// # What is checked
//
// Coverage: the spans of clients tile all addresses of both families at every binding;
// every name, group and limit that the text has occurs; there is a row for each set of
// rights that members of several groups reach together.
//
// Constancy: no end of a range, name, group or limit that the text has lies inside a
// cell, and the domains and groups of a class are the same to every rule.
//
// Truth: the witness lies in its cell, and the second evaluator gives the stated answer
// there.
package proof
