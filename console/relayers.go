package console

import (
	"slices"

	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/source"
)

// relayers are the findings about clients that may relay, before a change and afterwards.
type relayers struct{ Before, After []analysis.Finding }

// among reports whether a list has the finding.
func among(list []analysis.Finding, f analysis.Finding) bool {
	return slices.ContainsFunc(list, func(g analysis.Finding) bool { return f.Code == g.Code && f.Path == g.Path && f.Extent() == g.Extent() })
}

// afterwards returns the findings after a change.
func afterwards(before []analysis.Finding, e *effect) []analysis.Finding {
	left := slices.DeleteFunc(slices.Clone(before), func(f analysis.Finding) bool { return among(e.Gone, f) })
	return append(left, e.Added...)
}

// relayCodes are the codes of the findings that say which clients may relay.
var relayCodes = []source.Code{
	analysis.CodeOpenRelay, analysis.CodeExternalOpen, analysis.CodeExternalWide, analysis.CodeAcceptedAny, analysis.CodeAcceptedRegistry,
	analysis.CodeRelayAnonymous, analysis.CodeRelayExternal, analysis.CodeRelayPartner, analysis.CodeRelayUser,
}

// relaying returns the findings that say which clients may relay.
func relaying(all []analysis.Finding) []analysis.Finding {
	return slices.DeleteFunc(slices.Clone(all), func(f analysis.Finding) bool { return !slices.Contains(relayCodes, f.Code) })
}

// relayingThrough returns those of them that are about a connector, and those that change.
func relayingThrough(connector source.Path, all, changed []analysis.Finding) []analysis.Finding {
	return slices.DeleteFunc(relaying(all), func(f analysis.Finding) bool { return !f.Path.Within(connector) && !among(changed, f) })
}
