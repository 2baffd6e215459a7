package observed_test

import (
	"flag"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/semantics"
	"github.com/interchange-smtp/interchange/connector/internal/semantics/observed"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/internal/policygen"
	"github.com/interchange-smtp/interchange/routing"
)

var sendPolicies = flag.Int("send-policies", 400, "how many random policies the tests of the Send side draw")

// routedSizes are 0, the limits of the pools and of defaults, and one more than each.
var routedSizes = []int64{
	0, 1, 70_000, 70_001, 80_000, 80_001, 100_000, 100_001, 300_000, 300_001, 10 << 20, 10<<20 + 1, 35 << 20, 35<<20 + 1, 1 << 40,
}

var outcomes = map[routing.Outcome]string{
	routing.Routed: semantics.Routed, routing.Unreachable: semantics.Unreachable, routing.TooLarge: semantics.TooLarge,
}

// eachPolicy draws policies that route, and reads their texts.
func eachPolicy(t *testing.T, check func(r *rand.Rand, p *connector.Policy, q *observed.Policy)) {
	seed := policygen.Seed()
	for i := range *sendPolicies {
		r := rand.New(rand.NewPCG(seed, uint64(i)))
		p, q := sendPolicy(t, r)
		check(r, p, q)
		if t.Failed() {
			t.Fatalf("seed %d, policy %d:\n%s", seed, i, textOf(t, p))
		}
	}
}

// eachRoute asks such policies and their texts for the routes of all domains and sizes.
func eachRoute(t *testing.T, check func(p *connector.Policy, q *observed.Policy, is connector.Route, said semantics.Route)) {
	eachPolicy(t, func(_ *rand.Rand, p *connector.Policy, q *observed.Policy) {
		for _, domain := range routedDomains {
			to := routing.MustParseAddress("amy@" + domain)
			for _, size := range routedSizes {
				check(p, q, p.Route(to, size, nil), q.Route(to.String(), size))
			}
		}
	})
}

func TestRoutesAgree(t *testing.T) {
	seen := map[string]int{}
	eachRoute(t, func(p *connector.Policy, q *observed.Policy, is connector.Route, said semantics.Route) {
		want := semantics.Route{To: said.To, Outcome: outcomes[is.Outcome], Connector: is.Outbound.Name(), Space: is.Space.String()}
		if is.Via != nil {
			want.Via = is.Via.Name
			seen["via"]++
		}
		seen[want.Outcome]++
		if said != want {
			t.Errorf("%+v, not %+v", said, want)
		}
	})
	for _, what := range []string{semantics.Routed, semantics.Unreachable, semantics.TooLarge, "via"} {
		if seen[what] < *sendPolicies/10 {
			t.Errorf("only %d routes are %s", seen[what], what)
		}
	}
}

func TestHopsAgree(t *testing.T) {
	eachRoute(t, func(p *connector.Policy, q *observed.Policy, is connector.Route, said semantics.Route) {
		if is.Outcome != routing.Routed || is.Via != nil {
			return
		}
		to, tls := routing.MustParseAddress(said.To).Domain(), q.NextHop(said).TLS
		hosts := is.Outbound.Settings().SmartHosts
		for i := range max(len(hosts), 1) {
			var want connector.HopTLS
			if len(hosts) > 0 {
				want = is.Outbound.TLS(to, hosts[i])
			} else {
				want = is.Outbound.TLS(to, param.SmartHost{})
			}
			if strings.EqualFold(want.Domain, tls.Domain) {
				want.Domain = tls.Domain // the letter case of TlsDomain makes no other name
			}
			if (tls != semantics.HopTLS{Never: want.Never, Required: want.Required, Trusted: want.Trusted, Domain: want.Domain, SmartHost: want.Host != ""}) {
				t.Errorf("TLS with %v for mail to %v: %+v, not %+v", hosts, to, tls, want)
			}
		}
	})
}
