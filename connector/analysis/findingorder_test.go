package analysis_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/internal/policygen"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// shuffled is a policy in another order of everything that has no order.
func shuffled(r *rand.Rand, cfg connector.Config) connector.Config {
	for i := range cfg.Receive {
		c := &cfg.Receive[i]
		r.Shuffle(len(c.RemoteIPRanges), swapper(c.RemoteIPRanges))
		r.Shuffle(len(c.Bindings), swapper(c.Bindings))
		r.Shuffle(len(c.Permissions), swapper(c.Permissions))
	}
	for i := range cfg.Send {
		s := &cfg.Send[i]
		r.Shuffle(len(s.AddressSpaces), swapper(s.AddressSpaces))
		r.Shuffle(len(s.SmartHosts), swapper(s.SmartHosts))
		r.Shuffle(len(s.Permissions), swapper(s.Permissions))
		r.Shuffle(len(s.SourceTransportServers), swapper(s.SourceTransportServers))
	}
	r.Shuffle(len(cfg.Servers), swapper(cfg.Servers))
	r.Shuffle(len(cfg.Receive), swapper(cfg.Receive))
	r.Shuffle(len(cfg.Send), swapper(cfg.Send))
	r.Shuffle(len(cfg.Accepted), swapper(cfg.Accepted))
	r.Shuffle(len(cfg.Transport.TLSReceiveDomainSecureList), swapper(cfg.Transport.TLSReceiveDomainSecureList))
	return cfg
}

var (
	placeIndex  = regexp.MustCompile(`\[\d+\]`)
	warnedFirst = regexp.MustCompile(`\(nor on \d+ other connectors?\)`)
)

// findingsOf are the findings without the places of elements in their lists.
func findingsOf(p *connector.Policy) []string {
	var all []string
	for _, f := range analysis.Check(p, analysis.Options{}) {
		if warnedFirst.MatchString(f.Detail) {
			continue // reported at the first of several connectors
		}
		for i := range f.Clients {
			slices.SortFunc(f.Clients[i].Ranges, param.Range.Compare)
			slices.SortFunc(f.Clients[i].Local, netip.AddrPort.Compare)
		}
		all = append(all, fmt.Sprint(placeIndex.ReplaceAllString(string(f.Path), "[]"), f.Severity, f.Code, f.Detail, f.Fix, f.Clients))
	}
	slices.Sort(all)
	return all
}

// TestOrderOfLists: the order of connectors, ranges, bindings, grants, address spaces
// and domains means nothing, so nothing else is found.
func TestOrderOfLists(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 8))
	for range 80 {
		p := policygen.Policy(r)
		want := findingsOf(p)
		if got := findingsOf(compile(t, shuffled(r, p.Config()))); !slices.Equal(got, want) {
			t.Fatalf("in another order:\n%s\nbefore:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
	// Of the connectors that take most, one has its limit by default.
	parts := []string{"%in", `, "MaxMessageSize": "50MB"`, "%receive", `, {"Name": "Also", "Bindings": ["0.0.0.0:25"], "RemoteIPRanges": ["10.0.0.2"], "PermissionGroups": "AnonymousUsers"`}
	gap := func(limits ...string) []string {
		p := slices.Clone(parts)
		p[1] = limits[0]
		p[3] += limits[1] + "}"
		return findingsOf(compiled(t, with(t, p...)))
	}
	const given = `, "MaxMessageSize": "36MB"`
	one, other := gap(given, ""), gap("", given)
	if len(one) != len(other) {
		t.Errorf("%q differs from %q", one, other)
	}
}

// noEffect are the codes of what can be left out.
var noEffect = []source.Code{
	analysis.CodeConnectorUnreached, analysis.CodeRangeUnreached, analysis.CodeRangeRedundant, analysis.CodeGrantIneffective,
	analysis.CodeSendUnused, analysis.CodeSpaceUnused, connector.CodeNotEnforced, connector.CodeGroupCustom, connector.CodeGroupUnreachable,
	connector.CodeCredentialUnused, connector.CodeDomainSecureList, analysis.CodeAcknowledgedNothing,
}

// TestRepairsHaveNoEffect: what is said to have no effect can be left out, one, some or
// all of it, and in any order.
func TestRepairsHaveNoEffect(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 9))
	repaired := map[source.Code]int{}
	for range shorter(randomPolicies) {
		p := policygen.Policy(r)
		var found []analysis.Finding
		for _, f := range analysis.Check(p, analysis.Options{}) {
			if slices.Contains(noEffect, f.Code) {
				found = append(found, f)
			}
		}
		for _, chance := range []int{1, 2} {
			cfg := p.Config()
			r.Shuffle(len(found), swapper(found))
			var done []string
			for _, f := range found {
				if r.IntN(chance) == 0 && f.Repair(&cfg) {
					done = append(done, f.String())
					repaired[f.Code]++
				}
			}
			fixed, err := connector.Compile(cfg)
			if err != nil {
				continue // the last address space may be gone, of a connector that is disabled
			}
			if c := analysis.Compare(p, fixed); !c.Same() {
				t.Fatalf("after\n%s\n%s\n%+v", strings.Join(done, "\n"), texts(c.Changes), p.Config())
			}
		}
		// Once more than there is something to repair.
		cfg := p.Config()
		for _, f := range append(found, found...) {
			f.Repair(&cfg)
		}
		for _, f := range analysis.Check(p, analysis.Options{}) {
			f.Repair(&cfg)
			f.Repair(&connector.Config{})
		}
	}
	for _, code := range noEffect[:6] {
		if repaired[code] == 0 {
			t.Errorf("%s was never repaired", code)
		}
	}
}

