package connector_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// ruleConfig is a valid Config without warnings, which every row of the rule
// tests breaks in one way: two Receive and two Send connectors on HubA.
func ruleConfig() *connector.Config {
	return &connector.Config{
		Server: "HubA",
		Servers: []routing.Server{
			{Name: "HubA", FQDN: "huba.contoso.com", Site: "Paris"},
			{Name: "HubB", FQDN: "hubb.contoso.com", Site: "Paris"},
			{Name: "HubC", FQDN: "hubc.contoso.com", Site: "Oslo"},
		},
		Links: []routing.SiteLink{{Name: "north", Sites: []string{"Paris", "Oslo"}, Cost: 10}},
		Receive: []connector.Receive{
			{
				Name:             "Default",
				Bindings:         []netip.AddrPort{param.MustParseBinding("0.0.0.0:25")},
				RemoteIPRanges:   []param.Range{param.MustParseRange("0.0.0.0-255.255.255.255")},
				AuthMechanism:    param.Value(auth.TLS | auth.BasicAuth | auth.BasicAuthRequireTLS),
				PermissionGroups: param.Value(permission.ExchangeUsers),
			},
			{
				Name:             "Relay",
				Bindings:         []netip.AddrPort{param.MustParseBinding("10.2.3.4:25")},
				RemoteIPRanges:   []param.Range{param.MustParseRange("192.168.5.0/24")},
				PermissionGroups: param.Value(permission.AnonymousUsers),
				Permissions:      []permission.Grant{{To: permission.SIDAnonymous, Allow: permission.SetOf(permission.AcceptAnyRecipient)}},
			},
		},
		Send: []connector.Send{
			{
				Name:                     "Gateway",
				AddressSpaces:            []routing.AddressSpace{routing.MustParseAddressSpace("*")},
				SmartHosts:               []param.SmartHost{param.MustParseSmartHost("smtpgateway1.contoso.com")},
				SmartHostAuthMechanism:   auth.BasicAuth | auth.BasicAuthRequireTLS,
				AuthenticationCredential: &param.Credential{UserName: "hub", Password: "secret"},
			},
			{Name: "Direct", AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace("fabrikam.com")}},
		},
		Accepted: []routing.AcceptedDomain{{Name: "Contoso", DomainName: "contoso.com", DomainType: routing.Authoritative, Default: true}},
		Transport: connector.Transport{
			TLSReceiveDomainSecureList: []string{"fabrikam.com"},
			TLSSendDomainSecureList:    []string{"fabrikam.com"},
		},
	}
}

// ruleRow breaks ruleConfig in one way. legal is what is nearest to it and
// allowed; nil stands for ruleConfig itself.
type ruleRow struct {
	rule  string
	path  source.Path
	code  source.Code
	warn  bool
	wrong func(c *connector.Config)
	legal func(c *connector.Config)
}

func relay(f func(r *connector.Receive)) func(*connector.Config) {
	return func(c *connector.Config) { f(&c.Receive[1]) }
}

func gateway(f func(s *connector.Send)) func(*connector.Config) {
	return func(c *connector.Config) { f(&c.Send[0]) }
}

// linked makes the first Send connector the way out of a Receive connector.
func linked(f func(s *connector.Send)) func(*connector.Config) {
	return gateway(func(s *connector.Send) {
		s.LinkedReceiveConnector, s.AddressSpaces, s.MaxMessageSize = "Relay", nil, param.UnlimitedSize
		f(s)
	})
}

func direct(f func(s *connector.Send)) func(*connector.Config) {
	return func(c *connector.Config) { f(&c.Send[1]) }
}

func edge(f func(c *connector.Config)) func(*connector.Config) {
	return func(c *connector.Config) {
		c.Servers[0].Edge = true
		c.Receive[0].PermissionGroups = param.Value(permission.AnonymousUsers)
		f(c)
	}
}

