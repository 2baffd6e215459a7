// Package exchange holds an organisation and the cmdlets that work on it.
//
// An [Org] is what Exchange keeps in its directory, as far as connectors and
// routing need it: connectors, domains, limits, servers, sites and links.
// [NewOrg] returns one as setup leaves it, [FromConfig] one that a configuration
// describes, and [Org.Config] gives the configuration back. [Org.Commands] are
// the cmdlets as the interpreter runs them.
//
// # The table
//
// Every parameter of every cmdlet is one row of a table (table_*.go): its name,
// the cmdlets that have it, its type, range, defaults and editions, what becomes
// of it here, and how it is read and written. Binding, conversion, output, help,
// completion and docs/cmdlets.md are made from the rows. Values are read by the
// parsers of the packages that own their types; there is no second one here. A
// parameter that connector.Config has no field for is kept beside it by name.
//
// A change to a parameter is a change to its row; go test -run TestDocs -update
// then writes docs/cmdlets.md anew. A row names an access, which reads and writes:
// those of field.go know a field of the configuration, those of keep.go a kept
// value, and kind.go says how a type's text is read and shown. A noun (noun.go)
// is a shelf of objects with New, Set, Get and Remove; what is special to one is
// in the file of its name: receive.go, send.go, domains.go, transport.go,
// topology.go. Permissions (adpermission.go) and the cmdlets that are no noun's
// are put together in commands.go.
//
// # Checking
//
// A command works on a copy of the object and puts it in place only if the rules
// of package connector allow it. One connector is checked at a time: which others
// it might conflict with is looked up by binding and remote ranges, so that
// making a hundred thousand connectors takes linear time. What involves the whole
// configuration is for connector.Compile, whose problems [Org.Origins] gives
// places in the scripts.
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
//   - Remove cmdlets and Remove-ADPermission ask. Whether anybody is there to
//     answer is the interpreter's to know; where nobody is, as in a file that is
//     loaded, they go on.
//   - The organisation's name is First Organization, as setup suggests, and its
//     domain that of the local server.
package exchange
