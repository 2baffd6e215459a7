package analysis

import (
	"cmp"
	"slices"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/source"
)

// Check lists the findings about p, errors first, then warnings and notes, each by
// place. Acknowledged findings are included, with the reason. A nil policy has no
// findings.
//
// The findings about clients, ranges, address spaces and grants are exact: they are
// computed on a partition of all sessions, which covers every client and every
// recipient. A policy that is too large for that, as Compare defines it, has one
// finding that says so, and those of Assertions. Only the connectors of this server are checked; for those of
// other servers the warnings of Compile are listed.
func Check(p *connector.Policy, opts Options) []Finding {
	if p == nil {
		return nil
	}
	found := append(check(p, opts), Assertions(p)...)
	slices.SortStableFunc(found, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Severity, b.Severity), a.Path.Compare(b.Path),
			cmp.Compare(a.Code, b.Code), cmp.Compare(a.Detail, b.Detail))
	})
	return found
}

// check returns the findings beside those about assertions.
func check(p *connector.Policy, opts Options) []Finding {
	c := newChecker(p, opts)
	for _, family := range checks {
		if c.effort.Exceeded() {
			return tooLarge(c.effort.Why())
		}
		family(c)
	}
	if c.effort.Exceeded() {
		return tooLarge(c.effort.Why())
	}
	c.acknowledge()
	return c.found
}

// tooLarge returns the only finding about a policy that is too large.
func tooLarge(why string) []Finding {
	return []Finding{{
		Diagnostic: source.Diagnostic{
			Code: CodeTooLarge, Severity: source.SeverityError, Path: "Receive",
			Detail: "the policy is too large to check exactly: " + why,
			Fix:    "check it in parts",
		},
	}}
}

// checks are the rules, one family a file.
var checks = []func(*checker){
	(*checker).relaying,
	(*checker).selection,
	(*checker).grants,
	(*checker).authentication,
	(*checker).gatewaySenders,
	(*checker).behindFrontEnd,
	(*checker).verification,
	(*checker).certificates,
	(*checker).legacyTLS,
	(*checker).acceptedRoutes,
	(*checker).spaces,
	(*checker).smartHosts,
	(*checker).pacing,
	(*checker).sizes,
	(*checker).serving,
	(*checker).greetings,
	(*checker).warnings,
}