var receiveRows = []ruleRow{
	{rule: "R1", path: `Receive["Relay"].AuthMechanism`, code: connector.CodeAuthInvalid,
		wrong: relay(func(r *connector.Receive) { r.AuthMechanism = param.Value(auth.Mechanism(1 << 12)) }),
		legal: relay(func(r *connector.Receive) { r.AuthMechanism = param.Value(auth.None) })},
	{rule: "R2", path: `Receive["Relay"].AuthMechanism`, code: connector.CodeAuthNeedsTLS,
		wrong: relay(func(r *connector.Receive) { r.AuthMechanism = param.Value(auth.TLS | auth.BasicAuthRequireTLS) }),
		legal: relay(func(r *connector.Receive) {
			r.AuthMechanism = param.Value(auth.TLS | auth.BasicAuth | auth.BasicAuthRequireTLS)
		})},
	{rule: "R3", path: `Receive["Relay"].RequireTLS`, code: connector.CodeRequireTLS,
		wrong: relay(func(r *connector.Receive) { r.RequireTLS, r.AuthMechanism = true, param.Value(auth.None) }),
		legal: relay(func(r *connector.Receive) { r.RequireTLS = true })},
	{rule: "R4 beside", path: `Receive["Relay"].AuthMechanism`, code: connector.CodeExternalExclusive,
		wrong: relay(func(r *connector.Receive) {
			r.AuthMechanism = param.Value(auth.ExternalAuthoritative | auth.BasicAuth)
			r.PermissionGroups = param.Value(permission.ExchangeServers)
		}),
		legal: relay(func(r *connector.Receive) {
			r.AuthMechanism = param.Value(auth.ExternalAuthoritative | auth.TLS)
			r.PermissionGroups = param.Value(permission.ExchangeServers)
		})},
	{rule: "R4 groups", path: `Receive["Relay"].PermissionGroups`, code: connector.CodeExternalGroups,
		wrong: relay(func(r *connector.Receive) { r.AuthMechanism = param.Value(auth.ExternalAuthoritative) })},
	{rule: "R5 Tls", path: `Receive["Relay"].DomainSecureEnabled`, code: connector.CodeDomainSecure,
		wrong: relay(func(r *connector.Receive) { r.DomainSecureEnabled, r.AuthMechanism = true, param.Value(auth.None) }),
		legal: relay(func(r *connector.Receive) { r.DomainSecureEnabled = true })},
	{rule: "R5 list", path: `Receive["Relay"].DomainSecureEnabled`, code: connector.CodeDomainSecureList, warn: true,
		wrong: func(c *connector.Config) {
			c.Receive[1].DomainSecureEnabled, c.Transport.TLSReceiveDomainSecureList = true, nil
		}},
	{rule: "too many assertions", path: "Transport.Assertions", code: source.CodeOutOfRange,
		wrong: func(c *connector.Config) {
			c.Transport.Assertions = slices.Repeat([]string{"never relays"}, connector.MaxAssertions+1)
		},
		legal: func(c *connector.Config) {
			c.Transport.Assertions = slices.Repeat([]string{"never relays"}, connector.MaxAssertions)
		}},
	{rule: "too long an assertion", path: "Transport.Assertions[1]", code: source.CodeOutOfRange,
		wrong: func(c *connector.Config) {
			c.Transport.Assertions = []string{"never relays", strings.Repeat("ä", connector.MaxAssertionLen+1)}
		},
		legal: func(c *connector.Config) {
			c.Transport.Assertions = []string{"never relays", strings.Repeat("ä", connector.MaxAssertionLen)}
		}},
	{rule: "R5 wildcard", path: "Transport.TLSReceiveDomainSecureList[1]", code: connector.CodeDomainSecureList,
		wrong: func(c *connector.Config) {
			c.Transport.TLSReceiveDomainSecureList = []string{"fabrikam.com", "*.fabrikam.com"}
		}},
	{rule: "R6", path: `Receive["Relay"].Fqdn`, code: connector.CodeExchangeFqdn,
		wrong: relay(func(r *connector.Receive) { r.Usage, r.AuthMechanism, r.Fqdn = internal, unset, "mail.contoso.com" }),
		legal: relay(func(r *connector.Receive) { r.Usage, r.AuthMechanism, r.Fqdn = internal, unset, "huba" })},
	{rule: "R6 by name only", path: `Receive["Relay"].Fqdn`, code: connector.CodeExchangeFqdn,
		wrong: func(c *connector.Config) {
			c.Servers[0].FQDN = ""
			relay(func(r *connector.Receive) { r.Usage, r.AuthMechanism, r.Fqdn = internal, unset, "mail.contoso.com" })(c)
		},
		legal: func(c *connector.Config) {
			c.Servers[0].FQDN = ""
			relay(func(r *connector.Receive) { r.Usage, r.AuthMechanism, r.Fqdn = internal, unset, "huba.contoso.com" })(c)
		}},
	{rule: "R7", path: `Receive["Relay"].Bindings[0]`, code: connector.CodeBindingsConflict,
		wrong: func(c *connector.Config) {
			c.Receive[0].Bindings = c.Receive[1].Bindings
			c.Receive[0].RemoteIPRanges = []param.Range{param.MustParseRange("192.168.5.0/25"), param.MustParseRange("192.168.5.128/25")}
		},
		legal: func(c *connector.Config) { c.Receive[0].Bindings = c.Receive[1].Bindings }},
	{rule: "R7 wildcard", path: `Receive["Relay"].Bindings[0]`, code: connector.CodeBindingsConflict,
		wrong: func(c *connector.Config) { c.Receive[1].RemoteIPRanges = c.Receive[0].RemoteIPRanges },
		legal: func(c *connector.Config) { // another family is another endpoint
			c.Receive[1].RemoteIPRanges = c.Receive[0].RemoteIPRanges
			c.Receive[0].Bindings = []netip.AddrPort{param.MustParseBinding("[::]:25")}
		}},
	{rule: "R7 by family", path: `Receive["Relay"].Bindings[0]`, code: connector.CodeBindingsConflict,
		wrong: func(c *connector.Config) { // no client of IPv6 comes to an address of IPv4
			c.Receive[0].Bindings = c.Receive[1].Bindings
			c.Receive[0].RemoteIPRanges = append([]param.Range{param.MustParseRange("2001:db8::/32")}, c.Receive[1].RemoteIPRanges...)
		},
		legal: func(c *connector.Config) { // and connectors without any for the binding have none in common
			both := []netip.AddrPort{param.MustParseBinding("[::1]:25"), param.MustParseBinding("10.2.3.4:25")}
			c.Receive[0].Bindings, c.Receive[1].Bindings = both, both
		}},
	{rule: "R7b", path: `Receive["Relay"].Bindings[0]`, code: connector.CodeRoleConflict, warn: true,
		wrong: relay(func(r *connector.Receive) { r.TransportRole = param.FrontendTransport }),
		legal: func(c *connector.Config) { // another server is another endpoint
			c.Receive[1].TransportRole, c.Receive[1].Server = param.FrontendTransport, "HubB"
		}},
	{rule: "R8", path: `Receive["Relay"].RemoteIPRanges`, code: connector.CodeRangesOverlap, warn: true,
		wrong: func(c *connector.Config) {
			c.Receive[0].Bindings = c.Receive[1].Bindings
			c.Receive[0].RemoteIPRanges = []param.Range{param.MustParseRange("192.168.4.0-192.168.5.7")}
		},
		legal: func(c *connector.Config) { c.Receive[0].Bindings = c.Receive[1].Bindings }},
	{rule: "R9", path: `Receive["Relay"].ConnectionInactivityTimeout`, code: connector.CodeTimeoutOrder,
		wrong: relay(func(r *connector.Receive) { r.ConnectionInactivityTimeout = 10 * time.Minute }),
		legal: relay(func(r *connector.Receive) { r.ConnectionInactivityTimeout = 10*time.Minute - 1 })},
	{rule: "R10", path: `Receive["Relay"].BinaryMimeEnabled`, code: connector.CodeBinaryMime,
		wrong: relay(func(r *connector.Receive) {
			r.BinaryMimeEnabled, r.ChunkingEnabled = param.Value(true), param.Value(false)
		}),
		legal: relay(func(r *connector.Receive) { r.ChunkingEnabled = param.Value(false) })},
	{rule: "R11", path: `Receive["Relay"].Banner`, code: connector.CodeBannerInvalid,
		wrong: relay(func(r *connector.Receive) { r.Banner = "Contoso Mail" }),
		legal: relay(func(r *connector.Receive) { r.Banner = "220 Contoso Mail" })},
	{rule: "R11 injection", path: `Receive["Relay"].Banner`, code: connector.CodeBannerInvalid,
		wrong: relay(func(r *connector.Receive) { r.Banner = "220 Contoso\r\n250 ok" })},
	{rule: "rewritten sender", path: `Receive["Relay"].RewriteSender`, code: connector.CodeRewriteAddress,
		wrong: relay(func(r *connector.Receive) { r.RewriteSender = "scanner" }),
		legal: relay(func(r *connector.Receive) { r.RewriteSender = "scanner@contoso.com" })},
	{rule: "rewritten author", path: `Receive["Relay"].RewriteFrom`, code: connector.CodeRewriteAddress,
		wrong: relay(func(r *connector.Receive) { r.RewriteFrom = "prüfer@contoso.com" }),
		legal: relay(func(r *connector.Receive) { r.RewriteFrom = "scanner@contoso.com" })},
	{rule: "author with a line end", path: `Receive["Relay"].RewriteFrom`, code: connector.CodeRewriteAddress,
		wrong: relay(func(r *connector.Receive) { r.RewriteFrom = "a@contoso.com\r\nBcc: b@contoso.com" })},
	{rule: "zero Sender", path: `Receive["Relay"].AllowedSenders[0]`, code: source.CodeValueInvalid,
		wrong: relay(func(r *connector.Receive) { r.AllowedSenders = []param.Sender{{}} })},
	{rule: "R12", path: `Receive["Relay"].SuppressXAnonymousTls`, code: connector.CodeSuppressTLS,
		wrong: relay(func(r *connector.Receive) { r.SuppressXAnonymousTls = true }),
		legal: func(c *connector.Config) {
			c.Receive[1].SuppressXAnonymousTls, c.Transport.UseDowngradedExchangeServerAuth = true, true
		}},
	{rule: "R14 users", path: `Receive["Default"].PermissionGroups`, code: connector.CodeNotOnEdge,
		wrong: edge(func(c *connector.Config) { c.Receive[0].PermissionGroups = param.Value(permission.ExchangeUsers) }),
		legal: edge(func(c *connector.Config) {})},
	{rule: "R14 legacy", path: `Receive["Default"].PermissionGroups`, code: connector.CodeNotOnEdge,
		wrong: edge(func(c *connector.Config) {
			c.Receive[0].PermissionGroups = param.Value(permission.ExchangeLegacyServers)
		}),
		legal: edge(func(c *connector.Config) { // the preset leaves them out there
			c.Receive[0].Usage, c.Receive[0].PermissionGroups = internal, param.Setting[permission.Group]{}
		})},
	{rule: "R14 client", path: `Receive["Default"].Usage`, code: connector.CodeNotOnEdge,
		wrong: edge(func(c *connector.Config) { c.Receive[0].Usage = param.UsageClient })},
	{rule: "R15", path: `Receive["Relay"].PermissionGroups`, code: connector.CodeGroupCustom, warn: true,
		wrong: relay(func(r *connector.Receive) {
			r.PermissionGroups, r.Permissions = param.Value(permission.AnonymousUsers|permission.Custom), nil
		}),
		legal: relay(func(r *connector.Receive) {
			r.PermissionGroups = param.Value(permission.AnonymousUsers | permission.Custom)
		})},
	{rule: "R16", path: `Receive["Relay"].PermissionGroups`, code: connector.CodeAcceptsNothing, warn: true,
		wrong: relay(func(r *connector.Receive) {
			r.PermissionGroups, r.Permissions = param.Setting[permission.Group]{}, nil
		}),
		legal: relay(func(r *connector.Receive) { r.PermissionGroups = param.Setting[permission.Group]{} })},
	{rule: "R18", path: `Receive["DEFAULT"].Name`, code: source.CodeNameDuplicate,
		wrong: relay(func(r *connector.Receive) { r.Name = "DEFAULT" }),
		legal: relay(func(r *connector.Receive) { r.Name, r.Server = "Default", "HubB" })},
	{rule: "name missing", path: "Receive[1].Name", code: source.CodeNameMissing,
		wrong: relay(func(r *connector.Receive) { r.Name = "" })},
	{rule: "name long", path: source.Element("Receive", 0, strings.Repeat("ä", 65)) + ".Name", code: source.CodeNameInvalid,
		wrong: relay(func(r *connector.Receive) { r.Name = strings.Repeat("ä", 65) }),
		legal: relay(func(r *connector.Receive) { r.Name = strings.Repeat("ä", 64) })},
	{rule: "name control", path: `Receive["a\nb"].Name`, code: source.CodeNameInvalid,
		wrong: relay(func(r *connector.Receive) { r.Name = "a\nb" })},
	{rule: "server", path: `Receive["Relay"].Server`, code: source.CodeServerUnknown,
		wrong: relay(func(r *connector.Receive) { r.Server = "HubX" }),
		legal: relay(func(r *connector.Receive) { r.Server = "hubb.CONTOSO.com" })},
	{rule: "bindings missing", path: `Receive["Relay"].Bindings`, code: connector.CodeBindingsMissing,
		wrong: relay(func(r *connector.Receive) { r.Bindings = nil }),
		legal: relay(func(r *connector.Receive) { r.Bindings, r.Usage, r.AuthMechanism = nil, internal, unset })},
	{rule: "binding zero", path: `Receive["Relay"].Bindings[0]`, code: connector.CodeBindingInvalid,
		wrong: relay(func(r *connector.Receive) { r.Bindings = []netip.AddrPort{{}} })},
	{rule: "binding twice", path: `Receive["Relay"].Bindings[1]`, code: connector.CodeBindingDuplicate,
		wrong: relay(func(r *connector.Receive) { r.Bindings = append(r.Bindings, r.Bindings[0]) })},
	{rule: "ranges missing", path: `Receive["Relay"].RemoteIPRanges`, code: connector.CodeRangesMissing,
		wrong: relay(func(r *connector.Receive) { r.RemoteIPRanges = nil })},
	{rule: "range zero", path: `Receive["Relay"].RemoteIPRanges[1]`, code: connector.CodeRangeInvalid,
		wrong: relay(func(r *connector.Receive) { r.RemoteIPRanges = append(r.RemoteIPRanges, param.Range{}) })},
	{rule: "default domain", path: `Receive["Relay"].DefaultDomain`, code: connector.CodeDefaultDomain,
		wrong: relay(func(r *connector.Receive) { r.DefaultDomain = "fabrikam.com" }),
		legal: relay(func(r *connector.Receive) { r.DefaultDomain = "contoso" })},
	{rule: "certificate", path: `Receive["Relay"].TlsCertificateName`, code: connector.CodeCertificateName,
		wrong: relay(func(r *connector.Receive) { r.TlsCertificateName = "mail.contoso.com" }),
		legal: relay(func(r *connector.Receive) { r.TlsCertificateName = "<I>CN=CA<S>CN=mail.contoso.com" })},
	{rule: "fqdn", path: `Receive["Relay"].Fqdn`, code: connector.CodeFqdnInvalid,
		wrong: relay(func(r *connector.Receive) { r.Fqdn = "mail contoso" }),
		legal: relay(func(r *connector.Receive) { r.Fqdn = "mail.contoso.com" })},
	{rule: "unreachable users", path: `Receive["Default"].PermissionGroups`, code: connector.CodeGroupUnreachable, warn: true,
		wrong: func(c *connector.Config) { c.Receive[0].AuthMechanism = param.Value(auth.TLS) }},
	{rule: "unreachable partners", path: `Receive["Relay"].PermissionGroups`, code: connector.CodeGroupUnreachable, warn: true,
		wrong: relay(func(r *connector.Receive) { r.PermissionGroups = param.Value(permission.Partners) }),
		legal: relay(func(r *connector.Receive) {
			r.PermissionGroups, r.DomainSecureEnabled = param.Value(permission.Partners), true
		})},
	{rule: "not enforced", path: `Receive["Relay"].OrarEnabled`, code: connector.CodeNotEnforced, warn: true,
		wrong: relay(func(r *connector.Receive) { r.OrarEnabled = true })},
	{rule: "right not enforced", path: `Receive["Relay"].Permissions[0]`, code: connector.CodeNotEnforced, warn: true,
		wrong: relay(func(r *connector.Receive) {
			r.Permissions[0].Allow = permission.SetOf(permission.AcceptAnyRecipient, permission.AcceptAuthenticationFlag)
		}),
		legal: relay(func(r *connector.Receive) {
			r.Permissions[0].Deny = permission.SetOf(permission.AcceptAuthenticationFlag)
		})},
}

