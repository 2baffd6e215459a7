package shell_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/draft"
	"github.com/interchange-smtp/interchange/connector/jsonconfig"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/shell"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

const password = "p'$w`\"\nd"

// rerun prints cfg and runs what was printed, on an organisation with cfg's
// topology: a bare one, or one as setup leaves it.
func rerun(t *testing.T, cfg connector.Config, bare bool) connector.Config {
	t.Helper()
	script, err := shell.Print(cfg)
	if err != nil {
		t.Fatalf("%v\n%+v", err, cfg)
	}
	if strings.Contains(string(script), password) {
		t.Fatalf("the password is printed:\n%s", script)
	}
	opts := shell.Options{Profile: cfg.Profile, Bare: bare, Credential: func(r shell.Request) (param.Credential, error) {
		return param.Credential{UserName: r.UserName, Password: password}, nil
	}}
	var in *shell.Interpreter
	if len(cfg.Links) > 0 {
		in, err = shell.Open(connector.Config{Profile: cfg.Profile, Server: cfg.Server, Servers: cfg.Servers, Links: cfg.Links}, opts)
		if err != nil {
			t.Fatal(err)
		}
	} else {
		if len(cfg.Servers) > 0 {
			opts.Server, opts.Servers = cfg.Servers[0], cfg.Servers[1:]
		}
		in = shell.New(opts)
	}
	if err := in.Run(context.Background(), "printed.ps1", script); err != nil {
		t.Fatalf("%v\n%s", err, script)
	}
	return in.Config()
}

// random makes random values for configurations that Compile takes.
type random struct{ *rand.Rand }

func (s random) yes() bool { return s.IntN(2) == 0 }

func pick[T any](s random, from ...T) T { return from[s.IntN(len(from))] }

// some returns one to three different elements.
func some[T any](s random, from ...T) []T {
	from = slices.Clone(from)
	s.Shuffle(len(from), func(i, j int) { from[i], from[j] = from[j], from[i] })
	return from[:1+s.IntN(min(3, len(from)))]
}

// odd are texts that a script must quote with care.
var odd = []string{"", "plain", "it's", "‘odd’ ‚quotes‛", "“double” \"quotes\" „too“", "$env:PATH $(x) ${y}", "back`tick `n", "a\nb\r\nc\td",
	"@{a=b}; # comment", "'@\n@'", " blanks ", "-Name", "ä€😀", "\u2028\u00a0\u2013", "%{}|>&"}

// maybe sets a Setting in half of the cases.
func maybe[T any](s random, to *param.Setting[T], values ...T) {
	if s.yes() {
		*to = param.Value(pick(s, values...))
	}
}

func (s random) grants() []permission.Grant {
	var all []permission.Grant
	for _, to := range some(s, permission.SIDAnonymous, permission.SIDAuthenticatedUsers, permission.SIDExternallySecured, permission.NameSID(`CONTOSO\joe`), "S-1-5-21-1-2-3-1105") {
		g := permission.Grant{To: to}
		g.Allow = permission.SetOf(some(s, permission.Submit, permission.AcceptAnyRecipient, permission.AcceptAnySender, permission.AcceptHeadersRouting)...)
		all = append(all, g)
		if s.yes() {
			deny := permission.SetOf(some(s, permission.AcceptAuthoritativeDomainSender, permission.SendHeadersRouting, permission.AcceptAnySender)...)
			all = append(all, permission.Grant{To: to, Deny: deny})
		}
	}
	return all
}

// taken takes away from one of the principals some of the rights that they are given
// and that no explicit grant gives, too.
func (s random) taken(given, byHand []permission.Grant) []permission.Grant {
	if len(given) == 0 || s.yes() {
		return nil
	}
	g := pick(s, given...)
	taken := permission.SetOf(some(s, slices.Collect(g.Allow.Minus(permission.SetOf(permission.Submit)).All())...)...)
	for _, by := range byHand {
		if by.To == g.To {
			taken = taken.Minus(by.Allow)
		}
	}
	if taken == 0 {
		return nil
	}
	return []permission.Grant{{To: g.To, Removed: taken}}
}

