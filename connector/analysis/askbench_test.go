package analysis_test

import (
	"fmt"
	"testing"

	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
)

// askedVerbs are questions, by the verbs of cedar symcc that they stand for; docs/proof.md
// has the times. All of them hold for large, so that every session must be decided.
var askedVerbs = []struct{ verb, question string }{
	{"equivalent", "equivalent accepted"},
	{"implies", "implies accepted"},
	{"always-allows", "-remote 10.0.0.0-10.0.0.7 -as anonymous -tls -from <> -to contoso.com -size 1MB always let-in"},
	{"always-denies", "-as anonymous never relays"},
	{"disjoint", "disjoint relays"},
	{"matches-equivalent", "-connector r0000 -with-connector r0000 equivalent served"},
	{"matches-implies", "-connector r0001 -with-connector r0001 implies served"},
	{"matches-disjoint", "-connector r0000 -with-connector r0001 disjoint served"},
	{"always-matches", "-remote 10.0.0.0-10.0.0.7 always served by r0000"},
	{"never-matches", "-remote 10.0.1.0/24 never served by r0000"},
}

// BenchmarkAsk answers the questions for policies of 10, 100 and 1,000 Receive connectors
// with ten ranges each, and ten address spaces for each, no two connectors alike.
func BenchmarkAsk(b *testing.B) {
	for _, row := range askedVerbs {
		q := analysis.MustParseQuestion(row.question)
		for _, n := range []int{10, 100, 1000} {
			b.Run(fmt.Sprintf("%s/%d", row.verb, n), func(b *testing.B) {
				p, other := compile(b, large(n)), compile(b, large(n))
				if row.verb == "disjoint" {
					cfg := large(n)
					for i := range cfg.Receive {
						cfg.Receive[i].PermissionGroups = param.Value(permission.AnonymousUsers)
					}
					other = compile(b, cfg)
				}
				for b.Loop() {
					a := analysis.Answer{}
					if q.Claim.Compares() && q.Connector == "" {
						a = analysis.AskBoth(p, other, q)
					} else {
						a = analysis.Ask(p, q)
					}
					if !a.Holds {
						b.Fatalf("%s: %s", q, a.Text)
					}
				}
			})
		}
	}
}
