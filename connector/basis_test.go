package connector_test

import (
	"encoding/json"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// basisOf returns what the steps of a check rest on, in the stages of a name.
func basisOf(w connector.Walkthrough, stage connector.StageName, check string) string {
	var all []string
	for _, s := range w.Stages {
		if s.Name != stage {
			continue
		}
		for step := range s.Trace.All() {
			if step.Check.String() != check {
				continue
			}
			for _, b := range step.Basis() {
				all = append(all, b.String())
			}
		}
	}
	return strings.Join(all, "; ")
}

// TestBasis checks that every kind of step names the parameter that decided it,
// with its value and where that came from.
func TestBasis(t *testing.T) {
	cfg := connector.Config{
		Accepted: []routing.AcceptedDomain{{DomainName: "contoso.com"}, {Name: "Sub", DomainName: "*.contoso.com", DomainType: routing.InternalRelay}},
		Receive: []connector.Receive{
			{
				Name: "Internet", Usage: param.UsageInternet, Bindings: bindings("10.0.0.1:25", "0.0.0.0:587"),
				MaxMessageSize: param.MB, RequireEHLODomain: true, MaxHopCount: 10,
				Permissions: []permission.Grant{
					{To: permission.SIDAnonymous, Allow: permission.SetOf(permission.AcceptAnyRecipient)},
					deny(permission.SIDAnonymous, permission.AcceptAnyRecipient),
				},
			},
			{Name: "Off", Enabled: param.Value(false), Bindings: bindings("10.0.0.1:26"), RemoteIPRanges: ranges("10.9.0.0/16")},
			{Name: "Elsewhere", Bindings: bindings("10.0.0.1:2525"), RemoteIPRanges: ranges("10.9.0.0/16")},
			{Name: "Others", Bindings: bindings("10.0.0.1:25"), RemoteIPRanges: ranges("10.1.0.1", "10.1.0.2", "10.1.0.3", "10.1.0.4", "10.1.0.5")},
		},
		Send: []connector.Send{
			{Name: "Out", AddressSpaces: spaces("b.example", "*"), SmartHosts: []param.SmartHost{param.MustParseSmartHost("10.0.0.9")},
				CloudServicesMailEnabled: true, Permissions: []permission.Grant{{To: permission.SIDAnonymous, Allow: permission.SetOf(permission.SendHeadersForest)}}},
			{Name: "In", Usage: param.UsageInternal, AddressSpaces: spaces("contoso.com"), SmartHosts: []param.SmartHost{param.MustParseSmartHost("10.0.0.8")}},
		},
		Transport: connector.Transport{MaxRecipientEnvelopeLimit: 50},
	}
	d := connector.Dialog{Local: at("10.0.0.1:25"), Remote: ip("10.9.0.1"), Helo: "a.example", From: addr("a@a.example"),
		To: []routing.Address{addr("x@other.example"), addr("x@contoso.com")}}
	w := compile(t, cfg).Walk(d)
	for _, tt := range []struct {
		stage connector.StageName
		check string
		want  string
	}{
		{connector.StageConnect, "receive-connector", `Receive["Internet"].Bindings[0] = 10.0.0.1:25; ` +
			`Receive["Internet"].RemoteIPRanges[0] = 0.0.0.0-255.255.255.255 (preset of usage Internet); Receive["Off"].Enabled = false; ` +
			`Receive["Elsewhere"].Bindings = 10.0.0.1:2525; Receive["Others"].RemoteIPRanges = 10.1.0.1, 10.1.0.2, 10.1.0.3 and 2 more`},
		{connector.StageHello, "hello-domain", `Receive["Internet"].RequireEHLODomain = true`},
		{connector.StageMail, "submit", `Receive["Internet"].PermissionGroups = AnonymousUsers (preset of usage Internet)`},
		{connector.StageMail, "size", `Receive["Internet"].MaxMessageSize = 1MB`},
		{connector.StageMail, "authoritative-domain", `Accepted = contoso.com, *.contoso.com`},
		{connector.StageRcpt, "accepted-domain", `Accepted = contoso.com, *.contoso.com; Accepted[0] = contoso.com Authoritative`},
		{connector.StageRcpt, "any-recipient", `Receive["Internet"].Permissions[1] = denied to NT AUTHORITY\ANONYMOUS LOGON by Add-ADPermission`},
		{connector.StageRcpt, "envelope-limit", `Transport.MaxRecipientEnvelopeLimit = 50; Transport.MaxRecipientEnvelopeLimit = 50`},
		{connector.StageData, "hops", `Receive["Internet"].MaxHopCount = 10`},
		{connector.StageData, "local-hops", `Receive["Internet"].MaxLocalHopCount = 12 (default)`},
		{connector.StageRoute, "send-connector", `Send["In"].AddressSpaces[0] = SMTP:contoso.com;1; Send["Out"].AddressSpaces[1] = SMTP:*;1`},
	} {
		if got := basisOf(w, tt.stage, tt.check); got != tt.want {
			t.Errorf("%s %v rests on\n%s\nwant\n%s", tt.stage, tt.check, got, tt.want)
		}
	}
	var trace connector.Trace
	compile(t, cfg).Route(addr("x@b.example"), 0, &trace)
	for step := range trace.All() {
		if step.Candidate() == "In" && step.Fate() != connector.FateOtherSpace {
			t.Errorf("In: %q", step.Fate())
		}
	}
	trace = connector.Trace{}
	firstOutbound(compile(t, cfg)).Headers(addr("x@b.example").Domain(), &trace)
	var got []string
	for step := range trace.All() {
		got = append(got, step.Basis()[0].String())
	}
	want := []string{`Send["Out"].Permissions (default)`, `Send["Out"].Permissions (default)`,
		`Send["Out"].Permissions[0] = granted to NT AUTHORITY\ANONYMOUS LOGON by Add-ADPermission`, `Send["Out"].CloudServicesMailEnabled = true`}
	if !slices.Equal(got, want) {
		t.Errorf("headers rest on %q, want %q", got, want)
	}
}

func bindings(all ...string) []netip.AddrPort {
	var list []netip.AddrPort
	for _, s := range all {
		list = append(list, at(s))
	}
	return list
}

func firstOutbound(p *connector.Policy) *connector.Outbound {
	for out := range p.Send() {
		return out
	}
	return nil
}

// TestBasisOfRoutes checks that every fate of an address space names its parameters.
func TestBasisOfRoutes(t *testing.T) {
	cfg := twoSites()
	cfg.Links[0].MaxSize = 1000
	hop := []param.SmartHost{param.MustParseSmartHost("10.0.0.9")}
	cfg.Send = []connector.Send{
		{Name: "Chosen", AddressSpaces: spaces("a.example"), SmartHosts: hop},
		{Name: "Dear", AddressSpaces: spaces("a.example;9"), SmartHosts: hop},
		{Name: "Far", AddressSpaces: spaces("a.example"), SmartHosts: hop, SourceTransportServers: []string{"HUB2"}},
		{Name: "Later", AddressSpaces: spaces("a.example"), SmartHosts: hop},
		{Name: "Off", AddressSpaces: spaces("*.example"), SmartHosts: hop, Enabled: param.Value(false)},
		{Name: "Scoped", AddressSpaces: spaces("b.example", "a.example"), SmartHosts: hop, SourceTransportServers: []string{"HUB2"}, IsScopedConnector: true},
		{Name: "Small", Usage: param.UsageInternal, AddressSpaces: spaces("a.example"), SmartHosts: hop, MaxMessageSize: 100 * param.KB},
		{Name: "Wide", AddressSpaces: spaces("*"), SmartHosts: hop},
		{Name: "Other", AddressSpaces: spaces("c.example", "d.example"), SmartHosts: hop},
	}
	var trace connector.Trace
	compile(t, cfg).Route(addr("x@a.example"), 1<<20, &trace)
	want := map[string]string{
		"Chosen": `chosen Send["Chosen"].AddressSpaces[0] = SMTP:a.example;1`,
		"Dear":   `higher-cost Send["Dear"].AddressSpaces[0] = SMTP:a.example;9`,
		"Far":    `too-small Send["Far"].AddressSpaces[0] = SMTP:a.example;1 Links["NorthSouth"].MaxSize = 1000 B (1,000 bytes)`,
		"Later":  `later-name Send["Later"].AddressSpaces[0] = SMTP:a.example;1`,
		"Off":    `disabled Send["Off"].AddressSpaces[0] = SMTP:*.example;1 Send["Off"].Enabled = false`,
		"Scoped": `out-of-scope Send["Scoped"].AddressSpaces[1] = SMTP:a.example;1 Send["Scoped"].IsScopedConnector = true Send["Scoped"].SourceTransportServers = HUB2`,
		"Small":  `too-small Send["Small"].AddressSpaces[0] = SMTP:a.example;1 Send["Small"].MaxMessageSize = 100KB`,
		"Wide":   `less-specific Send["Wide"].AddressSpaces[0] = SMTP:*;1`,
		"Other":  `other-space Send["Other"].AddressSpaces = SMTP:c.example;1, SMTP:d.example;1`,
	}
	for step := range trace.All() {
		if step.Candidate() == "" {
			continue
		}
		got := string(step.Fate())
		for _, b := range step.Basis() {
			got += " " + b.String()
		}
		if got != want[step.Candidate()] {
			t.Errorf("%s: got\n%s\nwant\n%s", step.Candidate(), got, want[step.Candidate()])
		}
		delete(want, step.Candidate())
	}
	if len(want) > 0 {
		t.Errorf("not listed: %v", want)
	}
}

// TestBasisOfPresets checks that presets of a Usage are distinguished from other
// defaults.
func TestBasisOfPresets(t *testing.T) {
	cfg := connector.Config{
		Profile: permission.Exchange2007,
		Send:    []connector.Send{{Name: "Out", Usage: param.UsageInternet, AddressSpaces: spaces("*")}},
	}
	p := compile(t, cfg)
	var trace connector.Trace
	p.Route(addr("x@a.example"), 11<<20, &trace)
	firstOutbound(p).Headers(addr("x@a.example").Domain(), &trace)
	var got []string
	for step := range trace.All() {
		for _, b := range step.Basis() {
			got = append(got, b.String())
		}
	}
	want := []string{"Accepted (default)", `Send["Out"].AddressSpaces[0] = SMTP:*;1`, `Send["Out"].MaxMessageSize = 10MB (default)`,
		`Send["Out"].Permissions (preset of usage Internet)`, `Send["Out"].Permissions (preset of usage Internet)`, `Send["Out"].Permissions (preset of usage Internet)`}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	b, err := json.Marshal(trace)
	if err != nil || !strings.Contains(string(b), `"origin":"preset","usage":"Internet"`) {
		t.Errorf("%s, %v", b, err)
	}
}

// TestWithPlaces finds where a file sets what a step rests on, in text and as JSON.
func TestWithPlaces(t *testing.T) {
	places := source.Map{
		`Receive["Default HubA"].Bindings`:          {File: "relay.ps1", Line: 4, Column: 7},
		`Receive["Default HubA"].RemoteIPRanges[0]`: {File: "relay.ps1", Line: 5},
	}
	bare := compile(t, guide(permission.Current)).Walk(relayAttempt())
	w := bare.WithPlaces(places)
	var got []string
	for step := range w.Stages[0].Trace.All() {
		for _, b := range step.Basis() {
			got = append(got, b.String())
		}
	}
	want := []string{
		`Receive["Default HubA"].Bindings[0] = 0.0.0.0:25 (relay.ps1:4)`, `Receive["Default HubA"].RemoteIPRanges[0] = 0.0.0.0-255.255.255.255 (relay.ps1:5)`,
		`Receive["FromSecuredGateway"].RemoteIPRanges = 192.168.1.10`, `Receive["FromInternetGateway"].RemoteIPRanges = 192.168.5.77`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	b, err := json.Marshal(w)
	if err != nil || !strings.Contains(string(b), `"origin":"given","file":"relay.ps1","line":5`) {
		t.Errorf("%s, %v", b, err)
	}
	if b, _ := json.Marshal(bare); strings.Contains(string(b), "relay.ps1") {
		t.Errorf("WithPlaces changed its receiver: %s", b)
	}
}

// TestBasisNeverFails checks that every step of random sessions has a basis with a
// path in the Config, and a value if the Config gives one.
func TestBasisNeverFails(t *testing.T) {
	w := compile(t, guide(permission.Exchange2007))
	ann := user("ann@fabrikam.com")
	for _, d := range []connector.Dialog{relayAttempt(), {}, {TLS: true, User: &ann, Local: at("10.2.3.4:25"), Remote: ip("203.0.113.9"),
		Helo: "x", To: []routing.Address{addr("a@b.example")}}} {
		for _, s := range w.Walk(d).Stages {
			for step := range s.Trace.All() {
				for _, b := range step.Basis() {
					if b.Path == "" || strings.Contains(b.Value, "%!") || b.Origin == connector.OriginGiven && b.Value == "" {
						t.Errorf("%s: %+v", step, b)
					}
				}
			}
		}
	}
}

// TestOverriddenGrant checks that a grant that another one overrides is shown.
func TestOverriddenGrant(t *testing.T) {
	in := one(t, permission.Current, connector.Receive{PermissionGroups: groups(anonymous),
		Permissions: []permission.Grant{deny(permission.SIDAnonymous, permission.Submit)}}, connector.Transport{})
	var trace connector.Trace
	in.Open(auth.Channel{}, nil).Tracing(&trace).Mail(connector.Mail{})
	const want = `lacks ms-Exch-SMTP-Submit; denied to NT AUTHORITY\ANONYMOUS LOGON by Add-ADPermission; overridden: granted to NT AUTHORITY\ANONYMOUS LOGON by AnonymousUsers`
	if !strings.Contains(trace.String(), want) {
		t.Errorf("%s\nwant %s", trace, want)
	}
}

// TestFates checks that every fate has its own stable name and sentence, and that
// the candidates of a walk have no other fates.
func TestFates(t *testing.T) {
	seen := map[connector.Fate]bool{}
	for _, f := range connector.Fates() {
		if f == "" || seen[f] || f.Doc() == "" || strings.ContainsAny(string(f), " ()") {
			t.Errorf("fate %q: %q", f, f.Doc())
		}
		seen[f] = true
	}
	if doc := connector.Fate("x").Doc(); doc != "" {
		t.Errorf("an unknown fate %q", doc)
	}
	p := compile(t, guide(permission.Current))
	var trace connector.Trace
	p.Select(at("10.2.3.4:25"), ip("192.168.5.77"), &trace)
	var got []string
	for s := range trace.All() {
		got = append(got, s.Candidate()+" "+string(s.Fate()))
	}
	if want := []string{"FromInternetGateway chosen", "Default HubA wildcard", "FromSecuredGateway other-range"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestWalkOnConnector checks that Inbound.Walk asks its own connector, and that a nil
// Inbound refuses.
func TestWalkOnConnector(t *testing.T) {
	p := compile(t, guide(permission.Current))
	d := relayAttempt()
	d.Helo, d.To = "a.example", d.To[:1]
	for in := range p.Receive() {
		if w := in.Walk(d); w.Session.Inbound() != in || w.Accepted() != (in.Name() != "Default HubA") {
			t.Errorf("%s: %s", in.Name(), w)
		}
	}
	var none *connector.Inbound
	if w := none.Walk(d); w.Accepted() || firstRefusal(w) != reply.NoConnector {
		t.Errorf("nil Inbound: %s", w)
	}
}