func (s random) receive(i int) connector.Receive {
	r := connector.Receive{
		Name: fmt.Sprintf("%s %d", pick(s, "Relay", "it's a*b[c]?", "“From” `$gateway‘", `x\y`), i), Comment: pick(s, odd...),
		Bindings: []netip.AddrPort{netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(1 + i)}), uint16(pick(s, 25, 587)))},
		Usage:    pick(s, param.UsageCustom, param.UsageInternal, param.UsageInternet, param.UsagePartner, param.UsageClient),
	}
	if s.yes() {
		r.Bindings = append(r.Bindings, netip.AddrPortFrom(netip.MustParseAddr(fmt.Sprintf("2001:db8::%d", 1+i)), 25))
	}
	for _, text := range some(s, "192.0.2.1", "192.0.2.10-192.0.2.90", "10.0.0.1/24", "172.16.0.0(255.240.0.0)", "2001:db8::/32", "::1") {
		r.RemoteIPRanges = append(r.RemoteIPRanges, param.MustParseRange(text))
	}
	maybe(s, &r.Enabled, true, false)
	maybe(s, &r.AuthMechanism, auth.None, auth.TLS, auth.TLS|auth.BasicAuth, auth.TLS|auth.BasicAuth|auth.BasicAuthRequireTLS, auth.ExternalAuthoritative, auth.TLS|auth.Integrated)
	maybe(s, &r.PermissionGroups, 0, permission.AnonymousUsers, permission.ExchangeServers, permission.AnonymousUsers|permission.ExchangeUsers|permission.Custom, permission.Partners)
	maybe(s, &r.AddMissingHeadersEnabled, true, false)
	maybe(s, &r.BareLinefeedRejectionEnabled, true, false)
	maybe(s, &r.SmtpUtf8Enabled, true, false)
	maybe(s, &r.PipeliningEnabled, true, false)
	maybe(s, &r.TarpitInterval, 0, time.Second, 90*time.Second)
	maybe(s, &r.MaxAcknowledgementDelay, 0, 1500*time.Millisecond, 24*time.Hour)
	maybe(s, &r.MaxLocalHopCount, 0, 5)
	maybe(s, &r.MaxLogonFailures, 0, 7)
	maybe(s, &r.MaxProtocolErrors, 0, 3, param.Unlimited)
	maybe(s, &r.MessageRateSource, 0, param.RateByUser, param.RateByIPAddress|param.RateByUser)
	for _, text := range some(s, "it's@contoso.com", "@contoso.com", "@*.fabrikam.com") {
		r.AllowedSenders = append(r.AllowedSenders, param.MustParseSender(text))
	}
	r.RewriteSender, r.RewriteFrom = pick(s, "", "scanner@contoso.com"), pick(s, "", "o'neill@contoso.com")
	r.RequireTLS, r.RequireEHLODomain, r.RejectSingleLabelRecipientDomains = s.yes(), s.yes(), s.yes()
	r.MaxMessageSize = pick(s, 0, param.MB, 65537, 100*param.KB)
	r.MaxInboundConnectionPerSource = pick(s, 0, 7, param.Unlimited)
	r.MessageRateLimit = pick(s, 0, 600, param.Unlimited)
	r.MaxRecipientsPerMessage = pick(s, 0, 5000)
	r.ConnectionTimeout = pick(s, 0, 20*time.Minute, time.Hour+time.Second)
	r.SizeEnabled = pick(s, param.SizeEnabled, param.SizeDisabled, param.SizeEnabledWithoutValue)
	r.ProtocolLoggingLevel = pick(s, param.LoggingNone, param.LoggingVerbose)
	r.Banner = pick(s, "", "220 it's $me `n “here”")
	r.Fqdn = pick(s, "", "mail.contoso.com")
	r.TlsCertificateName = pick(s, "", "<I>CN=Contoso CA, O='C'<S>CN=mail.contoso.com")
	r.DefaultDomain = pick(s, "", "", "contoso.com")
	r.TlsMinimumVersion = pick(s, 0, param.Tls10, param.Tls13)
	r.TlsLegacyCipherSuites = pick(s, nil, param.CipherSuites(), param.CipherSuites()[:1])
	r.TlsLegacyEndDate = pick(s, param.Date{}, param.MustParseDate("2027-06-30"))
	if i == 1 {
		r.MessageAuthenticationMode, r.TrustedAuthenticationServices = param.Value(param.AuthenticationReject), []string{"filter.contoso.com", "filter.fabrikam.com"}
	}
	if s.yes() {
		r.Permissions = s.grants()
	}
	return r
}

