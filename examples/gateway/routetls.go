package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/mxpolicy"
	"github.com/interchange-smtp/interchange/routing"
)

// publishedTLS has the requirements of a domain's owner for TLS, as route shows them.
type publishedTLS struct {
	Domain string    `json:"domain"`
	Asked  []string  `json:"asked"`              // DANE, MTA-STS
	Why    []string  `json:"notAsked,omitempty"` // why one of them isn't asked for
	DANE   string    `json:"dane,omitempty"`
	STS    string    `json:"mtaSts,omitempty"`
	Hosts  []hostTLS `json:"hosts"`
	Error  string    `json:"error,omitempty"`
}

// hostTLS has the requirements for the connection to one mail exchanger.
type hostTLS struct {
	Preference uint16   `json:"preference"`
	Host       string   `json:"host"`
	Required   string   `json:"required"`
	Tested     string   `json:"tested,omitempty"` // what would be required by a policy that is being tested
	TLSA       []string `json:"tlsa,omitempty"`
}

// lookTimeout is how long route looks things up.
const lookTimeout = 2 * time.Minute

// look finds out what the owner of a domain requires of the connections that a route leads to.
func (f *dnsFlags) look(way connector.Route, to routing.Domain) (*publishedTLS, error) {
	dialing, err := f.dialing()
	if err != nil {
		return nil, err
	}
	policies := dialing.published("", nil)
	defer policies.Close()
	set := way.Outbound.Settings()
	shown := &publishedTLS{Domain: to.String(), Asked: []string{}, Hosts: []hostTLS{}}
	d := delivery.MailDomain{Name: to.String(), Port: uint16(set.Port), DANE: set.DaneEnabled.Or(false), MTASTS: set.MtaStsEnabled.Or(false)}
	switch {
	case way.Via != nil:
		shown.Why = []string{"the server " + way.Via.Name + " sends the mail"}
		return shown, nil
	case len(set.SmartHosts) > 0:
		shown.Why = []string{"the mail goes to smart hosts"}
		return shown, nil
	case to.IsLiteral():
		shown.Why = []string{"the domain is an address"}
		return shown, nil
	}
	shown.asked(d, policies.DNSSEC != nil)
	ctx, cancel := context.WithTimeout(context.Background(), lookTimeout)
	defer cancel()
	hosts, err := delivery.MailExchangers(ctx, dialing.resolverFor(way.Outbound.NameServers()), d.Name, way.Outbound.Fqdn())
	if err != nil {
		shown.Error = err.Error()
		return shown, nil
	}
	for _, mx := range hosts {
		d.Hosts = append(d.Hosts, mx.Host)
	}
	shown.fill(policies.Look(ctx, d), hosts)
	return shown, nil
}

// asked fills in what is asked for.
func (t *publishedTLS) asked(d delivery.MailDomain, validating bool) {
	switch {
	case !d.DANE:
		t.Why = append(t.Why, "DANE: DaneEnabled is $false")
	case !validating:
		t.Why = append(t.Why, "DANE: no name server is known that validates DNSSEC; give -dns-trusted")
	default:
		t.Asked = append(t.Asked, "DANE")
	}
	if d.MTASTS {
		t.Asked = append(t.Asked, "MTA-STS")
	} else {
		t.Why = append(t.Why, "MTA-STS: MtaStsEnabled is $false")
	}
}

// fill fills in what was found about hosts.
func (t *publishedTLS) fill(found mxpolicy.Domain, hosts []net.MX) {
	switch dane := found.DANE; {
	case dane == nil:
	case dane.Err != nil:
		t.DANE, t.Error = "the MX records can't be looked up", dane.Err.Error()
	case dane.Signed:
		t.DANE = "the MX records are signed"
	default:
		t.DANE = "the MX records aren't signed, so TLSA records don't count"
	}
	switch sts := found.STS; {
	case sts != nil:
		t.STS = fmt.Sprintf("mode %s, id %s, for %s, holds until %s", sts.Mode, sts.ID, strings.Join(sts.MX, ", "), sts.Expires().UTC().Format(time.RFC3339))
	case found.NoSTS != nil:
		t.STS = "no policy: " + found.NoSTS.Error()
	case slices.Contains(t.Asked, "MTA-STS"):
		t.STS = "no policy is announced"
	}
	for i, policy := range found.Hosts {
		h := hostTLS{Preference: hosts[i].Pref, Host: hosts[i].Host, Required: requiredText(&policy)}
		if policy.Tested != nil {
			h.Tested = requiredText(policy.Tested)
		}
		if found.DANE != nil {
			for _, record := range found.DANE.Hosts[i].Records {
				text := record.String()
				if !record.IsUsable() {
					text += " (not usable)"
				}
				h.TLSA = append(h.TLSA, text)
			}
		}
		t.Hosts = append(t.Hosts, h)
	}
}

// requiredText says what a policy requires of the connection to a host.
func requiredText(p *delivery.HostPolicy) string {
	what := "nothing"
	switch {
	case p.Err != nil:
		return "no mail: " + p.Err.Error()
	case p.Verify != nil:
		what = "TLS with a certificate that fits the TLSA records of " + p.ServerName
	case p.PKIX:
		what = "TLS with a valid certificate for this name"
	case p.TLS:
		what = "TLS with any certificate"
	}
	if p.Source != "" {
		what += " (" + p.Source + ")"
	}
	return what
}

// print prints what was found; nothing if t is nil. Owners of domains have written much of it.
func (t *publishedTLS) print(w io.Writer) {
	if t == nil {
		return
	}
	line := func(format string, args ...any) { fmt.Fprintln(w, visibleLine(fmt.Sprintf(format, args...))) }
	line("TLS that %s requires now:", t.Domain)
	for _, why := range t.Why {
		line("  not asked: %s", why)
	}
	for _, part := range [][2]string{{"DANE", t.DANE}, {"MTA-STS", t.STS}, {"error", t.Error}} {
		if part[1] != "" {
			line("  %s: %s", part[0], part[1])
		}
	}
	for _, h := range t.Hosts {
		line("  %d %s: %s", h.Preference, h.Host, h.Required)
		if h.Tested != "" {
			line("       being tested: %s", h.Tested)
		}
		for _, record := range h.TLSA {
			line("       TLSA %s", record)
		}
	}
}
