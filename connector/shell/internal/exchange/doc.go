// Package exchange holds an organisation and the cmdlets that work on it.
//
// An [Org] is the part of Exchange's directory that connectors and routing need:
// connectors, domains, limits, servers, sites and links. [NewOrg] returns one as setup
// leaves it, [FromConfig] one that a configuration describes, and [Org.Config] gives
// the configuration back. [Org.Commands] are the cmdlets as the interpreter runs them.
//
// # Parameters
//
// The parameters of the cmdlets are the rows of package schema. A row's kind says how a
// value is read and shown (kind.go, kinds.go), with the parsers of the packages that
// own the types; its name is that of the field of the configuration that it sets
// (field.go). A parameter that connector.Config has no field for is kept beside it by
// name (keep.go). So a new parameter needs no code here, unless it does more than set a
// value.
//
// A noun (noun.go) is a kind of objects with New, Set, Get and Remove; the special
// rules of a noun are in the file of its name: receive.go, send.go, domains.go,
// transport.go, topology.go. The cmdlets of all nouns are put together in commands.go.
//
// # Checking
//
// A command works on a copy of the object and puts it in place only if the rules of
// package connector allow it. One connector is checked at a time: the connectors that
// it might conflict with are looked up by binding and remote ranges, so that making a
// hundred thousand connectors takes linear time. connector.Compile checks the
// configuration as a whole, and [Org.Places] has the places in the scripts for its
// problems.
//
// # Where Exchange's documentation is silent
//
//   - Bindings and RemoteIPRanges may be given with every usage, because
//     Microsoft's own procedures do so.
//   - A connector made without TransportRole belongs to HubTransport. In an
//     organisation of 2013 and later the Front End Transport service has port 25
//     already, so the policy warns of such a connector there.
//   - The connectors that setup makes in 2007 are bound to IPv4 only, as in real
//     output. Their sizes are the general defaults of the edition.
//   - The deny entries of setup on Default <Server> do not make PermissionGroups
//     show Custom.
//   - Objects have no times and no server that answered: those properties are
//     empty. RunspaceId, which belongs to remote sessions, is left out.
//   - In the 2007 profile, properties that came later are shown where they were
//     set, after the others.
//   - Remove cmdlets and Remove-ADPermission ask for confirmation. The interpreter
//     knows whether there is a terminal; without one, as in a file that is loaded,
//     they go on.
//   - The organisation's name is First Organization, as setup suggests, and its
//     domain that of the local server.
package exchange
