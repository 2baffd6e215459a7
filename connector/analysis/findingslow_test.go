package analysis_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
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

const randomPolicies = 150

// subsets returns all subsets of a small list.
func subsets[T any](all []T) [][]T {
	var sets [][]T
	for mask := range 1 << len(all) {
		var set []T
		for i, x := range all {
			if mask>>i&1 == 1 {
				set = append(set, x)
			}
		}
		sets = append(sets, set)
	}
	return sets
}

// attempts are all sessions that policygen's policies tell apart from one
// client, by the code of the finding about them.
func attempts(r *connector.Receive, local netip.AddrPort, remote netip.Addr) map[source.Code][]connector.Dialog {
	all := map[source.Code][]connector.Dialog{}
	kind := analysis.CodeRelayAnonymous
	if r.AuthMechanism.Or(0).Has(auth.ExternalAuthoritative) {
		kind = analysis.CodeRelayExternal
	}
	for _, tls := range []bool{false, true} {
		d := connector.Dialog{Local: local, Remote: remote, Helo: "x", TLS: tls}
		all[kind] = append(all[kind], d)
		servers := [][]permission.SID{{permission.SIDExchangeServers}, {permission.SIDExternallySecured}}
		for _, sids := range append(servers, subsets(policygen.Groups)...) {
			d.User = &auth.Identity{Principal: permission.Principal{Name: "ann", SIDs: sids}}
			all[analysis.CodeRelayUser] = append(all[analysis.CodeRelayUser], d)
		}
	}
	for _, names := range subsets(policygen.Names)[1:] {
		d := connector.Dialog{Local: local, Remote: remote, Helo: "x", TLS: true, PeerNames: names}
		all[analysis.CodeRelayPartner] = append(all[analysis.CodeRelayPartner], d)
	}
	return all
}

// TestRelayingSlow asks the documented model about every session.
func TestRelayingSlow(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 1))
	to := routing.MustParseAddress("user@elsewhere.org")
	for range shorter(randomPolicies * 2 / 3) {
		p := policygen.Policy(r)
		slow := newSlow(p)
		found := analysis.Check(p, analysis.Options{})
		anonymous := false
		for _, local := range policygen.Locals {
			for _, remote := range policygen.Clients(local) {
				in := slow.serve(local, remote)
				if in == nil {
					continue
				}
				for kind, dialogs := range attempts(in, local, remote) {
					relays := slices.ContainsFunc(dialogs, func(d connector.Dialog) bool {
						s := slow.open(d)
						// A listed certificate makes a Partner; without, the session is anonymous.
						return s != nil && (kind == analysis.CodeRelayPartner) == (len(s.proven) > 0) && s.to(to)
					})
					if everything(p) && kind == analysis.CodeRelayAnonymous {
						anonymous = anonymous || relays
					} else if reported := saysRelay(found, kind, in.Name, local, remote); relays != reported {
						t.Fatalf("%v to %v at %q relays as %s: %v, reported: %v\n%q\n%+v", remote, local, in.Name, kind, relays, reported, found, p.Config())
					}
				}
			}
		}
		if reported := slices.ContainsFunc(found, func(f analysis.Finding) bool { return f.Code == analysis.CodeAcceptedAny }); reported != anonymous {
			t.Fatalf("accepted-any reported: %v, anonymous senders: %v\n%+v", reported, anonymous, p.Config())
		}
	}
}

// everything reports whether p accepts every domain.
func everything(p *connector.Policy) bool {
	return slices.ContainsFunc(p.Config().Accepted, func(a routing.AcceptedDomain) bool { return a.DomainName == "*" })
}

// saysRelay reports whether a finding says that a client relays.
func saysRelay(found []analysis.Finding, kind source.Code, name string, local netip.AddrPort, remote netip.Addr) bool {
	codes := map[source.Code][]source.Code{
		analysis.CodeRelayAnonymous: {analysis.CodeOpenRelay},
		analysis.CodeRelayExternal:  {analysis.CodeExternalOpen, analysis.CodeExternalWide},
	}
	return slices.ContainsFunc(found, func(f analysis.Finding) bool {
		if f.Code != kind && !(slices.Contains(codes[kind], f.Code) && strings.Contains(f.Detail, " relay to ")) {
			return false
		}
		rest, ok := strings.CutPrefix(string(f.Path), `Receive["`+name+`"]`)
		return ok && (rest == "" || rest[0] == '.') && holds(f.Clients, local, remote)
	})
}

// holds reports whether sources hold a client. No binding of policygen but one
// is to a single address.
func holds(sources []analysis.Clients, local netip.AddrPort, remote netip.Addr) bool {
	specific := netip.MustParseAddrPort("192.0.2.1:25")
	return slices.ContainsFunc(sources, func(s analysis.Clients) bool {
		at := slices.ContainsFunc(s.Local, func(b netip.AddrPort) bool {
			return b == local || local != specific && b.Addr().IsUnspecified() && b.Port() == local.Port() && b.Addr().Is4() == local.Addr().Is4()
		}) || local == specific && slices.Contains(s.Local, netip.MustParseAddrPort("0.0.0.0:25"))
		return at && slices.ContainsFunc(s.Ranges, func(g param.Range) bool { return g.Contains(remote) })
	})
}

