package analysis

import (
	"cmp"
	"slices"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/connector/source"
)

// Check lists the findings about p, the worst first, then by place. Acknowledged
// ones are among them, with the reason. A nil policy has none.
//
// The findings about clients, ranges, address spaces and grants are exact: they
// are computed on a partition of all sessions, so there is neither a client nor a
// recipient that they forgot. Of a policy that is too large for that, as Compare has
// it, the only finding says so. Only the connectors of our own server are looked
// at, and what Compile warns of in others.
func Check(p *connector.Policy, opts Options) []Finding {
	if p == nil {
		return nil
	}
	if why := partition.TooLarge(p, nil); why != "" {
		return []Finding{{
			Diagnostic: source.Diagnostic{
				Code: CodeTooLarge, Severity: source.SeverityError, Path: "Receive",
				Detail: "the policy is too large to check exactly: " + why,
				Fix:    "check it in parts",
			},
		}}
	}
	c := newChecker(p, opts)
	for _, family := range checks {
		family(c)
	}
	c.acknowledge()
	slices.SortStableFunc(c.found, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Severity, b.Severity), a.Path.Compare(b.Path),
			cmp.Compare(a.Code, b.Code), cmp.Compare(a.Detail, b.Detail))
	})
	return c.found
}

// families are the rules, one family a file.
var checks = []func(*checker){
	(*checker).relaying,
	(*checker).selection,
	(*checker).grants,
	(*checker).authentication,
	(*checker).gatewaySenders,
	(*checker).behindFrontEnd,
	(*checker).certificates,
	(*checker).acceptedRoutes,
	(*checker).spaces,
	(*checker).smartHosts,
	(*checker).sizes,
	(*checker).serving,
	(*checker).greetings,
	(*checker).warnings,
}
