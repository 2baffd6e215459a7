// Package routing holds domains, addresses, address spaces and accepted domains,
// and the table that chooses the Send connector for a recipient. It does no I/O.
// A [Connector] has the settings of a Send connector that the choice depends on.
//
// # Values
//
// [Domain], [Address] and [AddressSpace] are parsed once, when text is read, and are
// valid from then on. They are small, comparable, and canonical: equal values mean the
// same thing, and the text they print parses to the same value. Their zero values are
// invalid; the zero Address also stands for the null reverse-path.
//
// A quoted local part may hold any text, even one that looks like the end of the
// path and another domain: "victim@example.net> x"@contoso.com is a mailbox at
// contoso.com. A program that removes the quotes and looks for the last @, or
// writes the local part without them, relays to example.net. The parsers here
// find the domain while the quotes are still there, and String writes the quotes
// exactly where they are needed.
//
// Local parts are compared byte by byte. Domains are compared as lower-case
// A-labels; there is no Unicode case folding anywhere.
//
// # How a route is chosen
//
// [Table.Lookup] applies the rules of Exchange's topic "Connector selection"
// in their order:
//
//  1. Connectors that are too small for the message drop out. The limit of the
//     connector counts, and the limits of the site links on the way to its
//     source server.
//  2. Connectors that are disabled, out of scope, or whose source servers cannot
//     be reached drop out, and so do those without a matching address space.
//  3. The most specific address space wins: the domain itself, then the
//     longest subtree (*.contoso.com covers contoso.com too), then -- for
//     accepted domains on an Edge server, then *.
//  4. The lowest cost wins: the cost of the path to the nearest source server
//     plus the cost of the address space.
//  5. Proximity wins: the local server is a source, then one in its site.
//  6. The alphanumerically lowest connector name wins, letter case aside.
//
// So cost never makes * beat contoso.com, and a specific connector that is too
// small gives way to a general one that is not. If no connector remains, the
// [Outcome] says why: TooLarge if only their sizes excluded matching connectors,
// otherwise Unreachable, or NonSMTP for other address types.
//
// [Table.Explain] runs the same code and records the [Fate] of every candidate.
//
// # Where Exchange's documentation is silent
//
//   - -- ranks between the subtrees and *, and counts only where the local
//     server is an Edge server.
//   - As an accepted domain, unlike as an address space, *.contoso.com does
//     not cover contoso.com. See [AcceptedDomain].
//   - Spaces of types other than SMTP are matched by attributes (X400) or as
//     text in which * stands for anything, and the space that fixes more of the
//     address is the more specific one.
//   - Source routes in paths are dropped, and paths are read as liberally as
//     one meaning allows. See [ParsePath].
//   - An address may have 571 bytes, Exchange's limit, however many of them
//     are its local part: RFC 5321's 64 would refuse real senders.
//
// # Size and speed
//
// A compiled table takes about 40 bytes for each address space beyond the name
// itself, and a look-up takes one probe for each label of the domain, but not
// more than the deepest address space has. The benchmarks measure both.
package routing
