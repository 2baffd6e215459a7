package exchange_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/shell/internal/exchange"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// dice makes random configurations.
type dice struct{ *rand.Rand }

func newDice(seed uint64) dice { return dice{rand.New(rand.NewPCG(seed, 7))} }

func (d dice) coin() bool { return d.IntN(2) == 0 }

// maybe returns the setting of v, or none.
func maybe[T any](d dice, v T) (s param.Setting[T]) {
	if d.coin() {
		s = param.Value(v)
	}
	return s
}

// some returns v, or the zero value.
func some[T any](d dice, v T) (zero T) {
	if d.coin() {
		return v
	}
	return zero
}

// ranges returns one to three ranges, few enough for them to meet those of
// other connectors.
func (d dice) ranges() []param.Range {
	forms := []string{"10.0.0.%d", "10.0.%d.0/24", "10.0.0.0-10.0.0.%d", "10.0.%d.0/25", "10.0.%d.128/25"}
	var list []param.Range
	for range 1 + d.IntN(3) {
		list = append(list, param.MustParseRange(fmt.Sprintf(forms[d.IntN(len(forms))], d.IntN(3))))
	}
	return list
}

func (d dice) bindings() []netip.AddrPort {
	all := []string{"0.0.0.0:25", "[::]:25", "10.0.0.1:25", "10.0.0.2:25", "0.0.0.0:587", "10.0.0.1:587", "[2001:db8::1]:25"}
	var list []netip.AddrPort
	for _, i := range d.Perm(len(all))[:1+d.IntN(3)] {
		list = append(list, param.MustParseBinding(all[i]))
	}
	return list
}

func (d dice) grants() []permission.Grant {
	var list []permission.Grant
	for range d.IntN(3) {
		g := permission.Grant{To: permission.SIDAnonymous, Allow: permission.SetOf(permission.AcceptAnyRecipient, permission.Right(1+d.IntN(20)))}
		if d.coin() {
			g = permission.Grant{To: permission.NameSID(`CONTOSO\user`), Deny: permission.SetOf(permission.Right(1 + d.IntN(20)))}
		}
		list = append(list, g)
	}
	return list
}

func (d dice) receive(name string) connector.Receive {
	return connector.Receive{
		Name: name, Server: []string{"", "HubA", "HubB", "huba.fabrikam.com"}[d.IntN(4)],
		TransportRole: param.TransportRole(d.IntN(2)), Usage: param.Usage(d.IntN(5)), Comment: some(d, "a comment"),
		Enabled: maybe(d, d.coin()), Bindings: d.bindings(), RemoteIPRanges: d.ranges(),
		AuthMechanism: maybe(d, auth.TLS|auth.BasicAuth|auth.BasicAuthRequireTLS), PermissionGroups: maybe(d, permission.AnonymousUsers|permission.ExchangeUsers),
		Permissions: d.grants(), Banner: some(d, "220 hello"), DefaultDomain: some(d, "Contoso"),
		TlsCertificateName: some(d, "<I>CN=a<S>CN=b"), TlsMinimumVersion: some(d, param.Tls10),
		TlsLegacyCipherSuites: some(d, param.CipherSuites()), TlsLegacyEndDate: some(d, param.MustParseDate("2099-06-30")), RequireEHLODomain: d.coin(), BareLinefeedRejectionEnabled: maybe(d, false),
		AddMissingHeadersEnabled: maybe(d, false), RewriteSender: some(d, "scanner@contoso.com"), RewriteFrom: some(d, "scanner@contoso.com"),
		AllowedSenders: some(d, []param.Sender{param.MustParseSender("@contoso.com"), param.MustParseSender("a@fabrikam.com")}),
		OrarEnabled:    d.coin(), RejectSingleLabelRecipientDomains: d.coin(), ChunkingEnabled: maybe(d, d.coin()),
		PipeliningEnabled: maybe(d, d.coin()), SizeEnabled: param.SizeMode(d.IntN(3)), ProtocolLoggingLevel: param.ProtocolLogging(d.IntN(2)),
		TarpitInterval: maybe(d, time.Duration(d.IntN(60))*time.Second), ConnectionTimeout: some(d, time.Hour),
		MaxHeaderSize: some(d, param.MB), MaxMessageSize: some(d, 5*param.MB), MaxHopCount: some(d, 30),
		MaxLocalHopCount: maybe(d, 0), MaxInboundConnection: some(d, param.Unlimited), MaxProtocolErrors: maybe(d, param.Limit(0)),
		MessageRateLimit: some(d, param.Limit(5)), MessageRateSource: maybe(d, param.RateByUser), TlsDomainCapabilities: some(d, []string{"a:B"}),
		MessageAuthenticationMode: maybe(d, param.AuthenticationReject), TrustedAuthenticationServices: some(d, []string{"filter.contoso.com"}),
	}
}