// TestTiesPointByPoint looks at every local address for the connector that serves a
// client, and whether it wins by its name only.
func TestTiesPointByPoint(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 10))
	ties := 0
	for range randomPolicies {
		p := policygen.Policy(r)
		slow := newSlow(p)
		found := analysis.Check(p, analysis.Options{})
		for _, local := range policygen.Locals {
			for _, remote := range policygen.Clients(local) {
				winner := slow.serve(local, remote)
				if winner == nil {
					continue
				}
				reported := slices.ContainsFunc(found, func(f analysis.Finding) bool {
					return f.Code == analysis.CodeRangeTie && from(analysis.Change{Clients: f.Clients}, p.Bindings(), local, remote)
				})
				if tied := slow.tied(local, remote); tied != reported {
					t.Fatalf("%v at %v: tied: %v, reported: %v\n%v\n%+v", remote, local, tied, reported, found, p.Config())
				} else if tied {
					ties++
				}
			}
		}
	}
	if ties < 10 {
		t.Errorf("only %d ties came up", ties)
	}
}

// tied reports whether another connector would serve the client if the winner came
// last by name.
func (p slowPolicy) tied(local netip.AddrPort, remote netip.Addr) bool {
	winner := p.serve(local, remote)
	other := slowPolicy{p.cfg}
	other.cfg.Receive = slices.Clone(p.cfg.Receive)
	for i := range other.cfg.Receive {
		if c := &other.cfg.Receive[i]; c.Name == winner.Name {
			c.Name = "zzz"
		}
	}
	return other.serve(local, remote).Name != "zzz"
}

// TestOrderOfPeers: the same is found whichever of several comes first that share a
// port, belong to one connector, or log on to a gateway.
func TestOrderOfPeers(t *testing.T) {
	cfg := office()
	cfg.Server = "A"
	cfg.Servers = []routing.Server{{Name: "A"}, {Name: "B", Site: "north"}, {Name: "C", Site: "south"}}
	for i, role := range []param.TransportRole{param.HubTransport, param.FrontendTransport, param.HubTransport} {
		in := relays()
		in.Name, in.TransportRole, in.RemoteIPRanges = fmt.Sprint("Relay ", i), role, ranges(fmt.Sprintf("10.1.%d.0/24", i))
		in.Bindings = bindings("0.0.0.0:2525", "10.2.3.4:2525")
		cfg.Receive = append(cfg.Receive, in)
	}
	cfg.Receive[1].Bindings = bindings("0.0.0.0:25")
	for _, name := range []string{"Spare", "Way"} {
		out := cfg.Send[0]
		out.Name, out.SourceTransportServers = name, []string{"C", "A", "B"}
		out.SmartHostAuthMechanism, out.AuthenticationCredential = auth.BasicAuthRequireTLS, &param.Credential{UserName: "us", Password: "secret"}
		cfg.Send = append(cfg.Send, out)
	}
	p := compile(t, cfg)
	want := findingsOf(p)
	for _, code := range []source.Code{connector.CodeRoleConflict, connector.CodeSourceSites, analysis.CodeGatewaySender} {
		if !strings.Contains(strings.Join(want, "\n"), string(code)) {
			t.Errorf("%s isn't found", code)
		}
	}
	r := rand.New(rand.NewPCG(5, 9))
	for range 20 {
		if got := findingsOf(compile(t, shuffled(r, p.Config()))); !slices.Equal(got, want) {
			t.Fatalf("in another order:\n%s\nbefore:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

// TestPartlyEnforced: what has an effect beside the one that it lacks isn't left out by a
// repair, nor is that advised.
func TestPartlyEnforced(t *testing.T) {
	for field, edit := range map[string]func(*connector.Config){
		"SmartHostAuthMechanism":   func(c *connector.Config) { c.Send[0].SmartHostAuthMechanism = auth.ExchangeServer },
		"CloudServicesMailEnabled": func(c *connector.Config) { c.Send[0].CloudServicesMailEnabled = true },
		"Permissions[0]": func(c *connector.Config) {
			c.Receive[0].Permissions = []permission.Grant{allow(permission.SIDAnonymous, permission.AcceptAnyRecipient, permission.AcceptXShadow)}
		},
	} {
		cfg := office()
		edit(&cfg)
		p := compile(t, cfg)
		found := analysis.Check(p, analysis.Options{})
		i := slices.IndexFunc(found, func(f analysis.Finding) bool {
			return f.Code == connector.CodeNotEnforced && strings.HasSuffix(string(f.Path), "."+field)
		})
		if i < 0 {
			t.Errorf("%s: nothing is said of it", field)
			continue
		}
		f := found[i]
		if after := p.Config(); f.Repair(&after) && !analysis.Equivalent(p, compile(t, after)) || strings.HasPrefix(f.Fix, "leave it out:") {
			t.Errorf("%s: %s; to do: %s", field, f, f.Fix)
		}
	}
}
