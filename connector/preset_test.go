package connector_test

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// TestUsagePresets is the table of receive-connectors.md.
func TestUsagePresets(t *testing.T) {
	const (
		client  = auth.TLS | auth.Integrated | auth.BasicAuth | auth.BasicAuthRequireTLS
		servers = permission.ExchangeServers | permission.ExchangeLegacyServers
	)
	for _, row := range []struct {
		usage            param.Usage
		profile          connector.Profile
		edge             bool
		bindings, ranges string
		auth             auth.Mechanism
		groups           permission.Group
	}{
		{param.UsageCustom, permission.Current, false, "[]", "[]", auth.TLS, 0},
		{param.UsageClient, permission.Current, false, "[0.0.0.0:587]", "[]", client, permission.ExchangeUsers},
		{param.UsageInternal, permission.Current, false, "[0.0.0.0:25]", "[]", auth.TLS | auth.ExchangeServer, servers},
		{param.UsageInternal, permission.Current, true, "[0.0.0.0:25]", "[]", auth.TLS | auth.ExchangeServer, permission.ExchangeServers},
		{param.UsageInternet, permission.Current, false, "[]", "[0.0.0.0-255.255.255.255]", auth.TLS, permission.AnonymousUsers},
		{param.UsageInternet, permission.Exchange2007, false, "[]", "[0.0.0.0-255.255.255.255]", auth.TLS, permission.AnonymousUsers | permission.Partners},
		{param.UsagePartner, permission.Current, false, "[]", "[]", auth.TLS, permission.Partners},
	} {
		c := &connector.Config{Profile: row.profile, Servers: []routing.Server{{Name: "HubA", Edge: row.edge}}}
		r := c.ReceiveDefaults(connector.Receive{Usage: row.usage})
		a, _ := r.AuthMechanism.Get()
		g, _ := r.PermissionGroups.Get()
		if fmt.Sprint(r.Bindings) != row.bindings || fmt.Sprint(r.RemoteIPRanges) != row.ranges || a != row.auth || g != row.groups {
			t.Errorf("%v: %v %v %v %v", row.usage, r.Bindings, r.RemoteIPRanges, a, g)
		}
	}
}

// TestGuidePreset is the guide's externally secured connector:
// -Usage Internal -RemoteIPRanges 192.168.1.10 -AuthMechanism ExternalAuthoritative.
func TestGuidePreset(t *testing.T) {
	c := &connector.Config{Profile: permission.Exchange2007, Server: "HubA", Receive: []connector.Receive{{
		Name: "FromInternetGateway", Server: "HubA", Usage: param.UsageInternal,
		RemoteIPRanges: []param.Range{param.MustParseRange("192.168.1.10")},
		AuthMechanism:  param.Value(auth.ExternalAuthoritative),
	}}}
	if errs, warnings := c.Check(); len(errs)+len(warnings) != 0 {
		t.Errorf("the guide's command must be clean, got %v, %v", errs, warnings)
	}
	r := c.ReceiveDefaults(c.Receive[0])
	if a, _ := r.AuthMechanism.Get(); a != auth.ExternalAuthoritative {
		t.Errorf("the mechanism given must override the preset, got %v", a)
	}
	if g, _ := r.PermissionGroups.Get(); g != permission.ExchangeServers|permission.ExchangeLegacyServers {
		t.Errorf("groups %v", g)
	}
	if fmt.Sprint(r.Bindings) != "[0.0.0.0:25]" {
		t.Errorf("bindings %v", r.Bindings)
	}
}

func TestDefaultsByEdition(t *testing.T) {
	for _, row := range []struct {
		profile       connector.Profile
		receive, send param.Size
	}{
		{permission.Current, 36 * param.MB, 35 * param.MB},
		{permission.Exchange2007, 10 * param.MB, 10 * param.MB},
	} {
		c := &connector.Config{Profile: row.profile}
		r, s := c.ReceiveDefaults(connector.Receive{}), c.SendDefaults(connector.Send{})
		if r.MaxMessageSize != row.receive || s.MaxMessageSize != row.send {
			t.Errorf("%v: %v, %v", row.profile, r.MaxMessageSize, s.MaxMessageSize)
		}
	}
	s := new(connector.Config).SendDefaults(connector.Send{Usage: param.UsageInternal})
	if s.MaxMessageSize != param.UnlimitedSize {
		t.Errorf("usage Internal sends up to %v, want no limit", s.MaxMessageSize)
	}
}