var (
	internal = param.UsageInternal
	unset    = param.Setting[auth.Mechanism]{}
)

func TestRules(t *testing.T) {
	if errs, warnings := ruleConfig().Check(); len(errs)+len(warnings) != 0 {
		t.Fatalf("ruleConfig must be clean:\n%v\n%v", errs, warnings)
	}
	for _, row := range slices.Concat(receiveRows, sendRows) {
		t.Run(row.rule, func(t *testing.T) {
			c := ruleConfig()
			row.wrong(c)
			errs, warnings := c.Check()
			list := errs
			if row.warn {
				list = warnings
				if len(errs) > 0 {
					t.Errorf("only a warning is wanted, got:\n%v", errs)
				}
			}
			if !slices.ContainsFunc(list, func(p source.Diagnostic) bool { return p.Path == row.path && p.Code == row.code && p.Detail != "" }) {
				t.Errorf("want %s at %s, got:\n%v", row.code, row.path, list)
			}
			if row.legal == nil {
				return
			}
			c = ruleConfig()
			row.legal(c)
			errs, warnings = c.Check()
			for _, p := range slices.Concat(errs, warnings) {
				if p.Code == row.code {
					t.Errorf("the legal neighbour has the problem too: %v", p)
				}
			}
		})
	}
}

func TestAllMistakesAtOnce(t *testing.T) {
	c := &connector.Config{
		Server:   "HubA",
		Receive:  []connector.Receive{{RequireTLS: true, AuthMechanism: param.Value(auth.BasicAuthRequireTLS), Banner: "hello", MaxHopCount: 501}},
		Send:     []connector.Send{{Name: "Out", RequireTLS: true, IgnoreSTARTTLS: true, Port: -1}},
		Accepted: nil,
	}
	errs, _ := c.Check()
	var codes []source.Code
	for _, p := range errs {
		codes = append(codes, p.Code)
	}
	want := []source.Code{
		source.CodeNameMissing, connector.CodeBindingsMissing, connector.CodeRangesMissing, connector.CodeAuthNeedsTLS,
		connector.CodeRequireTLS, connector.CodeBannerInvalid, source.CodeOutOfRange,
		connector.CodeAddressSpaceMissing, connector.CodeIgnoreSTARTTLS, source.CodeOutOfRange,
	}
	if !slices.Equal(codes, want) {
		t.Errorf("got %q\nwant %q", codes, want)
	}
	lines := strings.Split(errs.Error(), "\n")
	if len(lines) != len(want) || lines[0] != "Receive[0].Name: give it a name of up to 64 characters (name-missing)" {
		t.Errorf("Error prints\n%v", errs)
	}
}

