// Package analysis answers questions about whole policies. A policy is a
// finite set of values, so the answers are exact: they hold for every session,
// not for those that somebody thought of, and each comes with a session that
// shows it.
//
// # What changed
//
// Compare says in mail terms what two policies do differently: which clients,
// as whom, may send as whom, to whom and how much, what they are offered and
// what is demanded of them, and by which way mail leaves. Each Change has a
// direction. Wider is what may happen now and could not before, Stricter the
// reverse, Different neither, such as another smart host. What changes no
// decision is no change: the order of lists, how ranges are cut, the name of a
// connector where no tie depends on it, a connector that always loses.
//
// Equivalent and AtLeastAsStrict are the same computation.
//
// # What to know of one policy
//
// Check lists findings: who may relay, as minimal ranges, identities and
// connectors; connectors, ranges, address spaces and grants that can't have an
// effect; ties; passwords in the clear; mail that can't leave or comes back. Each
// has a stable code, a witness where a session can show it, and what to do. A
// configuration acknowledges findings that are meant, in Config.Acknowledged or in
// the Comment of a connector, by a line such as
//
//	Acknowledged open-relay: the router lets nobody in but the printers
//
// # What is compared
//
// Decisions, not replies: a refusal with another text or code is the same
// refusal. Of two refusals at different commands only the first matters, so who
// may not connect before and afterwards has no changed sender. Routes are
// compared for every domain, also where no session may send to it, because our
// own reports about mail are routed too. Parameters that are kept but not
// enforced, and protocol logging, decide nothing. A login is whatever set of
// SIDs its verifier returns; grants tell sets apart by what they say of them.
// Address types other than SMTP have no sessions and are left out. Connections
// to port 465 begin with TLS (RFC 8314), so nobody is in the clear there.
//
// # Limits of a connection
//
// Limits on connections and rates, time-outs and EHLO keywords belong to a
// Receive connector as a whole. They are compared client by client, with the
// parameter's name, where both policies serve the client.
//
// # Why not
//
// WhyNot says of a session that is refused which single changes of the
// configuration would let it pass, from narrow to wide. Each Edit was compiled
// and the session held again; what else it admits is what Compare says.
package analysis