func (d dice) send(name string) connector.Send {
	s := connector.Send{
		Name: name, Usage: []param.Usage{param.UsageCustom, param.UsageInternal, param.UsageInternet}[d.IntN(3)],
		Comment: some(d, "a comment"), Enabled: maybe(d, d.coin()),
		AddressSpaces:          []routing.AddressSpace{routing.MustParseAddressSpace(fmt.Sprintf("*.x%d.com;%d", d.IntN(5), 1+d.IntN(100)))},
		SourceTransportServers: some(d, []string{"HubA", "HubB"}), IsScopedConnector: d.coin(), Port: some(d, 2525),
		Fqdn: some(d, "out.contoso.com"), RequireTLS: d.coin(), MaxMessageSize: some(d, param.UnlimitedSize), Permissions: d.grants(),
		SmtpMaxMessagesPerConnection: some(d, 5), ConnectionInactivityTimeOut: some(d, time.Minute),
	}
	if d.coin() {
		s.SmartHosts = []param.SmartHost{param.MustParseSmartHost("gateway.contoso.com"), param.MustParseSmartHost("10.9.9.9")}
		s.SmartHostAuthMechanism = auth.BasicAuthRequireTLS
		s.AuthenticationCredential = &param.Credential{UserName: "user", Password: password}
		s.SmartHostCredentials = some(d, []param.SmartHostCredential{{Host: s.SmartHosts[1], Credential: *s.AuthenticationCredential}})
	}
	return s
}

func (d dice) config() connector.Config {
	cfg := connector.Config{
		Profile: connector.Profile(d.IntN(2)), Server: some(d, "HubA"),
		Servers:  []routing.Server{{Name: "HubA", FQDN: "huba.fabrikam.com", Site: "Paris"}, {Name: "HubB", Site: "Oslo"}},
		Links:    some(d, []routing.SiteLink{{Name: "north", Sites: []string{"Paris", "Oslo"}, Cost: 1 + d.IntN(10)}}),
		Accepted: []routing.AcceptedDomain{{Name: "Contoso", DomainName: "contoso.com"}, {DomainName: "*.b.com", DomainType: routing.InternalRelay}},
		Transport: connector.Transport{MaxSendSize: some(d, 5*param.MB), MaxRecipientEnvelopeLimit: some(d, param.Limit(9)),
			TLSSendDomainSecureList: some(d, []string{"a.com"}), UseDowngradedExchangeServerAuth: d.coin(),
			ExternalPostmasterAddress: some(d, "post@a.com"), GenerateCopyOfDSNFor: maybe(d, param.MustParseStatusCodes("5.4.6, 5.1.1")), ExternalDsnMaxMessageAttachSize: maybe(d, 5*param.MB), InternalDelayDsnEnabled: maybe(d, d.coin())},
		Remote: some(d, []connector.RemoteDomain{{Name: "All", DomainName: "*", NDREnabled: maybe(d, d.coin())}, {Name: "a", DomainName: "*.a.com"}}),
		Services: some(d, []connector.Service{{Name: []string{"", "HubA", "huba.fabrikam.com"}[d.IntN(3)], MaxOutboundConnections: 7},
			{Name: "HubB", MessageRetryInterval: some(d, time.Minute), TransientFailureRetryCount: param.Value(d.IntN(9))}}),
	}
	for i := range d.IntN(6) {
		cfg.Receive = append(cfg.Receive, d.receive(fmt.Sprintf("Receive %d", i)))
	}
	for i := range d.IntN(4) {
		cfg.Send = append(cfg.Send, d.send(fmt.Sprintf("Send %d", i)))
	}
	return cfg
}

// TestFromConfig takes random configurations in and out again.
func TestFromConfig(t *testing.T) {
	for seed := range uint64(500) {
		cfg := newDice(seed).config()
		o, err := exchange.FromConfig(cfg)
		if err != nil {
			t.Fatal(err)
		}
		got := o.Config()
		if !reflect.DeepEqual(got, cfg) {
			t.Fatalf("seed %d:\n%+v\nwant\n%+v", seed, got, cfg)
		}
		if len(got.Receive) > 0 { // a change outside must not come in
			got.Receive[0].Bindings[0] = param.MustParseBinding("9.9.9.9:9")
			got.Servers[0].Name = "changed"
			if !reflect.DeepEqual(o.Config(), cfg) {
				t.Fatalf("seed %d: memory is shared", seed)
			}
		}
	}
}