// TestLocalScope is how Exchange 2007 wrote IsScopedConnector.
func TestLocalScope(t *testing.T) {
	for scope, want := range map[string]bool{"Local:*.contoso.com;5": true, "*.contoso.com;5": false} {
		s := new(connector.Config).SendDefaults(connector.Send{AddressSpaces: spaces(scope)})
		if s.IsScopedConnector != want {
			t.Errorf("%s: IsScopedConnector %v", scope, s.IsScopedConnector)
		}
	}
}

func TestDefaultsByRole(t *testing.T) {
	for _, row := range []struct {
		edge        bool
		idle, total time.Duration
		rate        param.Limit
	}{
		{false, 5 * time.Minute, 10 * time.Minute, param.Unlimited},
		{true, time.Minute, 5 * time.Minute, 600},
	} {
		c := &connector.Config{Servers: []routing.Server{{Name: "S", Edge: row.edge}}}
		r := c.ReceiveDefaults(connector.Receive{})
		if r.ConnectionInactivityTimeout != row.idle || r.ConnectionTimeout != row.total || r.MessageRateLimit != row.rate {
			t.Errorf("edge %v: %v, %v, %v", row.edge, r.ConnectionInactivityTimeout, r.ConnectionTimeout, r.MessageRateLimit)
		}
		if s := c.SendDefaults(connector.Send{}); (len(s.SourceTransportServers) == 0) != row.edge {
			t.Errorf("edge %v: source servers %v", row.edge, s.SourceTransportServers)
		}
	}
}

func TestDefaultsAreIdempotent(t *testing.T) {
	c := ruleConfig()
	for usage := range param.UsagePartner + 1 {
		r := c.ReceiveDefaults(connector.Receive{Usage: usage, DefaultDomain: "contoso"})
		if again := c.ReceiveDefaults(r); !reflect.DeepEqual(r, again) {
			t.Errorf("%v: %+v\nthen %+v", usage, r, again)
		}
	}
	for _, s := range c.Send {
		s = c.SendDefaults(s)
		if again := c.SendDefaults(s); !reflect.DeepEqual(s, again) {
			t.Errorf("%s: %+v\nthen %+v", s.Name, s, again)
		}
	}
}

// TestDefaultsFillEverything makes sure that no Setting is forgotten.
func TestDefaultsFillEverything(t *testing.T) {
	c := &connector.Config{}
	for _, v := range []any{c.ReceiveDefaults(connector.Receive{}), c.SendDefaults(connector.Send{})} {
		s := reflect.ValueOf(v)
		for i := range s.NumField() {
			get := s.Field(i).MethodByName("Get")
			if get.IsValid() && !get.Call(nil)[1].Bool() {
				t.Errorf("%T.%s has no default", v, s.Type().Field(i).Name)
			}
		}
	}
}

func TestMerge(t *testing.T) {
	dst, src := *ruleConfig(), *ruleConfig()
	src.Server, src.Profile = "", permission.Exchange2007
	src.Transport.MaxSendSize = param.MB
	connector.Merge(&dst, src)
	if dst.Server != "HubA" || dst.Profile != permission.Exchange2007 || dst.Transport.MaxSendSize != param.MB ||
		len(dst.Receive) != 4 || len(dst.Send) != 4 || len(dst.Transport.TLSSendDomainSecureList) != 2 {
		t.Errorf("merged: %+v", dst)
	}
	errs, _ := dst.Check()
	if len(errs) == 0 {
		t.Error("connectors of the same name must be reported, not merged")
	}
}
