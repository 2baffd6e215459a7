// Package verify checks SPF, DKIM and DMARC of messages that arrive, and writes what it finds
// into one Authentication-Results field. Begin with [Verifier]: its Hooks belong into
// relay.Server.Hooks, in front of all Hooks that change messages.
//
// A Receive connector's MessageAuthenticationMode says what follows from the results: nothing is
// checked (Off), they are noted (Note), mail that the author domain's DMARC policy would
// quarantine or reject is marked for the next hop in X-Interchange-Quarantine (Quarantine), or
// mail that the policy would reject is refused (Reject). Clients that hold
// ms-Exch-Bypass-Anti-Spam aren't checked. Reject never follows from SPF alone. RFC 9989 section
// 5.4 warns of it nevertheless: mailing lists and forwarders break SPF and often DKIM, and their
// mail is then refused.
//
// Mail whose DMARC can't be evaluated now is marked, too, or deferred, because the sender may
// be the cause.
//
// Everything is bounded for each message: 150 questions to the DNS and 20 seconds for SPF and
// DKIM, 100 questions and 5 seconds more for DMARC, eight signatures, which are checked one after
// the other. A signature of a body with more than 10,000 blank lines in a row isn't checked: its
// result is permerror.
// All questions go through one cache to one [Resolver]; [DNS] asks the system's name servers, or
// others. ARC fields of other servers stay as they are and are counted; their seals aren't
// checked, because ARC is being retired.
package verify