func (s random) send(i int) connector.Send {
	c := connector.Send{
		Name: fmt.Sprintf("%s %d", pick(s, "To Internet", "it's", "a*b"), i), Comment: pick(s, odd...),
		Usage: pick(s, param.UsageCustom, param.UsageInternal, param.UsageInternet),
		Port:  pick(s, 0, 2525), Fqdn: pick(s, "", "out.contoso.com"),
		MaxMessageSize: pick(s, 0, param.UnlimitedSize, 20*param.MB), ConnectionInactivityTimeOut: pick(s, 0, 90*time.Second),
		IsScopedConnector: s.yes(), RequireTLS: s.yes(), ProtocolLoggingLevel: param.LoggingVerbose,
		SmtpMaxMessagesPerConnection: pick(s, 0, 5),
	}
	for _, text := range some(s, "*", "*.contoso.com;7", fmt.Sprintf("x%d.example", i), "SMTP:fabrikam.com;100") {
		c.AddressSpaces = append(c.AddressSpaces, routing.MustParseAddressSpace(text))
	}
	maybe(s, &c.Enabled, true, false)
	if s.yes() {
		for _, text := range some(s, "smtpgateway1.contoso.com", "192.0.2.7", "2001:db8::9") {
			c.SmartHosts = append(c.SmartHosts, param.MustParseSmartHost(text))
		}
		maybe(s, &c.DNSRoutingEnabled, false)
		c.SmartHostAuthMechanism = pick(s, auth.None, auth.ExternalAuthoritative, auth.BasicAuth, auth.BasicAuthRequireTLS, auth.BasicAuth|auth.BasicAuthRequireTLS)
		if c.SmartHostAuthMechanism.Has(auth.BasicAuth) || c.SmartHostAuthMechanism.Has(auth.BasicAuthRequireTLS) {
			c.AuthenticationCredential = &param.Credential{UserName: pick(s, `CONTOSO\hub`, "it's “me”"), Password: password}
		}
	}
	if c.RequireTLS && s.yes() {
		c.TlsAuthLevel = pick(s, param.EncryptionOnly, param.CertificateValidation)
	}
	if s.yes() {
		c.Permissions = s.grants()
	}
	return c
}

