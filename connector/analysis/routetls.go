package analysis

import (
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/routing"
)

// tlsDemand has the demands of a connector on TLS with its next hops.
type tlsDemand struct{ connector.HopTLS }

// demandOf returns the demands of out on TLS with the next hop of mail to the domain. They are the same for
// each smart host and each recipient's domain, but for their names, which are left out, because the next hop has them.
func demandOf(out *connector.Outbound, to routing.Domain) tlsDemand {
	var host param.SmartHost
	if hosts := out.Settings().SmartHosts; len(hosts) > 0 {
		host = hosts[0]
	}
	all := tlsDemand{out.TLS(to, host)}
	if all.Host != "" {
		all.Host = "the smart host"
	}
	if all.Domain = strings.ToLower(all.Domain); all.Domain == strings.ToLower(to.String()) { // letter case doesn't matter in certificates
		all.Domain = "the recipient's domain"
	}
	return all
}

// atLeast reports whether t demands everything that u demands, but for the names in the certificate:
// it demands one if u does.
func (t tlsDemand) atLeast(u tlsDemand) bool {
	named := func(d tlsDemand) bool { return d.Host+d.Domain != "" }
	return (!t.Never || u.Never) && (t.Required || !u.Required) && (t.Trusted || !u.Trusted) &&
		(named(t) || !named(u))
}

// toward returns the direction of the change from t to u.
func (t tlsDemand) toward(u tlsDemand) Direction {
	if t.atLeast(u) == u.atLeast(t) {
		return Different
	}
	return toward(t.atLeast(u))
}
