package connector_test

import (
	"errors"
	"net/netip"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// full is a Config in which no slice and no pointer is empty.
func full() connector.Config {
	cfg := guide(permission.Current)
	cfg.Servers = append(cfg.Servers, routing.Server{Name: "HubB", FQDN: "hubb.fabrikam.com", Site: "South"})
	cfg.Links = []routing.SiteLink{{Name: "link", Sites: []string{"Default", "South"}, Cost: 5}}
	cfg.Receive[0].TlsDomainCapabilities = []string{"contoso.com:AcceptOorgProtocol"}
	cfg.Receive = append(cfg.Receive, connector.Receive{
		Name: "Default HubB", Server: "hubb", Bindings: []netip.AddrPort{at("0.0.0.0:2525")}, RemoteIPRanges: allRanges(),
	})
	s := &cfg.Send[0]
	s.SmartHostAuthMechanism = auth.BasicAuthRequireTLS
	s.AuthenticationCredential = &param.Credential{UserName: "u", Password: "p"}
	s.Permissions = []permission.Grant{deny(permission.SIDAnonymous, permission.SendHeadersRouting)}
	cfg.Transport.TLSReceiveDomainSecureList = []string{"partner.example"}
	cfg.Transport.TLSSendDomainSecureList = []string{"partner.example"}
	return cfg
}

func TestCompileServers(t *testing.T) {
	p := compile(t, full())
	var names []string
	for in := range p.Receive() {
		names = append(names, in.Name())
	}
	if want := []string{"Default HubA", "FromSecuredGateway", "FromInternetGateway"}; !slices.Equal(names, want) {
		t.Errorf("Receive() = %q, want those of HubA, %q", names, want)
	}
	if got, want := p.Bindings(), []netip.AddrPort{at("0.0.0.0:25"), at("10.2.3.4:25")}; !slices.Equal(got, want) {
		t.Errorf("Bindings() = %v, want %v", got, want)
	}
	cfg := full()
	cfg.Server = "HUBB.fabrikam.com"
	p = compile(t, cfg)
	if got := p.Select(at("10.0.0.1:2525"), ip("192.0.2.1"), nil).Name(); got != "Default HubB" {
		t.Errorf("as HubB, Select = %q", got)
	}
	// Connectors without Server belong to this server.
	if got := p.Select(at("10.2.3.4:25"), ip("192.168.5.77"), nil).Name(); got != "FromInternetGateway" {
		t.Errorf("as HubB, Select = %q", got)
	}
	// A Send connector of HubA only is reached through it.
	if r := p.Route(addr("a@example.net"), 0, nil); r.Via == nil || r.Via.Name != "HubA" {
		t.Errorf("as HubB, Route = %+v", r)
	}
}

func TestCompileDisabled(t *testing.T) {
	cfg := guide(permission.Current)
	cfg.Receive[2].Enabled = param.Value(false)
	p := compile(t, cfg)
	if got := p.Select(at("10.2.3.4:25"), ip("192.168.5.77"), nil).Name(); got != "Default HubA" {
		t.Errorf("Select = %q", got)
	}
	if slices.Contains(p.Bindings(), at("10.2.3.4:25")) {
		t.Error("a disabled connector's binding is listened on")
	}
	for in := range p.Receive() {
		if in.Name() == "FromInternetGateway" {
			checkRefuses(t, "disabled connector", in.Open(auth.Channel{}, nil))
		}
	}
}

// TestCompileReportsAll checks that Compile returns all mistakes, and no Policy.
func TestCompileReportsAll(t *testing.T) {
	cfg := guide(permission.Current)
	cfg.Receive[0].MaxHopCount = 501
	cfg.Receive[1].Name = ""
	cfg.Accepted = append(cfg.Accepted, routing.AcceptedDomain{DomainName: "not a domain"})
	p, err := connector.Compile(cfg)
	var problems source.Diagnostics
	if p != nil || !errors.As(err, &problems) || len(problems) < 3 {
		t.Fatalf("Compile = %v, %v", p, err)
	}
}

// TestCompileCopies changes every byte that the caller can reach, before and
// after, and wants nothing to change.
func TestCompileCopies(t *testing.T) {
	cfg := full()
	p := compile(t, cfg)
	dialog := connector.Dialog{
		Local: at("10.2.3.4:25"), Remote: ip("192.168.5.77"), Helo: "gw.example",
		From: addr("a@example.net"), To: []routing.Address{addr("b@example.org"), addr("c@fabrikam.com")},
	}
	before := p.Walk(dialog).String()
	want := p.Config()
	scramble(reflect.ValueOf(&cfg).Elem(), true)
	got := p.Config()
	scramble(reflect.ValueOf(&got).Elem(), true)
	if after := p.Walk(dialog).String(); after != before {
		t.Errorf("the policy changed from\n%s\nto\n%s", before, after)
	}
	if again := p.Config(); !reflect.DeepEqual(again, want) {
		t.Error("Config() changed")
	}
	if !reflect.DeepEqual(want, full()) {
		t.Error("Config() is not what the policy was compiled from")
	}
}

// scramble clears everything that v reaches through exported fields.
func scramble(v reflect.Value, root bool) {
	switch v.Kind() {
	case reflect.Slice:
		for i := range v.Len() {
			scramble(v.Index(i), false)
			v.Index(i).SetZero()
		}
	case reflect.Pointer:
		if !v.IsNil() {
			scramble(v.Elem(), false)
			v.Elem().SetZero()
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Field(i); f.CanSet() {
				scramble(f, false)
			}
		}
	}
	if !root && v.CanSet() {
		v.SetZero()
	}
}

// TestConfigSharesNothing walks a Config and its copy side by side and wants
// no slice and no pointer in common, whatever fields are added to it.
func TestConfigSharesNothing(t *testing.T) {
	p := compile(t, full())
	a, b := p.Config(), p.Config()
	shares(t, "Config", reflect.ValueOf(a), reflect.ValueOf(b))
}

func shares(t *testing.T, path string, a, b reflect.Value) {
	t.Helper()
	switch a.Kind() {
	case reflect.Slice:
		if a.Len() > 0 && a.Pointer() == b.Pointer() {
			t.Errorf("%s is shared", path)
		}
		for i := range a.Len() {
			shares(t, path+"[]", a.Index(i), b.Index(i))
		}
	case reflect.Pointer:
		if !a.IsNil() && a.Pointer() == b.Pointer() {
			t.Errorf("%s is shared", path)
		}
	case reflect.Struct:
		for i := range a.NumField() {
			if a.Type().Field(i).IsExported() {
				shares(t, path+"."+a.Type().Field(i).Name, a.Field(i), b.Field(i))
			}
		}
	}
}

func TestInboundSettings(t *testing.T) {
	in := compile(t, guide(permission.Exchange2007)).Select(at("10.2.3.4:25"), ip("192.168.5.77"), nil)
	s := in.Settings()
	if in.Fqdn() != "huba.fabrikam.com" || s.MaxMessageSize != 10*param.MB || s.ConnectionTimeout != 10*time.Minute {
		t.Errorf("defaults of 2007: %q, %v, %v", in.Fqdn(), s.MaxMessageSize, s.ConnectionTimeout)
	}
	p := in.Policy()
	if typ, ok := p.Accepted(routing.MustParseDomain("fabrikam.com")); !ok || typ != routing.Authoritative {
		t.Errorf("Accepted(fabrikam.com) = %v, %v", typ, ok)
	}
	if _, ok := p.Accepted(routing.Domain{}); ok {
		t.Error("no domain is accepted")
	}
	for out := range p.Send() {
		if out.Name() != "ToInternetGateway" {
			t.Errorf("Send() has %q", out.Name())
		}
	}
}

// TestEdge checks that principals of the Windows domain have no rights on an Edge
// server.
func TestEdge(t *testing.T) {
	cfg := guide(permission.Current)
	cfg.Servers[0].Edge = true
	cfg.Receive = []connector.Receive{{
		Name: "e", Bindings: []netip.AddrPort{at("0.0.0.0:25")}, RemoteIPRanges: allRanges(), PermissionGroups: groups(permission.ExchangeServers | anonymous),
		AuthMechanism: mechanisms(basic | auth.ExchangeServer),
	}}
	cfg.Send = nil
	in := compile(t, cfg).Select(at("10.2.3.4:25"), ip("192.0.2.1"), nil)
	if !open(in).Rights().Has(permission.Submit) {
		t.Error("anonymous sessions lack Submit")
	}
	if s, d := in.Open(auth.Channel{TLS: true}, nil).Login(user("x@contoso.com", permission.SIDExchangeServers)); d.Reason != reply.LoginWithoutSubmit {
		t.Errorf("a group of the Windows domain holds %v", s.Rights())
	}
}

func open(in *connector.Inbound) connector.Session { return in.Open(auth.Channel{}, nil) }

// TestCompileReportsRouting checks that Compile reports mistakes that only the routing
// table sees.
func TestCompileReportsRouting(t *testing.T) {
	cfg := full()
	cfg.Links[0].Sites = []string{"South", "Default", "South"}
	_, err := connector.Compile(cfg)
	var problems source.Diagnostics
	if !errors.As(err, &problems) || len(problems) != 1 || problems[0].Path != `Links["link"].Sites[2]` || problems[0].Code != routing.CodeSiteLink {
		t.Errorf("Compile: %v", err)
	}
}
