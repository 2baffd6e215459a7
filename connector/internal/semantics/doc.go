// Package semantics says once more, and apart from the rest of the project, what a
// policy decides. It is written from the documentation, rule by rule, and each rule
// names the page and heading that it comes from. It reads the text of a policy, as
// jsonconfig.Marshal writes it, knows the default of every parameter itself, and
// imports the standard library only, so a mistake of the evaluator that serves
// clients isn't repeated here. It is made to be read and not to be fast: every
// question goes through lists from top to bottom.
//
// [Read] reads a policy. [Policy.Serving] finds the Receive connector of a client,
// [Receiver.Begin] runs the client's session as far as MAIL, and the methods of [Session]
// decide on senders, recipients and messages. [Policy.Route] and [Policy.NextHop] say where
// mail leaves. Package observed has all else that tests compare with.
//
// # Names
//
// Domains are lower-case A-labels or address literals, as in "[192.0.2.1]". A group is
// the text that the policy's grants have as User: the name of a principal with a fixed
// SID, such as `MS Exchange\Hub Transport Servers`, the name of another group in lower
// case, or a SID that has no name.
//
// # Beyond the policy
//
// Limits across sessions, the DNS, SPF, DKIM and DMARC, whether recipients exist, and
// what next hops reply aren't modelled. A client that logs on uses a mechanism that is
// offered, and the server can run every mechanism and has a certificate.
package semantics