// config returns a configuration that compiles.
func (s random) config() connector.Config {
	for {
		c := connector.Config{Profile: pick(s, permission.Current, permission.Exchange2007)}
		if s.yes() {
			c.Servers = []routing.Server{{Name: "HubA", FQDN: "huba.contoso.com", Site: "A"}, {Name: "HubB", Site: "B"}}
			c.Server = "HubA"
			if s.yes() {
				c.Links = []routing.SiteLink{{Name: "A-B", Sites: []string{"A", "B"}, Cost: 5}}
			}
		}
		for _, name := range some(s, "contoso.com", "fabrikam.com", "*.partners.example") {
			c.Accepted = append(c.Accepted, routing.AcceptedDomain{Name: pick(s, "", name, "it's "+name), DomainName: name,
				DomainType: pick(s, 0, routing.InternalRelay, routing.ExternalRelay), MatchSubDomains: s.yes() && name[0] != '*'})
		}
		if last := &c.Accepted[len(c.Accepted)-1]; s.yes() && last.DomainName[0] != '*' {
			last.Default = true
		}
		for i := range s.IntN(4) {
			r := s.receive(i)
			if len(c.Servers) > 0 && s.yes() {
				r.Server = pick(s, "HubA", "HubB")
			}
			r.Permissions = append(r.Permissions, s.taken(draft.GroupGrants(&c, r), r.Permissions)...)
			c.Receive = append(c.Receive, r)
		}
		for i := range s.IntN(3) {
			send := s.send(i)
			if len(c.Servers) > 0 && s.yes() {
				send.SourceTransportServers = some(s, "HubA", "HubB")
			}
			send.Permissions = append(send.Permissions, s.taken(draft.UsageGrants(&c, send), send.Permissions)...)
			c.Send = append(c.Send, send)
		}
		c.Transport = connector.Transport{MaxReceiveSize: pick(s, 0, param.UnlimitedSize, 15*param.MB),
			MaxSendSize: pick(s, 0, 15*param.MB), MaxRecipientEnvelopeLimit: pick(s, 0, param.Unlimited, 300),
			UseDowngradedExchangeServerAuth: s.yes(), TLSSendDomainSecureList: []string{"fabrikam.com"},
			ExternalPostmasterAddress: pick(s, "", "post'master@contoso.com")}
		maybe(s, &c.Transport.ExternalDsnMaxMessageAttachSize, 0, 5*param.MB, 10*param.MB)
		maybe(s, &c.Transport.InternalDsnMaxMessageAttachSize, 0, 5*param.MB)
		maybe(s, &c.Transport.GenerateCopyOfDSNFor, param.StatusCodes{}, param.MustParseStatusCodes("5.4.6"), param.MustParseStatusCodes("5.4.6, 5.1.1"))
		maybe(s, &c.Transport.ExternalDelayDsnEnabled, true, false)
		maybe(s, &c.Transport.InternalDelayDsnEnabled, true, false)
		c.Services, c.Remote = s.services(len(c.Servers) > 0), s.remote()
		if _, err := connector.Compile(named(c)); err == nil {
			return c
		}
	}
}

func (s random) services(listed bool) []connector.Service {
	var all []connector.Service
	names := []string{""}
	if listed {
		names = some(s, "HubA", "HubB")
	}
	for _, name := range names {
		to := connector.Service{Name: name, MaxOutboundConnections: pick(s, 0, param.Unlimited, 7, 500),
			MessageExpirationTimeout: pick(s, 0, time.Hour, 36*time.Hour), MessageRetryInterval: pick(s, 0, 1500*time.Millisecond),
			OutboundConnectionFailureRetryInterval: pick(s, 0, 10*time.Minute, 25*time.Hour), TransientFailureRetryInterval: pick(s, 0, time.Second),
			DelayNotificationTimeout: pick(s, 0, time.Hour), QueueGlitchRetryInterval: pick(s, 0, time.Minute, time.Second)}
		to.MaxPerDomainOutboundConnections = pick(s, 0, param.Limit(3), 7)
		maybe(s, &to.QueueGlitchRetryCount, 0, 4, 15)
		maybe(s, &to.TransientFailureRetryCount, 0, 6, 15)
		all = append(all, to)
	}
	return all
}

func (s random) remote() []connector.RemoteDomain {
	var all []connector.RemoteDomain
	for i, name := range some(s, "*", "fabrikam.com", "*.fabrikam.com", "example.net") {
		d := connector.RemoteDomain{Name: pick(s, "it's [odd]*", "Other", "default") + fmt.Sprint(i), DomainName: name}
		if s.yes() && i == 0 {
			d.Name = "Default"
		}
		maybe(s, &d.NDREnabled, true, false)
		maybe(s, &d.DeliveryReportEnabled, true, false)
		all = append(all, d)
	}
	return all
}