// TestRangesSlow removes ranges: without those that are said to have no effect, one,
// some or all of them, every client is served by the same connector. Without any other
// some client is not.
func TestRangesSlow(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 3))
	redundant := 0
	for range shorter(randomPolicies) {
		p := policygen.Policy(r)
		slow := newSlow(p)
		want := servedBy(slow)
		found := map[string]source.Code{} // codes by place
		for _, f := range analysis.Check(p, analysis.Options{}) {
			if strings.HasPrefix(string(f.Code), "range-un") || f.Code == analysis.CodeRangeRedundant || f.Code == analysis.CodeConnectorUnreached {
				found[string(f.Path)] = f.Code
			}
		}
		// without returns the connectors without ranges.
		without := func(goes func(in *connector.Receive, place string, code source.Code) bool) slowPolicy {
			rest := slowPolicy{newSlow(p).cfg}
			for i := range rest.cfg.Receive {
				in := &rest.cfg.Receive[i]
				var kept []param.Range
				for j, g := range in.RemoteIPRanges {
					place := fmt.Sprintf("Receive[%q]", in.Name)
					code := found[place]
					if place += fmt.Sprintf(".RemoteIPRanges[%d]", j); code == "" {
						code = found[place]
					}
					if !goes(in, place, code) {
						kept = append(kept, g)
					}
				}
				in.RemoteIPRanges = kept
			}
			return rest
		}
		check := func(what string, same bool, goes func(in *connector.Receive, place string, code source.Code) bool) {
			t.Helper()
			if slices.Equal(servedBy(without(goes)), want) != same {
				t.Fatalf("without %s, it must be the same: %v\n%v\n%+v", what, same, found, p.Config())
			}
		}
		check("all that have no effect", true, func(_ *connector.Receive, _ string, code source.Code) bool { return code != "" })
		for range 5 {
			check("some that have no effect", true, func(_ *connector.Receive, _ string, code source.Code) bool { return code != "" && r.IntN(2) == 0 })
		}
		for i := range slow.cfg.Receive {
			in := &slow.cfg.Receive[i]
			for j := range in.RemoteIPRanges {
				place := fmt.Sprintf("Receive[%q].RemoteIPRanges[%d]", in.Name, j)
				switch {
				case found[fmt.Sprintf("Receive[%q]", in.Name)] != "" || !in.Enabled.Or(true):
				case found[place] != "":
					redundant++
					check(place, true, func(_ *connector.Receive, at string, _ source.Code) bool { return at == place })
				default:
					check(place, false, func(other *connector.Receive, at string, code source.Code) bool {
						return at == place || code == analysis.CodeRangeRedundant || code == analysis.CodeRangeUnreached && other.Name == in.Name
					})
				}
			}
		}
	}
	if redundant < 30 {
		t.Errorf("only %d ranges have no effect", redundant)
	}
}

// servedBy returns the names of the connectors of all clients.
func servedBy(p slowPolicy) []string {
	var names []string
	for _, local := range policygen.Locals {
		for _, remote := range policygen.Clients(local) {
			name := ""
			if in := p.serve(local, remote); in != nil {
				name = in.Name
			}
			names = append(names, name)
		}
	}
	return names
}

// TestSpacesSlow routes everything: the address spaces by which nothing leaves are
// those that are said to be unused.
func TestSpacesSlow(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 4))
	for range shorter(randomPolicies) {
		p := policygen.Policy(r)
		used := map[string]bool{}
		for _, domain := range append([]string{"host.contoso.com", "x.a.contoso.com", "y.partner.test"}, policygen.Domains...) {
			for _, size := range policygen.Sizes {
				route := p.Route(routing.MustParseAddress("user@"+domain), size, nil)
				used[route.Outbound.Name()] = true
				used[route.Outbound.Name()+" "+route.Space.String()] = true
			}
		}
		found := map[string]bool{}
		cfg := p.Config() // without the address spaces that are reported
		for _, f := range analysis.Check(p, analysis.Options{}) {
			found[signature(f)] = true
			if f.Code == analysis.CodeSpaceUnused && !f.Repair(&cfg) {
				t.Fatalf("%v can't be repaired\n%+v", f, p.Config())
			}
		}
		for n, s := range p.Config().Send {
			if !s.Enabled.Or(true) {
				continue
			}
			place := `Send["` + s.Name + `"]`
			if reported := found["send-unused "+place]; reported == used[s.Name] {
				t.Fatalf("%s is used: %v, reported: %v\n%+v", s.Name, used[s.Name], reported, p.Config())
			}
			for _, space := range s.AddressSpaces {
				reported := !slices.Contains(cfg.Send[n].AddressSpaces, space) || found["send-unused "+place]
				if reported == used[s.Name+" "+space.String()] {
					t.Fatalf("%s of %s is used: %v, reported: %v\n%+v", space, s.Name, !reported, reported, p.Config())
				}
			}
		}
	}
}

