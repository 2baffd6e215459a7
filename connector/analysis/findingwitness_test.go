package analysis_test

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/internal/policygen"
	"github.com/interchange-smtp/interchange/routing"
)

// proofs are by code the conditions that the witness of a finding must meet. A finding
// whose code isn't here needs only a session.
var proofs = map[source.Code]func(*connector.Policy, analysis.Finding, connector.Walkthrough) bool{
	analysis.CodeOpenRelay:      relaysOne,
	analysis.CodeAcceptedAny:    relaysOne,
	analysis.CodeRelayAnonymous: relaysOne,
	analysis.CodeRelayExternal:  relaysOne,
	analysis.CodeRelayPartner:   relaysOne,
	analysis.CodeRelayUser:      relaysOne,
	analysis.CodeExternalOpen:   func(_ *connector.Policy, f analysis.Finding, w connector.Walkthrough) bool { return here(f, w) },
	analysis.CodeExternalWide:   func(_ *connector.Policy, f analysis.Finding, w connector.Walkthrough) bool { return here(f, w) },

	analysis.CodeConnectorUnreached: servedByOther,
	analysis.CodeRangeUnreached:     inSources,
	analysis.CodeRangeRedundant: func(p *connector.Policy, f analysis.Finding, w connector.Walkthrough) bool {
		return inSources(p, f, w)
	},
	analysis.CodeRangeTie:       servedByOther,
	connector.CodeRangesOverlap: servedByOther,
	analysis.CodeBindingOutranks: func(p *connector.Policy, f analysis.Finding, w connector.Walkthrough) bool {
		return servedByOther(p, f, w)
	},

	analysis.CodeAuthClear: func(_ *connector.Policy, f analysis.Finding, w connector.Walkthrough) bool {
		at := slices.IndexFunc(w.Stages, func(s connector.Stage) bool { return s.Name == connector.StageAuth })
		return !f.Witness.TLS && here(f, w) && at >= 0 && w.Stages[at].Decision.Reason != reply.MechanismNotOffered
	},
	analysis.CodeMechanismUnused: func(_ *connector.Policy, f analysis.Finding, w connector.Walkthrough) bool {
		reason := last(w).Reason
		return here(f, w) && (reason == reply.LoginWithoutSubmit || reason == reply.NotAuthenticated)
	},
	connector.CodeAcceptsNothing: func(_ *connector.Policy, f analysis.Finding, w connector.Walkthrough) bool {
		return here(f, w) && last(w).Reason == reply.NotAuthenticated
	},

	analysis.CodeAcceptedUnrouted:     noWay,
	analysis.CodeNoRoutes:             noWay,
	analysis.CodeSizeGap:              noWay,
	analysis.CodeRouteSize:            otherWay,
	analysis.CodeSendUnused:           otherWay,
	analysis.CodeRouteTie:             otherWay,
	analysis.CodeSmartHostSelf:        thisWay,
	connector.CodeCredentialClear:     thisWay,
	connector.CodeCredentialUnchecked: thisWay,
	connector.CodeForceHELO:           thisWay,
	analysis.CodeRelayLoop: func(p *connector.Policy, f analysis.Finding, w connector.Walkthrough) bool {
		_, ours := p.Accepted(f.Witness.To[0].Domain())
		return ours && letInOne(w) && w.Routes[0].Outbound.Settings().DNSRoutingEnabled.Or(false)
	},
	analysis.CodeSpaceUnused: func(_ *connector.Policy, f analysis.Finding, w connector.Walkthrough) bool {
		unused, _, _ := strings.Cut(strings.TrimPrefix(f.Detail, "no mail leaves by "), ": ")
		spaces := strings.Split(strings.ReplaceAll(unused, " or ", ", "), ", ")
		return letInOne(w) && !(strings.HasPrefix(string(f.Path), sendPlace(w)) && slices.Contains(spaces, w.Routes[0].Space.String()))
	},
}

