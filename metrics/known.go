package metrics

import (
	"strings"

	"github.com/interchange-smtp/interchange/connector"
)

// Label values in place of what has no bound, or isn't there.
const (
	other = "other"
	none  = "none"
)

// known are the names of a policy that may be label values. The zero known has none.
type known struct {
	policy  *connector.Policy
	receive []string
	send    map[string][]string // the smart hosts of each Send connector
}

// know returns the names in p.
func know(p *connector.Policy) *known {
	k := &known{policy: p, send: make(map[string][]string)}
	for in := range p.Receive() {
		k.receive = append(k.receive, in.Name())
	}
	for out := range p.Send() {
		hosts := []string{}
		for _, h := range out.Settings().SmartHosts {
			hosts = append(hosts, h.String())
		}
		k.send[out.Name()] = hosts
	}
	return k
}

// names returns the names of all connectors.
func (k *known) names() map[string]bool {
	all := make(map[string]bool)
	for _, in := range k.receive {
		all[in] = true
	}
	for out := range k.send {
		all[out] = true
	}
	return all
}

// hop returns the smart host that a host is; other if the connector doesn't name it. Without a
// host it is the only smart host of the connector.
func (k *known) hop(out, host string) string {
	hosts := k.send[out]
	if host == "" && len(hosts) == 1 {
		return hosts[0]
	}
	for _, h := range hosts {
		if strings.EqualFold(strings.Trim(h, "[]"), strings.Trim(strings.TrimSuffix(host, "."), "[]")) {
			return h
		}
	}
	return other
}
