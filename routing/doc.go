// Package routing holds the values that mail routing is about, domains,
// addresses, address spaces and accepted domains, and the table that decides
// by which Send connector a recipient leaves. It does no I/O and knows no
// connectors: a [Connector] is what the table must know of one.
//
// # Values
//
// [Domain], [Address] and [AddressSpace] are parsed once, where text comes in,
// and cannot hold nonsense afterwards. They are small, comparable, and
// canonical: equal values mean the same thing, and the text they print parses
// to the same value. Their zero values are invalid; the zero Address also
// stands for the null reverse-path.
//
// A quoted local part may hold anything, even what looks like the end of the
// path and a domain of its own: "victim@example.net> x"@contoso.com is a
// mailbox at contoso.com. Whoever removes the quotes and looks for the last @,
// or writes the local part out without them, relays to example.net. Here the
// domain is set apart while the quotes are still there, and String puts them
// back exactly where they are needed.
//
// Local parts are compared octet by octet. Domains are compared as lower-case
// A-labels; there is no Unicode case folding anywhere.
//
// # How a route is chosen
//
// [Table.Lookup] applies the rules of Exchange's topic "Connector selection"
// in their order:
//
//  1. Routes that are too small for the message are out. What counts is the
//     route's own limit and those of the site links on the way to its source
//     server.
//  2. Routes that are disabled, out of scope, or whose source servers cannot
//     be reached are out, and so are those without a matching address space.
//  3. The most specific address space wins: the domain itself, then the
//     longest subtree (*.contoso.com covers contoso.com too), then -- for
//     accepted domains on an Edge server, then *.
//  4. The lowest cost wins: that of the path to the nearest source server plus
//     that of the address space.
//  5. Proximity wins: the local server is a source, then one in its site.
//  6. The alphanumerically lowest connector name wins, letter case aside.
//
// So cost never makes * beat contoso.com, and a specific route that is too
// small gives way to a general one that is not. If nothing is left, the
// [Outcome] says why: TooLarge if size alone was in the way, otherwise
// Unreachable, or NonSMTP for other address types.
//
// [Table.Explain] runs the same code with a record of every candidate and the
// reason why it lost.
//
// # Where Exchange's documentation is silent
//
//   - -- ranks between the subtrees and *, and counts only where the local
//     server is an Edge server.
//   - As an accepted domain, unlike as an address space, *.contoso.com does
//     not cover contoso.com. See [AcceptedDomain].
//   - Spaces of types other than SMTP are matched by attributes (X400) or as
//     text in which * stands for anything, and the one that fixes more of the
//     address is the more specific.
//   - Source routes in paths are dropped, and paths are read as liberally as
//     one meaning allows. See [ParsePath].
//   - An address may have 571 octets, Exchange's limit, however many of them
//     are its local part: RFC 5321's 64 would refuse real senders.
//
// # Size and speed
//
// A compiled table takes about 40 octets for each address space beyond the
// name itself, and a look-up takes one probe for each label that the domain
// shares the depth of with the deepest address space. The benchmarks measure
// both.
package routing