func last(w connector.Walkthrough) connector.Decision { return w.Stages[len(w.Stages)-1].Decision }

// here reports whether the connector of the finding serves the witness.
func here(f analysis.Finding, w connector.Walkthrough) bool {
	return strings.HasPrefix(string(f.Path), "Receive["+strconv.Quote(w.Session.Inbound().Name())+"]")
}

// letInOne reports whether a recipient passed RCPT.
func letInOne(w connector.Walkthrough) bool {
	return len(w.Routes) > 0 && slices.ContainsFunc(w.Stages, func(s connector.Stage) bool {
		return s.Name == connector.StageRcpt && s.Decision.Allowed()
	})
}

func relaysOne(p *connector.Policy, f analysis.Finding, w connector.Walkthrough) bool {
	if _, ours := p.Accepted(f.Witness.To[0].Domain()); ours && !everything(p) {
		return false
	}
	return letInOne(w) && (f.Code == analysis.CodeAcceptedAny || here(f, w))
}

func servedByOther(_ *connector.Policy, f analysis.Finding, w connector.Walkthrough) bool {
	return w.Session.Inbound() != nil && !here(f, w) && holdsClient(f)
}

func inSources(_ *connector.Policy, f analysis.Finding, w connector.Walkthrough) bool {
	return w.Session.Inbound() != nil && holdsClient(f)
}

func holdsClient(f analysis.Finding) bool {
	return slices.ContainsFunc(f.Clients, func(s analysis.Clients) bool {
		return slices.ContainsFunc(s.Ranges, func(r param.Range) bool { return r.Contains(f.Witness.Remote) })
	})
}

func noWay(_ *connector.Policy, _ analysis.Finding, w connector.Walkthrough) bool {
	return letInOne(w) && w.Routes[0].Outcome != routing.Routed
}

func sendPlace(w connector.Walkthrough) string {
	return "Send[" + strconv.Quote(w.Routes[0].Outbound.Name()) + "]"
}

func otherWay(_ *connector.Policy, f analysis.Finding, w connector.Walkthrough) bool {
	return letInOne(w) && !strings.HasPrefix(string(f.Path), sendPlace(w))
}

func thisWay(_ *connector.Policy, f analysis.Finding, w connector.Walkthrough) bool {
	return letInOne(w) && strings.HasPrefix(string(f.Path), sendPlace(w))
}

// shown fails unless the witness of f shows it.
func shown(t *testing.T, p *connector.Policy, f analysis.Finding) {
	t.Helper()
	if show := proofs[f.Code]; f.Shown() && show != nil && !show(p, f, p.Walk(f.Witness)) {
		t.Errorf("%v isn't shown by %+v\n%v", f, f.Witness, p.Walk(f.Witness))
	}
}

// unshown are the codes that no session can show, or not always, in the policies of
// findingTests.
var unshown = []source.Code{
	connector.CodeNotEnforced, connector.CodeDomainSecureList, connector.CodeExchangeFqdn, connector.CodeGroupCustom,
	connector.CodeTLSLegacyUnused, connector.CodeCredentialUnused, connector.CodeSmartHostLimits, connector.CodeSenderRules, connector.CodeEdgeOnly, connector.CodeSourceSites, connector.CodeDelayNotification, connector.CodeNameServersUnused, connector.CodeLogPath,
	routing.CodeSiteLink, connector.CodeRoleConflict, analysis.CodeFqdnMissing, analysis.CodeAcknowledgedNothing, analysis.CodeAcknowledgedNoReason,
	analysis.CodeAcknowledgedExtent, analysis.CodeAcknowledgedError, connector.CodeLogPath,
	analysis.CodeAssertionInvalid, analysis.CodeAssertionUndecided, analysis.CodeAssertionDoubtful,
}