// normal returns what a policy amounts to: its connectors with all defaults, and
// the rest with theirs.
func normal(t *testing.T, c connector.Config) (*connector.Policy, any) {
	t.Helper()
	c = named(c)
	p, err := connector.Compile(c)
	if err != nil {
		t.Fatal(err)
	}
	n := struct {
		Profile   connector.Profile
		Server    string
		Servers   []routing.Server
		Links     []routing.SiteLink
		Receive   []connector.Receive
		Send      []connector.Send
		Accepted  []routing.AcceptedDomain
		Transport connector.Transport
		Services  []connector.Service
		Remote    []connector.RemoteDomain
	}{c.Profile, c.Server, c.Servers, c.Links, nil, nil, nil, *p.Transport(), services(c), remote(c)}
	for in := range p.Receive() {
		r := *in.Settings()
		r.Permissions = canonical(in.ACL().Grants())
		r.PermissionGroups = param.Value(r.PermissionGroups.Or(0) &^ permission.Custom)
		n.Receive = append(n.Receive, r)
	}
	for out := range p.Send() {
		s := *out.Settings()
		s.Permissions = canonical(out.ACL().Grants())
		n.Send = append(n.Send, s)
	}
	marked := slices.ContainsFunc(c.Accepted, func(d routing.AcceptedDomain) bool { return d.Default })
	for _, d := range c.Accepted {
		d.Name, d.DomainType = cmp.Or(d.Name, d.DomainName), cmp.Or(d.DomainType, routing.Authoritative)
		d.AddressBookEnabled = routing.Value(d.AddressBookEnabled.Or(d.DomainType == routing.Authoritative))
		if !marked && d.DomainName[0] != '*' {
			d.Default, marked = true, true
		}
		n.Accepted = append(n.Accepted, d)
	}
	return p, n
}

// services returns the service of each server of c with all defaults.
func services(c connector.Config) []connector.Service {
	var all []connector.Service
	for _, server := range c.Servers {
		own := connector.Service{Name: server.Name}
		for _, s := range c.Services {
			if cmp.Or(s.Name, c.Server) == server.Name {
				own = s
			}
		}
		all = append(all, own.WithDefaults(&c))
	}
	return all
}

