package connector_test

import (
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

func spaces(all ...string) []routing.AddressSpace {
	var as []routing.AddressSpace
	for _, s := range all {
		as = append(as, routing.MustParseAddressSpace(s))
	}
	return as
}

// twoSites is an organisation of two servers of which we are HUB1.
func twoSites() connector.Config {
	return connector.Config{
		Server: "HUB1",
		Servers: []routing.Server{
			{Name: "HUB1", FQDN: "hub1.contoso.com", Site: "North"},
			{Name: "HUB2", FQDN: "hub2.contoso.com", Site: "South"},
		},
		Links:    []routing.SiteLink{{Name: "NorthSouth", Sites: []string{"North", "South"}, Cost: 10}},
		Accepted: []routing.AcceptedDomain{{DomainName: "contoso.com"}, {DomainName: "relay.example", DomainType: routing.InternalRelay}},
		Send: []connector.Send{
			{Name: "Internet", AddressSpaces: spaces("*")},
			{Name: "Partner", AddressSpaces: spaces("*.fabrikam.com"), SourceTransportServers: []string{"HUB2"}},
			{Name: "Small", AddressSpaces: spaces("small.example"), MaxMessageSize: 1 * param.MB},
			{Name: "Mailboxes", AddressSpaces: spaces("sales.contoso.com")},
		},
	}
}

func TestRoute(t *testing.T) {
	p := compile(t, twoSites())
	tests := []struct {
		to        string
		size      int64
		connector string
		via       string
		reason    reply.Reason
	}{
		{"a@example.net", 0, "Internet", "", reply.RecipientOK},
		{"a@fabrikam.com", 0, "Partner", "HUB2", reply.RecipientOK},
		{"a@x.fabrikam.com", 0, "Partner", "HUB2", reply.RecipientOK},
		{"a@[192.0.2.9]", 0, "Internet", "", reply.RecipientOK},
		{"a@relay.example", 0, "Internet", "", reply.RecipientOK},
		{"a@contoso.com", 0, "", "", reply.Unroutable}, // authoritative: never by *
		{"a@small.example", 1 << 20, "Small", "", reply.RecipientOK},
		{"a@example.net", 1 << 40, "", "", reply.RouteTooSmall},
	}
	for _, tt := range tests {
		r := p.Route(addr(tt.to), tt.size, nil)
		if r.Outbound.Name() != tt.connector || r.Reason() != tt.reason || (r.Via != nil) != (tt.via != "") || r.Via != nil && r.Via.Name != tt.via {
			t.Errorf("Route(%s, %d) = %s via %v, %v", tt.to, tt.size, r.Outbound.Name(), r.Via, r.Reason())
		}
		var trace connector.Trace
		if explained := p.Route(addr(tt.to), tt.size, &trace); explained != r {
			t.Errorf("Route(%s, %d) = %v, traced %v\n%s", tt.to, tt.size, r, explained, trace)
		}
	}
	if r := p.Route(routing.Address{}, 0, nil); r != (connector.Route{}) {
		t.Errorf("Route of no address = %v", r)
	}
	for outcome, want := range map[routing.Outcome]string{
		routing.Unreachable: "451 4.4.4 Unable to route",
		routing.TooLarge:    "552 5.3.4 Message size exceeds fixed maximum message size",
		routing.NonSMTP:     "550 5.4.4 Unable to route",
	} {
		d := connector.Route{Outcome: outcome}.Decision()
		if got := d.Reply().String(); got != want || d.Allowed() {
			t.Errorf("%v: %s, want %s", outcome, got, want)
		}
	}
}

// TestRouteAcceptedSpace checks that -- on an Edge server matches the accepted domains,
// of the organisation: authoritative and internal relay domains.
func TestRouteAcceptedSpace(t *testing.T) {
	p := compile(t, connector.Config{
		Server:  "EDGE1",
		Servers: []routing.Server{{Name: "EDGE1", Edge: true}},
		Accepted: []routing.AcceptedDomain{
			{DomainName: "contoso.com"},
			{DomainName: "relay.example", DomainType: routing.InternalRelay},
			{DomainName: "partner.example", DomainType: routing.ExternalRelay},
		},
		Send: []connector.Send{
			{Name: "Inbound", AddressSpaces: spaces("--"), SmartHosts: []param.SmartHost{param.MustParseSmartHost("10.2.3.9")}},
			{Name: "Internet", AddressSpaces: spaces("*;100")},
		},
	})
	for to, want := range map[string]string{
		"a@contoso.com": "Inbound", "a@relay.example": "Inbound", "a@partner.example": "Internet", "a@example.net": "Internet",
	} {
		if r := p.Route(addr(to), 0, nil); r.Outbound.Name() != want {
			t.Errorf("mail for %s leaves by %q, want %q", to, r.Outbound.Name(), want)
		}
	}
}

// TestRouteOrganizationSize checks that MaxSendSize limits every Send connector.
func TestRouteOrganizationSize(t *testing.T) {
	cfg := twoSites()
	cfg.Transport.MaxSendSize = 2 * param.MB
	p := compile(t, cfg)
	if r := p.Route(addr("a@example.net"), 2<<20+1, nil); r.Outcome != routing.TooLarge {
		t.Errorf("over MaxSendSize: %v", r.Outcome)
	}
	if r := p.Route(addr("a@small.example"), 1<<20+1, nil); r.Outbound.Name() == "Small" {
		t.Error("MaxSendSize raises the limit of a connector")
	}
}

func TestOutbound(t *testing.T) {
	const (
		received = "Received"
		org      = "X-MS-Exchange-Organization-SCL"
		forest   = "X-MS-Exchange-Forest-RulesExecuted"
		cross    = "X-MS-Exchange-CrossPremises-AuthAs"
	)
	anonymous, secured, hub := permission.SIDAnonymous, permission.SIDExternallySecured, permission.SIDHubServers
	tests := []struct {
		name    string
		profile connector.Profile
		send    connector.Send
		peer    permission.SID
		keeps   []string
	}{
		{"domain-secured, but not this one", permission.Current,
			connector.Send{DomainSecureEnabled: true, Permissions: []permission.Grant{allow(permission.SIDPartners, permission.SendHeadersForest)}}, anonymous, []string{received}},
		{"by MX", permission.Current, connector.Send{}, anonymous, []string{received}},
		{"Externally Secured", permission.Current, mechanism("ExternalAuthoritative"), secured, []string{received}},
		{"Externally Secured, 2007, Internal", permission.Exchange2007, usageInternal(mechanism("ExternalAuthoritative")), secured, []string{received, org, forest}},
		{"Exchange Server", permission.Current, mechanism("ExchangeServer"), hub, []string{received, org, forest}},
		{"Basic", permission.Current, withCredential(mechanism("BasicAuth")), anonymous, []string{received}},
		{"Internal Received lines hidden", permission.Current,
			connector.Send{Permissions: []permission.Grant{deny(anonymous, permission.SendHeadersRouting)}}, anonymous, nil},
		{"domain-secured", permission.Current, connector.Send{DomainSecureEnabled: true}, permission.SIDPartners, []string{received}},
		{"Custom, 2007", permission.Exchange2007, connector.Send{}, anonymous, nil},
		{"Internet, 2007", permission.Exchange2007, connector.Send{Usage: param.UsageInternet}, anonymous, []string{received}},
		{"Partner, 2007", permission.Exchange2007, connector.Send{Usage: param.UsagePartner, DomainSecureEnabled: true}, permission.SIDPartners, []string{received}},
		{"cloud", permission.Current, connector.Send{CloudServicesMailEnabled: true}, anonymous, []string{received, cross}},
	}
	for _, tt := range tests {
		tt.send.Name = "out"
		tt.send.AddressSpaces = spaces("*")
		to := addr("a@example.net")
		if tt.peer == permission.SIDPartners {
			to = addr("a@partner.example")
		}
		out := compile(t, connector.Config{Profile: tt.profile, Send: []connector.Send{tt.send},
			Transport: connector.Transport{TLSSendDomainSecureList: []string{"partner.example"}}}).Route(to, 0, nil).Outbound
		if out == nil || !out.Peer(to.Domain()).Is(tt.peer) || out.Secured(to.Domain()) != (tt.peer == permission.SIDPartners) {
			t.Errorf("%s: Peer() = %v, want %s", tt.name, out.Peer(to.Domain()), tt.peer.Name())
			continue
		}
		keeps := map[string]bool{}
		for _, h := range tt.keeps {
			keeps[h] = true
		}
		for _, h := range []string{received, org, forest, cross} {
			if got := out.Headers(to.Domain(), nil).Keep(h); got != keeps[h] {
				t.Errorf("%s: Keep(%s) = %v", tt.name, h, got)
			}
		}
		var trace connector.Trace
		if f := out.Headers(to.Domain(), &trace); f != out.Headers(to.Domain(), nil) {
			t.Errorf("%s: the explanation keeps other fields:\n%s", tt.name, trace)
		}
		if explicit := strings.Contains(trace.String(), "by Add-ADPermission"); explicit != (len(tt.keeps) == 0 && tt.profile == permission.Current) {
			t.Errorf("%s: explicit grants:\n%s", tt.name, trace)
		}
		if out.Fqdn() == "" || out.Settings().Port != 25 {
			t.Errorf("%s: defaults are missing: %q, %d", tt.name, out.Fqdn(), out.Settings().Port)
		}
	}
}

func mechanism(s string) connector.Send {
	m, err := auth.ParseMechanism(s)
	if err != nil {
		panic(err)
	}
	return connector.Send{SmartHosts: []param.SmartHost{param.MustParseSmartHost("192.0.2.25")}, SmartHostAuthMechanism: m}
}

func usageInternal(s connector.Send) connector.Send {
	s.Usage = param.UsageInternal
	return s
}

func withCredential(s connector.Send) connector.Send {
	s.AuthenticationCredential = &param.Credential{UserName: "u", Password: "p"}
	return s
}
