// Package partition divides all questions to a policy, or to two policies, into
// finitely many cells in each of which the policies give one answer, and names a
// witness in every cell. An analysis that asks the real evaluator at every
// witness covers every question.
//
// The questions have independent coordinates, and each has its own partition.
// They are never multiplied: a decision depends on few of them.
//
//	Intervals   client and local address    -> the Receive connector
//	NewDomains  domain of an address        -> its entries in the lists
//	Users       SIDs of a user              -> rights
//	Partners    verified certificate names  -> which sessions are Partners
//	Cuts, Ways  size of a message           -> which Send connectors take it
//
// To ask about one policy, give nil for the other.
//
//	for _, l := range partition.Intervals(p, nil, partition.NewEffort()) {
//		for _, c := range l.Cells {
//			s, ok := partition.Who{}.Open(c.In[0], false)
//			...
//
// # Why the cells are exact
//
// Intervals. For one local address, Policy.Select depends on the client only by
// which of the ranges of the connectors bound there contain it. That changes
// only where a range begins and behind where one ends, so it is constant on
// the intervals between those points. Local addresses matter only by family,
// port, and whether a binding names them. A connection has one family, and
// IPv4-mapped IPv6 addresses are IPv4 addresses.
//
// Domains. Let N be the names that occur in accepted domains, remote domains, address
// spaces, TlsDomain, domain security and the reserved domains of RFC 2606. All decisions look at a
// domain only by which of its suffixes are in N, whether it is in N itself,
// whether it is a literal and whether it has a single label. A domain outside N
// whose longest suffix in N is s therefore gets the same answers as any other
// such domain. So one witness for each name, one below each name, and one of each
// kind without a suffix in N suffice. Of the local part it matters only whether
// it holds %, ! or @.
//
// Users. A login holds a right if a grant to one of its SIDs allows it and none
// denies it. Of a set of SIDs only the union of what they allow and the union
// of what they deny count, in each access list, so each right is in one of
// three states per list: not granted, allowed, denied. Users walks through all
// states that unions can reach, from smaller sets to larger ones, so the first
// set found for a combination of held rights is a smallest one. For k rights,
// k+1 SIDs beside Authenticated Users always suffice to tell two lists apart:
// one that allows each of them, and one that denies one in the other list.
//
// Partners. Whether a session is a Partner depends on whether a verified name
// is in the list of that policy, and its senders on whether their domain is
// among the verified names. So one name of each class, and pairs of names that
// are in different lists, suffice; senders are then asked as verified and as
// not.
//
// Sizes. Limits are compared with, so decisions change only behind one. As a
// message grows, Send connectors only ever drop out, in a fixed order of
// preference, so equal routes at two sizes are equal in between. Once a message leaves by
// an address space, those that are more specific are all out, and the rest depend on the
// accepted domain only: whatever the domain is, larger messages take the same ways from
// there on. So Ways has each of them once.
package partition
