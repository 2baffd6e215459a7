package connector

import "github.com/interchange-smtp/interchange/permission"

// HeaderFilter is the header firewall: it decides by name which header fields
// pass. The zero HeaderFilter strips every class that it knows; fields of no
// class always pass.
//
//	Routing        Received, Resent-*
//	Organization   X-MS-Exchange-Organization-*
//	Forest         X-MS-Exchange-Forest-*
//	CrossPremises  X-MS-Exchange-CrossPremises-*
//
// On the way in it also decides about Authentication-Results, by the server that a field names.
type HeaderFilter struct {
	keep       headerClass
	in         *Inbound // nil: no Authentication-Results pass
	allResults bool     // all of them pass
}

// headerClass is a set of classes.
type headerClass uint8

const (
	routingHeaders headerClass = 1 << iota
	organizationHeaders
	forestHeaders
	crossPremisesHeaders
)

// Keep reports whether header fields of that name pass. It ignores letter case and
// white space at the end, which RFC 5322 section 4.5 allows before the colon. It does
// not allocate.
func (f HeaderFilter) Keep(name string) bool {
	c := classOf(name)
	return c == 0 || f.keep&c != 0
}

// classOf returns the class of a field name, 0 if it has no class.
func classOf(name string) headerClass {
	for len(name) > 0 && name[len(name)-1] <= ' ' {
		name = name[:len(name)-1]
	}
	switch {
	case equalFold(name, "Received"), hasPrefixFold(name, "Resent-"):
		return routingHeaders
	case !hasPrefixFold(name, "X-MS-Exchange-"):
		return 0
	case hasPrefixFold(name, "X-MS-Exchange-Organization-"):
		return organizationHeaders
	case hasPrefixFold(name, "X-MS-Exchange-Forest-"):
		return forestHeaders
	case hasPrefixFold(name, "X-MS-Exchange-CrossPremises-"):
		return crossPremisesHeaders
	}
	return 0
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && equalFold(s[:len(prefix)], prefix)
}

// headerRight is the right that lets a class of header fields pass.
type headerRight struct {
	check Check
	right permission.Right
	class headerClass
}

// The rights of the header firewall, on the way in and on the way out.
var (
	acceptHeaders = [...]headerRight{
		{checkHeadersRouting, permission.AcceptHeadersRouting, routingHeaders},
		{checkHeadersOrganization, permission.AcceptHeadersOrganization, organizationHeaders},
		{checkHeadersForest, permission.AcceptHeadersForest, forestHeaders},
	}
	sendHeaders = [...]headerRight{
		{checkHeadersRouting, permission.SendHeadersRouting, routingHeaders},
		{checkHeadersOrganization, permission.SendHeadersOrganization, organizationHeaders},
		{checkHeadersForest, permission.SendHeadersForest, forestHeaders},
	}
)
