// Package analysis answers questions about whole policies. A policy is a finite
// set of values, so the answers are exact: they hold for every session, not
// only for tested examples, and each comes with a session that shows it.
//
// # What changed
//
// Compare says in mail terms what two policies do differently: which clients,
// with which identity, may send as which senders, to which recipients and how
// much, what is offered to them and required of them, and by which route mail
// leaves. Each Change has a direction. Wider allows something that was refused
// before, Stricter is the reverse, Different is neither, such as another smart
// host. A difference that changes no decision is not listed: the order of
// lists, how ranges are cut, the name of a connector where no tie depends on
// it, a connector that always loses.
//
// Equivalent and AtLeastAsStrict are the same computation.
//
// # What to know about one policy
//
// Check lists findings: which clients may relay, as minimal ranges, identities
// and connectors; connectors, ranges, address spaces and grants that can't have
// an effect; ties; passwords in the clear; mail that can't leave or comes back.
// Each has a stable code, a witness if a session can show it, and a fix. A
// configuration acknowledges intended findings, in Config.Acknowledged or in
// the Comment of a connector, by a line such as
//
//	Acknowledged relay-anonymous 10.2.9.0/24, any sender: the scanners can't log on
//
// # What is compared
//
// Decisions, not replies: a refusal with another text or code is the same
// refusal. Of two refusals at different commands only the first matters, so a
// client that may connect neither before nor afterwards has no changed sender.
// Routes are compared for every domain, even if no session may send to it,
// because delivery reports are routed too. Parameters that are kept but not
// enforced, and logs, decide nothing. A login is whatever set of
// SIDs its verifier returns; sets that grants treat alike are compared once.
// Address types other than SMTP have no sessions and are left out. Connections
// to port 465 begin with TLS (RFC 8314), so no client there is without TLS.
// Senders are compared by the rights of the session; AllowedSenders, RewriteSender
// and RewriteFrom are compared as values.
//
// # Limits of a connection
//
// Limits on connections and rates, time-outs and EHLO keywords belong to a
// Receive connector as a whole. They are compared client by client, with the
// parameter's name, where both policies serve the client.
//
// # Questions
//
// Ask answers a question: whether all sessions of a kind have a property, or none of
// them, such as
//
//	-remote 10.1.0.0/16 -as printers -tls -to *.contoso.com -size 20MB always accepted
//
// The answer holds for every session, or it comes with one that settles the question.
// AskBoth compares two policies in one property.
//
// # Why not
//
// WhyNot lists the single changes of the configuration that would let a refused
// session pass, from narrow to wide. Each Edit was compiled and the session
// repeated; Compare lists what else it admits.
package analysis
