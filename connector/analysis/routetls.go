package analysis

import (
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/routing"
)

// tlsDemand has the demands of a connector on TLS with its next hops.
type tlsDemand struct {
	connector.HopTLS
	exempt bool // less is demanded of smart hosts on this machine
}

// demandOf returns the demands of out on TLS with the next hop of mail to the domain. The name of a
// smart host is left out, because the next hop has it.
func demandOf(out *connector.Outbound, to routing.Domain) tlsDemand {
	hosts := out.Settings().SmartHosts
	if len(hosts) == 0 {
		return tlsDemand{HopTLS: out.TLS(to, param.SmartHost{})}
	}
	var all tlsDemand
	for i, host := range hosts {
		one := tlsDemand{HopTLS: out.TLS(to, host)}
		if one.Host != "" {
			one.Host = "the smart host"
		}
		switch {
		case i == 0:
			all = one
		case one != all:
			if one.atLeast(all) {
				all = one
			}
			all.exempt = true
		}
	}
	return all
}

// String says the demand in words.
func (t tlsDemand) String() string {
	if t.exempt {
		return t.HopTLS.String() + ", unless it is on this machine"
	}
	return t.HopTLS.String()
}

// atLeast reports whether t demands everything that u demands, but for the names in the certificate:
// it demands one if u does.
func (t tlsDemand) atLeast(u tlsDemand) bool {
	named := func(d tlsDemand) bool { return d.Host+d.Domain != "" }
	return (!t.Never || u.Never) && (t.Required || !u.Required) && (t.Trusted || !u.Trusted) &&
		(named(t) || !named(u)) && (!t.exempt || u.exempt)
}

// toward returns the direction of the change from t to u.
func (t tlsDemand) toward(u tlsDemand) Direction {
	if t.atLeast(u) == u.atLeast(t) {
		return Different
	}
	return toward(t.atLeast(u))
}