// TestGrantsSlow takes every grant away and asks what every possible session holds.
func TestGrantsSlow(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes seconds, in one goroutine")
	}
	r := rand.New(rand.NewPCG(5, 5))
	for range shorter(randomPolicies / 3) {
		p := policygen.Policy(r)
		found := map[string]bool{}
		for _, f := range analysis.Check(p, analysis.Options{}) {
			found[signature(f)] = true
		}
		slow := newSlow(p)
		reached := servedBy(slow)
		for i := range slow.cfg.Receive {
			in := &slow.cfg.Receive[i]
			if !slices.Contains(reached, in.Name) {
				continue
			}
			before := powers(slow, in)
			all := in.Permissions
			same := func(stays func(j int) bool) bool {
				in.Permissions = nil
				for j := range all {
					if stays(j) {
						in.Permissions = append(in.Permissions, all[j])
					}
				}
				return slices.Equal(powers(slow, in), before)
			}
			reported := func(j int) bool {
				return found[fmt.Sprintf("grant-ineffective Receive[%q].Permissions[%d]", in.Name, j)]
			}
			if !same(func(j int) bool { return !reported(j) }) || !same(func(j int) bool { return !reported(j) || r.IntN(2) == 0 }) {
				t.Fatalf("without those that are said to change nothing something changes\n%v\n%+v", found, *in)
			}
			for j := range all {
				alone := same(func(i int) bool { return i != j })
				beside := same(func(i int) bool { return i != j && !reported(i) })
				some := same(func(i int) bool { return i != j && (!reported(i) || all[i].Deny == 0) }) && same(func(i int) bool { return i != j && (!reported(i) || all[i].Allow == 0) })
				if reported(j) && !alone || !reported(j) && all[j].Removed == 0 && alone && beside && some {
					t.Fatalf("without %v all is the same: %v, reported: %v\n%v\n%v", all[j], alone, reported(j), found, all)
				}
			}
			in.Permissions = all
		}
	}
}

// powers returns what every session on r holds, nothing without Submit.
func powers(p slowPolicy, r *connector.Receive) []permission.Set {
	var sessions [][]permission.SID
	m := r.AuthMechanism.Or(0)
	if m.Has(auth.ExternalAuthoritative) {
		sessions = append(sessions, []permission.SID{permission.SIDExternallySecured})
	} else {
		sessions = append(sessions, []permission.SID{permission.SIDAnonymous})
		if r.DomainSecureEnabled && m.Has(auth.TLS) && len(p.cfg.Transport.TLSReceiveDomainSecureList) > 0 {
			sessions = append(sessions, []permission.SID{permission.SIDPartners})
		}
		if m&(auth.BasicAuth|auth.OAuth|auth.ClientCertificate) != 0 {
			// And a user that no grant names.
			for _, sids := range subsets(append([]permission.SID{permission.SIDExchangeServers, permission.SIDExternallySecured}, policygen.Groups...)) {
				sessions = append(sessions, append(sids, permission.SIDAuthenticatedUsers))
			}
		}
	}
	var all []permission.Set
	for _, sids := range sessions {
		s := slowSession{policy: p, receive: r, sids: sids}
		var held []permission.Right
		for right := permission.Submit; right <= permission.SendXShadow; right++ {
			if s.holds(right) {
				held = append(held, right)
			}
		}
		if !s.holds(permission.Submit) {
			held = nil
		}
		all = append(all, permission.SetOf(held...))
	}
	return all
}

// TestRepairsSlow applies every fix to random policies, as far as what comes out is
// valid.
func TestRepairsSlow(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range shorter(randomPolicies) {
		p := policygen.Policy(r)
		for _, f := range analysis.Check(p, analysis.Options{}) {
			cfg := p.Config()
			if !f.Repair(&cfg) {
				continue
			}
			fixed, err := connector.Compile(cfg)
			if err != nil {
				continue
			}
			// Of equal ranges one may move up to the place of the other.
			if before, after := number(p, f), number(fixed, f); after >= before {
				t.Fatalf("the fix leaves %v\n%+v", f, p.Config())
			}
		}
	}
}

// number counts the findings of the code of f at its connector.
func number(p *connector.Policy, f analysis.Finding) int {
	n := 0
	for _, g := range analysis.Check(p, analysis.Options{}) {
		place, _, _ := strings.Cut(string(g.Path), "].")
		if g.Code == f.Code && strings.HasPrefix(string(f.Path), place) {
			n++
		}
	}
	return n
}