// relayingUsers is a connector by which users may send to every domain. Without it no
// session shows the routes of domains that aren't accepted.
const relayingUsers = `, {"Name": "Users", "Bindings": ["0.0.0.0:2587"], "RemoteIPRanges": ["10.0.0.0/8"],
	"AuthMechanism": "Tls, BasicAuth, BasicAuthRequireTLS", "PermissionGroups": "ExchangeUsers"}`

// TestWitnesses evaluates the witness of every finding.
func TestWitnesses(t *testing.T) {
	for name, tt := range findingTests {
		t.Run(name, func(t *testing.T) {
			p := compiled(t, with(t, append(slices.Clone(tt.parts), "%users", relayingUsers)...))
			for _, f := range analysis.Check(p, options("huba.fabrikam.com")) {
				if f.Shown() == slices.Contains(unshown, f.Code) {
					t.Errorf("%v has a witness: %v", f, f.Shown())
				}
				shown(t, p, f)
			}
		})
	}
	r := rand.New(rand.NewPCG(5, 2))
	for range shorter(randomPolicies) {
		p := policygen.Policy(r)
		for _, f := range analysis.Check(p, analysis.Options{}) {
			shown(t, p, f)
		}
		if t.Failed() {
			t.Fatalf("%+v", p.Config())
		}
	}
}

// TestWitnessDeclaresSize: what is about sizes is shown by a session that may declare
// one, though the first connector by name offers no SIZE and the next takes too little.
func TestWitnessDeclaresSize(t *testing.T) {
	cfg := office()
	for i, name := range []string{"A", "B", "C"} {
		in := relays()
		in.Name, in.Bindings = name, bindings("0.0.0.0:"+strconv.Itoa(2525+i))
		in.SizeEnabled = []param.SizeMode{param.SizeDisabled, param.SizeEnabled, param.SizeEnabled}[i]
		in.MaxMessageSize = []param.Size{0, 64 * param.KB, 0}[i]
		cfg.Receive = append(cfg.Receive, in)
	}
	cfg.Receive = cfg.Receive[2:]
	small, tie := cfg.Send[0], cfg.Send[0]
	small.Name, small.MaxMessageSize = "Small", 50*param.KB
	small.AddressSpaces = []routing.AddressSpace{routing.MustParseAddressSpace("example.net")}
	cfg.Send[0].MaxMessageSize, tie.Name, tie.MaxMessageSize = 100*param.KB, "Tie", 200*param.KB
	tie.AddressSpaces = []routing.AddressSpace{routing.MustParseAddressSpace("*;2")}
	third := tie
	third.Name = "Tie again"
	cfg.Send = append(cfg.Send, small, tie, third)
	p := compile(t, cfg)
	told := map[source.Code]bool{}
	for _, f := range analysis.Check(p, analysis.Options{}) {
		if f.Witness.Size > 0 {
			told[f.Code] = true
			shown(t, p, f)
		}
	}
	if !told[analysis.CodeRouteSize] || !told[analysis.CodeRouteTie] {
		t.Errorf("found with a size: %v", told)
	}
}

// TestSizeUndeclared: where SIZE isn't offered at all a small connector is given
// messages of any size, so no session shows what it doesn't carry.
func TestSizeUndeclared(t *testing.T) {
	cfg, in := office(), relays()
	in.SizeEnabled = param.SizeDisabled
	cfg.Receive = []connector.Receive{in}
	small := cfg.Send[0]
	small.Name, small.MaxMessageSize = "Small", 50*param.KB
	small.AddressSpaces = []routing.AddressSpace{routing.MustParseAddressSpace("example.net")}
	cfg.Send = append(cfg.Send, small)
	p := compile(t, cfg)
	found := analysis.Check(p, analysis.Options{})
	i := slices.IndexFunc(found, func(f analysis.Finding) bool { return f.Code == analysis.CodeRouteSize })
	if i < 0 || found[i].Shown() {
		t.Errorf("got %v", found)
	}
}