// remote returns the remote domains of c with all defaults, by name. The one
// that covers everything and says nothing is as good as none.
func remote(c connector.Config) []connector.RemoteDomain {
	var all []connector.RemoteDomain
	for _, d := range c.Remote {
		d.NDREnabled, d.DeliveryReportEnabled = param.Value(d.NDREnabled.Or(true)), param.Value(d.DeliveryReportEnabled.Or(true))
		if d != (connector.RemoteDomain{Name: "Default", DomainName: "*", NDREnabled: param.Value(true), DeliveryReportEnabled: param.Value(true)}) {
			all = append(all, d)
		}
	}
	slices.SortFunc(all, func(a, b connector.RemoteDomain) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// named gives c the server that an interpreter takes it to be for.
func named(c connector.Config) connector.Config {
	if c.Server == "" && len(c.Servers) == 0 {
		c.Servers = []routing.Server{{Name: "localhost"}}
	}
	c.Server = cmp.Or(c.Server, c.Servers[0].Name)
	return c
}

// canonical merges the grants of each principal.
func canonical(grants []permission.Grant) []permission.Grant {
	var all []permission.Grant
	for _, g := range grants {
		if g.Group = 0; g.Removed != 0 {
			continue
		}
		i := slices.IndexFunc(all, func(o permission.Grant) bool { return o.To == g.To })
		if i < 0 {
			all = append(all, g)
			continue
		}
		all[i].Allow, all[i].Deny = all[i].Allow.Union(g.Allow), all[i].Deny.Union(g.Deny)
	}
	slices.SortFunc(all, func(a, b permission.Grant) int { return cmp.Compare(a.To, b.To) })
	return all
}

func (s random) dialog(c connector.Config) connector.Dialog {
	d := connector.Dialog{Local: param.MustParseBinding("10.0.0.1:25"), TLS: s.yes(), Helo: pick(s, "", "gateway.example"),
		Remote: netip.MustParseAddr(pick(s, "192.0.2.1", "192.0.2.50", "10.0.0.9", "2001:db8::5", "8.8.8.8")),
		From:   routing.MustParseAddress(pick(s, "a@contoso.com", "a@example.net")), Size: int64(s.IntN(1 << 26)),
		To: []routing.Address{routing.MustParseAddress(pick(s, "b@contoso.com", "b@sub.fabrikam.com", "b@example.net", "b@x.partners.example"))}}
	if len(c.Receive) > 0 {
		d.Local = pick(s, pick(s, c.Receive...).Bindings...)
	}
	if s.yes() {
		id := auth.Identity{Principal: permission.Authenticated(`CONTOSO\joe`)}
		d.User = &id
	}
	return d
}

// The commands and the JSON of random configurations make the same policy again.
func TestPrintRoundTrip(t *testing.T) {
	s := random{rand.New(rand.NewPCG(7, 8))}
	for range 300 {
		cfg := s.config()
		policy, want := normal(t, cfg)
		text, err := jsonconfig.MarshalWithSecrets(cfg)
		if err != nil {
			t.Fatal(err)
		}
		fromJSON, err := jsonconfig.Parse("f", text)
		if err != nil {
			t.Fatal(err)
		}
		for how, back := range map[string]connector.Config{"bare": rerun(t, cfg, true), "setup": rerun(t, cfg, false), "json": fromJSON} {
			again, got := normal(t, back)
			if !reflect.DeepEqual(got, want) {
				script, _ := shell.Print(cfg)
				t.Fatalf("%s:\ngot  %+v\nwant %+v\n%s", how, got, want, script)
			}
			for range 20 {
				d := s.dialog(cfg)
				if got, want := again.Walk(d).String(), policy.Walk(d).String(); got != want {
					t.Fatalf("%s: %+v\ngot  %s\nwant %s", how, d, got, want)
				}
			}
		}
	}
}

// TestPrintNoDefaultDomain: the accepted domain that setup makes goes, also if no other one can be the default.
func TestPrintNoDefaultDomain(t *testing.T) {
	for _, domains := range [][]routing.AcceptedDomain{nil, {{Name: "Partners", DomainName: "*.partners.example"}}} {
		cfg := connector.Config{Servers: []routing.Server{{Name: "mail", FQDN: "mail.contoso.com"}}, Accepted: domains}
		_, want := normal(t, cfg)
		if _, got := normal(t, rerun(t, cfg, false)); !reflect.DeepEqual(got, want) {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
	}
}

// TestPrintHostCredentials: each smart host with a credential has a variable of its own.
func TestPrintHostCredentials(t *testing.T) {
	a, b := param.MustParseSmartHost("smtp1.example.net"), param.MustParseSmartHost("192.0.2.9")
	cfg := connector.Config{Send: []connector.Send{{Name: "Out", AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace("*")},
		SmartHosts: []param.SmartHost{a, b}, SmartHostAuthMechanism: auth.BasicAuthRequireTLS, SmartHostCredentials: []param.SmartHostCredential{
			{Host: a, Credential: param.Credential{UserName: "one", Password: password}}, {Host: b, Credential: param.Credential{UserName: "two", Password: password}}}}}}
	text, err := shell.Print(cfg)
	for _, want := range []string{"\n$credOutsmtp1examplenet = Get-Credential 'one'\n$credOut192029 = Get-Credential 'two'\nNew-SendConnector ",
		" -SmartHostCredentials @{'smtp1.example.net' = $credOutsmtp1examplenet; '[192.0.2.9]' = $credOut192029}"} {
		if err != nil || !strings.Contains(string(text), want) {
			t.Fatalf("%v\n%s\nwant %s", err, text, want)
		}
	}
	opts := shell.Options{Credential: func(r shell.Request) (param.Credential, error) {
		return param.Credential{UserName: r.UserName, Password: password}, nil
	}}
	in, err := shell.Load(t.Context(), opts, shell.File{Name: "out.ps1", Data: text})
	if err != nil {
		t.Fatal(err)
	}
	if got := in.Config().Send[0].SmartHostCredentials; !slices.Equal(got, cfg.Send[0].SmartHostCredentials) {
		t.Errorf("%+v", got)
	}
}

// TestPrintOAuth: no password is asked for where tokens are used.
func TestPrintOAuth(t *testing.T) {
	cfg := connector.Config{Send: []connector.Send{{Name: "Out", AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace("*")},
		SmartHosts: []param.SmartHost{param.MustParseSmartHost("smtp.office365.com")}, SmartHostAuthMechanism: auth.OAuth,
		AuthenticationCredential: &param.Credential{UserName: "scan@contoso.com"}}}}
	text, err := shell.Print(cfg)
	if err != nil || !strings.Contains(string(text), "$credOut = New-Object PSCredential 'scan@contoso.com', (New-Object SecureString)\n") {
		t.Fatalf("%v\n%s", err, text)
	}
	in, err := shell.Load(t.Context(), shell.Options{}, shell.File{Name: "out.ps1", Data: text})
	if err != nil {
		t.Fatal(err)
	}
	if c := in.Config().Send[0].AuthenticationCredential; c == nil || *c != *cfg.Send[0].AuthenticationCredential {
		t.Errorf("%+v", c)
	}
}

// What was printed and run prints the same again.
func TestPrintIsStable(t *testing.T) {
	s := random{rand.New(rand.NewPCG(9, 10))}
	for range 100 {
		cfg := rerun(t, s.config(), true)
		first, err := shell.Print(cfg)
		if err != nil {
			t.Fatal(err)
		}
		second, err := shell.Print(rerun(t, cfg, false))
		if err != nil || string(first) != string(second) {
			t.Fatalf("%v\nfirst\n%s\nsecond\n%s", err, first, second)
		}
	}
}

func TestPrintRefuses(t *testing.T) {
	for _, cfg := range []connector.Config{
		{Receive: []connector.Receive{{Name: "a", Comment: "\x00"}}},
		{Receive: []connector.Receive{{Name: "a", Comment: "\xff"}}},
		{Receive: []connector.Receive{{Name: "a", Permissions: []permission.Grant{{}}}}},
		{Send: []connector.Send{{Name: "a", Permissions: []permission.Grant{{To: permission.SIDAnonymous, Allow: 2, Group: permission.Partners}}}}},
		{Receive: []connector.Receive{{Name: "a", AuthMechanism: param.Value(auth.Mechanism(1 << 15))}}},
	} {
		if script, err := shell.Print(cfg); err == nil || script != nil || !strings.Contains(err.Error(), `["a"].`) {
			t.Errorf("%v:\n%s", err, script)
		}
	}
}

func ExamplePrint() {
	script, err := shell.Print(connector.Config{
		Server: "HubA",
		Receive: []connector.Receive{{
			Name:             "FromInternetGateway",
			Bindings:         []netip.AddrPort{param.MustParseBinding("10.2.3.4:25")},
			RemoteIPRanges:   []param.Range{param.MustParseRange("192.168.5.77")},
			PermissionGroups: param.Value(permission.AnonymousUsers),
			Permissions:      []permission.Grant{{To: permission.SIDAnonymous, Allow: permission.SetOf(permission.AcceptAnyRecipient)}},
		}},
		Send: []connector.Send{{
			Name:                     "ToInternetGateway",
			AddressSpaces:            []routing.AddressSpace{routing.MustParseAddressSpace("*")},
			SmartHosts:               []param.SmartHost{param.MustParseSmartHost("smtpgateway1.contoso.com")},
			SmartHostAuthMechanism:   auth.BasicAuthRequireTLS,
			AuthenticationCredential: &param.Credential{UserName: "smtpgateway@fabrikam.com", Password: "secret"},
		}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(string(script))
	// Output:
	// # Profile Current, server "HubA".
	//
	// Get-ReceiveConnector | Remove-ReceiveConnector -Confirm:$false
	// Set-TransportConfig -MaxReceiveSize Unlimited -MaxSendSize Unlimited -MaxRecipientEnvelopeLimit Unlimited
	//
	// $connector = New-ReceiveConnector -Name 'FromInternetGateway' -Bindings '10.2.3.4:25' -RemoteIPRanges '192.168.5.77' -PermissionGroups AnonymousUsers
	// $connector | Add-ADPermission -User 'NT AUTHORITY\ANONYMOUS LOGON' -ExtendedRights ms-Exch-SMTP-Accept-Any-Recipient
	//
	// $credToInternetGateway = Get-Credential 'smtpgateway@fabrikam.com'
	// New-SendConnector -Name 'ToInternetGateway' -AddressSpaces 'SMTP:*;1' -SmartHosts 'smtpgateway1.contoso.com' -SmartHostAuthMechanism BasicAuthRequireTLS -AuthenticationCredential $credToInternetGateway
}
