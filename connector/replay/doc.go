// Package replay holds the logs of a mail server against a policy: what would
// have become of the sessions that really took place?
//
// It reads Exchange's protocol logs of Receive and of Send connectors, the
// protocol log of package relay, which has the same form, and Postfix's mail
// log with the time stamps of syslog or of RFC 3339. What a log is, it finds
// out itself; UTF-8 and UTF-16 with a byte order mark, and gzip, are undone.
// Malformed lines are counted and located, and stop nothing. Logs of other kinds
// (message tracking, connectivity, agents) are named and not judged.
//
// Every command of every session is decided anew, by the code that the relay
// runs, and held against what the old system answered:
//
//   - connector: another Receive connector takes the connection, or none does
//   - verdict: what passed is refused, or what was refused passes
//   - reply: both refuse, with other codes; texts don't count
//   - route: a recipient leaves by another Send connector or next hop, or can't
//     leave at all
//
// The report has these differences, alike ones together and with examples; how
// often the log's own connectors, rights and routes are those of the model;
// and for each connector who uses it, which ranges and grants nobody used, and
// the narrowest ranges that keep all that was seen.
//
// # What a log can't tell
//
// Refusals for reasons that no policy knows (an unknown mailbox, a filter, a
// wrong password, load, a command out of order) where the policy would let
// pass are counted apart and are no differences. So is what is refused
// at the end of a message, for a log has neither its header nor its text; a
// size counts if it was declared or if Exchange logged it.
//
// Groups and addresses of users are not logged: give Options.Identify. Of
// client certificates Exchange logs subjects and we log names; the log of
// Postfix has none, and neither has it the name given at EHLO for sessions that
// went well, nor local addresses (see Options.Local). There, a recipient that
// was rewritten counts as what the client wrote, and a next hop is compared
// only if the policy names smart hosts and nothing was rewritten. Of refusals in Postfix's log only those
// for relaying, for senders that aren't the user's and for want of TLS are judged.
//
// # Memory
//
// Nothing of a conversation is kept, so logs may be of any length. Options
// bound what is: sessions and messages under way, of which the oldest is cut
// short if there are too many; clients, of which beyond the bound those with
// the fewest sessions are replaced (the counts then have a stated error, and
// no narrowest ranges are given); kinds of differences, a thousand; examples
// and malformed lines.
package replay