// TestFromConfigErrors refuses what has no identity.
func TestFromConfigErrors(t *testing.T) {
	_, err := exchange.FromConfig(connector.Config{
		Receive:  []connector.Receive{{Name: "A"}, {Name: "a"}, {}},
		Send:     []connector.Send{{}},
		Accepted: []routing.AcceptedDomain{{DomainName: "a.com"}, {Name: "A.com", DomainName: "b.com"}},
		Services: []connector.Service{{}, {Name: "LOCALHOST"}},
		Remote:   []connector.RemoteDomain{{Name: "A", DomainName: "a.com"}, {Name: "a", DomainName: "b.com"}},
	})
	if err == nil || strings.Count(err.Error(), "\n") != 5 {
		t.Errorf("error %v", err)
	}
}

// TestRulesTwin makes connectors one by one at random, and compares what the
// cmdlet says about rules between connectors with what Compile says of all.
func TestRulesTwin(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes seconds, in one goroutine")
	}
	conflicts := 0
	for seed := range uint64(450) {
		d := newDice(seed)
		drv := newDriver(exchange.NewOrg(exchange.Options{Server: hubA, Servers: []routing.Server{{Name: "HubB"}}, Bare: true}))
		for i := range 12 {
			name := fmt.Sprintf("C%d", i)
			var b, r []any
			for _, v := range d.bindings() {
				b = append(b, v.String())
			}
			for _, v := range d.ranges() {
				r = append(r, v.String())
			}
			a := args{"Name": name, "Bindings": list(b...), "RemoteIPRanges": list(r...), "Server": []string{"HubA", "HubB"}[d.IntN(2)],
				"TransportRole": []string{"HubTransport", "FrontendTransport"}[d.IntN(8)/7]}
			verb := "New-ReceiveConnector"
			if i > 3 && d.IntN(3) == 0 {
				verb, name = "Set-ReceiveConnector", fmt.Sprintf(`%s\C%d`, a["Server"], d.IntN(i))
				delete(a, "Server")
				delete(a, "Name")
				a["Identity"] = name
			}
			before := drv.org.Config()
			_, err := drv.run(verb, a)
			var invalid *exchange.InvalidError
			if err != nil && !errors.As(err, &invalid) {
				if strings.Contains(err.Error(), "already") || strings.Contains(err.Error(), "wasn't found") {
					continue
				}
				t.Fatal(err)
			}
			all := drv.org.Config()
			if err != nil { // what would Compile have said?
				conflicts++
				if !reflect.DeepEqual(all, before) {
					t.Fatal("a command that failed changed something")
				}
				all = attempt(all, verb, a)
			}
			if _, all := connector.Compile(all); (all == nil) != (err == nil) {
				t.Fatalf("seed %d: %s %v: the cmdlet says %v, Compile %v", seed, verb, a, err, all)
			}
		}
	}
	if conflicts < 100 {
		t.Errorf("only %d conflicts", conflicts)
	}
}

// attempt does to cfg what a command that was refused would have done.
func attempt(cfg connector.Config, verb string, a args) connector.Config {
	r := connector.Receive{Bindings: nil}
	i := len(cfg.Receive)
	if verb == "New-ReceiveConnector" {
		r.Name, r.Server = a["Name"].(string), a["Server"].(string)
		cfg.Receive = append(cfg.Receive, r)
	} else {
		server, name, _ := strings.Cut(a["Identity"].(string), `\`)
		for i = 0; cfg.Receive[i].Name != name || cfg.Receive[i].Server != server; i++ {
		}
	}
	p := &cfg.Receive[i]
	p.Bindings, p.RemoteIPRanges = nil, nil
	for _, v := range items(a["Bindings"]) {
		p.Bindings = append(p.Bindings, param.MustParseBinding(v))
	}
	for _, v := range items(a["RemoteIPRanges"]) {
		p.RemoteIPRanges = append(p.RemoteIPRanges, param.MustParseRange(v))
	}
	p.TransportRole, _ = param.ParseTransportRole(a["TransportRole"].(string))
	return cfg
}