func TestEmptyConfigIsValid(t *testing.T) {
	if errs, warnings := new(connector.Config).Check(); len(errs)+len(warnings) != 0 {
		t.Errorf("got %v, %v", errs, warnings)
	}
}

// TestReceivePaths: of connectors with one name, this server's has the path with it.
func TestReceivePaths(t *testing.T) {
	cfg := connector.Config{Server: "B", Servers: []routing.Server{{Name: "A"}, {Name: "B", FQDN: "b.example"}},
		Receive: []connector.Receive{{Name: "Relay", Server: "A"}, {Name: "Other", Server: "A"}, {Name: "Relay", Server: "b.example"}, {Name: "Relay"}, {}}}
	want := []source.Path{`Receive[0]`, `Receive["Other"]`, `Receive["Relay"]`, `Receive[3]`, `Receive[4]`}
	if got := cfg.ElementPaths("Receive"); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestOverlapSweep compares the sweep for overlapping ranges with trying all pairs.
func TestOverlapSweep(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	crossings := 0
	for range 3000 {
		c := &connector.Config{}
		for i := range 2 + rng.IntN(4) {
			r := connector.Receive{Name: fmt.Sprint(i), Bindings: []netip.AddrPort{param.MustParseBinding("0.0.0.0:25")}}
			// Apart within a connector, so that a range is what it is written as.
			for k := range 1 + rng.IntN(2) {
				low := 128*k + rng.IntN(60)
				r.RemoteIPRanges = append(r.RemoteIPRanges, param.MustParseRange(fmt.Sprintf("10.0.0.%d-10.0.0.%d", low, low+rng.IntN(60))))
			}
			c.Receive = append(c.Receive, r)
		}
		var want bool
		for i, a := range c.Receive {
			for _, b := range c.Receive[:i] {
				for _, x := range a.RemoteIPRanges {
					for _, y := range b.RemoteIPRanges {
						want = want || x.Overlaps(y) && !x.Covers(y) && !y.Covers(x)
					}
				}
			}
		}
		_, warnings := c.Check()
		got := slices.ContainsFunc(warnings, func(p source.Diagnostic) bool { return p.Code == connector.CodeRangesOverlap })
		if got != want {
			t.Fatalf("partial overlap %v, want %v: %v", got, want, c.Receive)
		}
		if want {
			crossings++
		}
	}
	if crossings < 100 || crossings > 2900 {
		t.Errorf("%d of 3000 configurations overlap, which tests one side only", crossings)
	}
}
