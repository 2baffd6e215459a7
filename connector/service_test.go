package connector_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/draft"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// serviceTableOfDefaults is the documented default of every parameter of
// Set-TransportService that policy needs.
var serviceTableOfDefaults = map[string][3]string{
	"Name":                                          {"S"},
	"MaxConnectionRatePerMinute":                    {"1200"},
	"MaxOutboundConnections":                        {"1000"},
	"MaxPerDomainOutboundConnections":               {hub: "40", old: "20"},
	"IntraOrgConnectorSmtpMaxMessagesPerConnection": {"20"},
	"QueueGlitchRetryCount":                         {"4"},
	"QueueGlitchRetryInterval":                      {"1m0s"},
	"TransientFailureRetryCount":                    {"6"},
	"TransientFailureRetryInterval":                 {hub: "5m0s", onEdge: "10m0s"},
	"OutboundConnectionFailureRetryInterval":        {hub: "10m0s", onEdge: "30m0s"},
	"MessageRetryInterval":                          {"5m0s"},
	"DelayNotificationTimeout":                      {"4h0m0s"},
	"MessageExpirationTimeout":                      {"48h0m0s"},

	"ExternalDNSServers": {"[]"}, "ExternalDNSAdapterEnabled": {"true"}, "ExternalDNSProtocolOption": {"Any"},
	"InternalDNSServers": {"[]"}, "InternalDNSAdapterEnabled": {"true"}, "InternalDNSProtocolOption": {"Any"},

	"ReceiveProtocolLogPath": {"ProtocolLog/SmtpReceive"}, "ReceiveProtocolLogMaxAge": {"720h0m0s"},
	"ReceiveProtocolLogMaxDirectorySize": {"250 MB (262,144,000 bytes)"}, "ReceiveProtocolLogMaxFileSize": {"10 MB (10,485,760 bytes)"},
	"SendProtocolLogPath": {"ProtocolLog/SmtpSend"}, "SendProtocolLogMaxAge": {"720h0m0s"},
	"SendProtocolLogMaxDirectorySize": {"250 MB (262,144,000 bytes)"}, "SendProtocolLogMaxFileSize": {"10 MB (10,485,760 bytes)"},
	"ConnectivityLogEnabled": {"true"}, "ConnectivityLogPath": {"Connectivity"}, "ConnectivityLogMaxAge": {"720h0m0s"},
	"ConnectivityLogMaxDirectorySize": {"1000 MB (1,048,576,000 bytes)"}, "ConnectivityLogMaxFileSize": {"10 MB (10,485,760 bytes)"},
	"MessageTrackingLogEnabled": {"true"}, "MessageTrackingLogPath": {"MessageTracking"}, "MessageTrackingLogMaxAge": {"720h0m0s"},
	"MessageTrackingLogMaxDirectorySize": {"1000 MB (1,048,576,000 bytes)"}, "MessageTrackingLogMaxFileSize": {"10 MB (10,485,760 bytes)"},
	"MessageTrackingLogSubjectLoggingEnabled": {"true"}, "IntraOrgConnectorProtocolLoggingLevel": {"None"},
}

// transportTableOfDefaults is the same for the organisation's settings.
var transportTableOfDefaults = map[string][3]string{
	"MaxReceiveSize": {"Unlimited"}, "MaxSendSize": {"Unlimited"}, "MaxRecipientEnvelopeLimit": {"Unlimited"},
	"TLSReceiveDomainSecureList": {"[]"}, "TLSSendDomainSecureList": {"[]"}, "UseDowngradedExchangeServerAuth": {"false"},
	"GenerateCopyOfDSNFor":            {"5.4.8, 5.4.6, 5.4.4, 5.2.4, 5.2.0, 5.1.4"},
	"ExternalPostmasterAddress":       {hub: "postmaster@contoso.com", onEdge: "postmaster@s.contoso.com"},
	"ExternalDsnMaxMessageAttachSize": {"10 MB (10,485,760 bytes)"}, "InternalDsnMaxMessageAttachSize": {"10 MB (10,485,760 bytes)"},
	"ExternalDelayDsnEnabled": {"true"}, "InternalDelayDsnEnabled": {"true"}, "Assertions": {"[]"},
}

func TestServiceDefaults(t *testing.T) {
	for where, cfg := range []connector.Config{
		hub:    {},
		onEdge: {Servers: []routing.Server{{Edge: true}}},
		old:    {Profile: permission.Exchange2007},
	} {
		if cfg.Servers == nil {
			cfg.Servers = make([]routing.Server, 1)
		}
		cfg.Servers[0].Name, cfg.Servers[0].FQDN = "S", "s.contoso.com"
		cfg.Accepted = []routing.AcceptedDomain{{DomainName: "*.a.example"}, {DomainName: "contoso.com"}, {DomainName: "b.example"}}
		p := compile(t, cfg)
		compareDefaults(t, column(where), *p.Service(), serviceTableOfDefaults)
		compareDefaults(t, column(where), *p.Transport(), transportTableOfDefaults)
		if again := p.Service().WithDefaults(&cfg); !reflect.DeepEqual(again, *p.Service()) {
			t.Errorf("filled in twice: %+v", again)
		}
	}
}

// TestServiceOfThisServer checks that Policy.Service has this server's parameters, by any of
// its names, and not those of other servers.
func TestServiceOfThisServer(t *testing.T) {
	servers := []routing.Server{{Name: "HubA", FQDN: "huba.contoso.com"}, {Name: "HubB"}}
	for _, name := range []string{"", "HubA", "huba", "HUBA.contoso.com"} {
		cfg := connector.Config{Servers: servers, Services: []connector.Service{
			{Name: "HubB", MessageRetryInterval: time.Hour},
			{Name: name, MaxOutboundConnections: 7, TransientFailureRetryCount: param.Value(0)},
		}}
		s := compile(t, cfg).Service()
		if s.Name != "HubA" || s.MaxOutboundConnections != 7 || s.MaxPerDomainOutboundConnections != 7 ||
			s.TransientFailureRetryCount != param.Value(0) || s.MessageRetryInterval != 5*time.Minute {
			t.Errorf("%q: %+v", name, s)
		}
	}
	if p := (*connector.Policy)(nil); p.Service() != nil || p.Transport() != nil {
		t.Error("a nil Policy has settings")
	}
}

// TestServiceScalars checks the documented ends of each range of
// Set-TransportService.
func TestServiceScalars(t *testing.T) {
	day := 24 * time.Hour
	type service = connector.Service
	for _, row := range []struct {
		field     source.Path
		low, high int64
		set       func(s *service, n int64)
	}{
		{"IntraOrgConnectorSmtpMaxMessagesPerConnection", 1, 1<<31 - 1, func(s *service, n int64) { s.IntraOrgConnectorSmtpMaxMessagesPerConnection = int(n) }},
		{"MaxConnectionRatePerMinute", 1, 1<<31 - 1, func(s *service, n int64) { s.MaxConnectionRatePerMinute = int(n) }},
		{"MaxOutboundConnections", 1, 1<<31 - 1, func(s *service, n int64) { s.MaxOutboundConnections = param.Limit(n) }},
		{"MaxPerDomainOutboundConnections", 1, 1<<31 - 1, func(s *service, n int64) {
			s.MaxOutboundConnections, s.MaxPerDomainOutboundConnections = param.Unlimited, param.Limit(n)
		}},
		{"QueueGlitchRetryCount", 0, 15, func(s *service, n int64) { s.QueueGlitchRetryCount = param.Value(int(n)) }},
		{"QueueGlitchRetryInterval", int64(time.Second), int64(day / 2), func(s *service, n int64) { s.QueueGlitchRetryInterval = time.Duration(n) }},
		{"TransientFailureRetryCount", 0, 15, func(s *service, n int64) { s.TransientFailureRetryCount = param.Value(int(n)) }},
		{"TransientFailureRetryInterval", int64(time.Second), int64(day / 2), func(s *service, n int64) { s.TransientFailureRetryInterval = time.Duration(n) }},
		{"OutboundConnectionFailureRetryInterval", int64(time.Second), int64(20 * day), func(s *service, n int64) { s.OutboundConnectionFailureRetryInterval = time.Duration(n) }},
		{"MessageRetryInterval", int64(time.Second), int64(day), func(s *service, n int64) { s.MessageRetryInterval = time.Duration(n) }},
		{"DelayNotificationTimeout", int64(time.Second), int64(30 * day), func(s *service, n int64) { s.DelayNotificationTimeout = time.Duration(n) }},
		{"MessageExpirationTimeout", int64(5 * time.Second), int64(90 * day), func(s *service, n int64) { s.MessageExpirationTimeout = time.Duration(n) }},
	} {
		outside := []int64{-7, row.high + 1}
		if row.low > 1 {
			outside = append(outside, row.low-1)
		}
		for _, n := range append(outside, row.low, row.high) {
			c := connector.Config{Server: "HubA", Services: []service{{Name: "HubA"}}}
			row.set(&c.Services[0], n)
			errs, _ := c.Check()
			path := source.Path(`Services["HubA"].`) + row.field
			got := slices.ContainsFunc(errs, func(p source.Diagnostic) bool { return p.Path == path && p.Code == source.CodeOutOfRange })
			if want := n < row.low || n > row.high; got != want {
				t.Errorf("%s = %d: out of range %v, want %v: %v", row.field, n, got, want, errs)
			}
		}
	}
}

// TestDeliveryProblems walks the rules about several parameters, and about what
// reports need.
func TestDeliveryProblems(t *testing.T) {
	service := func(s connector.Service) connector.Config {
		return connector.Config{Server: "HubA", Services: []connector.Service{s}}
	}
	transport := func(set func(*connector.Transport)) connector.Config {
		var c connector.Config
		set(&c.Transport)
		return c
	}
	remote := func(d ...connector.RemoteDomain) connector.Config { return connector.Config{Remote: d} }
	for _, tt := range []struct {
		cfg     connector.Config
		path    source.Path // of the only problem; "": no problem
		code    source.Code
		warning bool
	}{
		{service(connector.Service{MaxOutboundConnections: 10}), "", "", false},
		{service(connector.Service{MaxOutboundConnections: 10, MaxPerDomainOutboundConnections: 10}), "", "", false},
		{service(connector.Service{MaxOutboundConnections: 10, MaxPerDomainOutboundConnections: 11}), "Services[0].MaxPerDomainOutboundConnections", connector.CodeConnectionsOrder, false},
		{service(connector.Service{MaxPerDomainOutboundConnections: param.Unlimited}), "Services[0].MaxPerDomainOutboundConnections", connector.CodeConnectionsOrder, false},
		{service(connector.Service{ReceiveProtocolLogMaxFileSize: 251 * param.MB}), "Services[0].ReceiveProtocolLogMaxFileSize", connector.CodeLogSizes, false},
		{service(connector.Service{SendProtocolLogMaxFileSize: param.UnlimitedSize}), "Services[0].SendProtocolLogMaxFileSize", connector.CodeLogSizes, false},
		{service(connector.Service{ConnectivityLogMaxAge: param.Value(-time.Second)}), "Services[0].ConnectivityLogMaxAge", source.CodeOutOfRange, false},
		{service(connector.Service{MessageTrackingLogMaxFileSize: -2}), "Services[0].MessageTrackingLogMaxFileSize", source.CodeOutOfRange, false},
		{service(connector.Service{ConnectivityLogPath: param.Value("../etc")}), "Services[0].ConnectivityLogPath", source.CodeValueInvalid, false},
		{service(connector.Service{DelayNotificationTimeout: 30 * time.Minute}), "Services[0].DelayNotificationTimeout", connector.CodeDelayNotification, true},
		{service(connector.Service{DelayNotificationTimeout: 31 * time.Minute}), "", "", false},
		{service(connector.Service{MessageExpirationTimeout: 4 * time.Hour}), "Services[0].DelayNotificationTimeout", connector.CodeDelayNotification, true},
		{service(connector.Service{Name: "HubX"}), `Services["HubX"].Name`, source.CodeServerUnknown, false},
		{connector.Config{Server: "HubA", Services: []connector.Service{{}, {Name: "huba"}}}, `Services["huba"].Name`, source.CodeNameDuplicate, false},

		{transport(func(t *connector.Transport) { t.ExternalPostmasterAddress = "bounces@contoso.com" }), "", "", false},
		{transport(func(t *connector.Transport) { t.ExternalPostmasterAddress = "bounces" }), "Transport.ExternalPostmasterAddress", connector.CodePostmaster, false},
		{transport(func(t *connector.Transport) { t.ExternalPostmasterAddress = "a@b\r\nBcc: c" }), "Transport.ExternalPostmasterAddress", connector.CodePostmaster, false},
		{transport(func(t *connector.Transport) {
			t.InternalDsnMaxMessageAttachSize = param.Value[param.Size](0)
		}), "", "", false},
		{transport(func(t *connector.Transport) {
			t.ExternalDsnMaxMessageAttachSize = param.Value(param.UnlimitedSize)
		}), "Transport.ExternalDsnMaxMessageAttachSize", source.CodeOutOfRange, false},
		{transport(func(t *connector.Transport) {
			t.InternalDsnMaxMessageAttachSize = param.Value[param.Size](1 << 31)
		}), "Transport.InternalDsnMaxMessageAttachSize", source.CodeOutOfRange, false},

		{remote(connector.RemoteDomain{Name: "Default", DomainName: "*"}, connector.RemoteDomain{Name: "a", DomainName: "*.a.example"}), "", "", false},
		{remote(connector.RemoteDomain{DomainName: "*"}), "Remote[0].Name", source.CodeNameMissing, false},
		{remote(connector.RemoteDomain{Name: "a", DomainName: "a.*.example"}), `Remote["a"].DomainName`, connector.CodeRemoteDomain, false},
		{remote(connector.RemoteDomain{Name: "a"}), `Remote["a"].DomainName`, connector.CodeRemoteDomain, false},
		{remote(connector.RemoteDomain{Name: "a", DomainName: "*.a.example"}, connector.RemoteDomain{Name: "b", DomainName: "*.A.example"}), `Remote["b"].DomainName`, connector.CodeRemoteDomain, false},
		{remote(connector.RemoteDomain{Name: "a", DomainName: "a.example"}, connector.RemoteDomain{Name: "A", DomainName: "b.example"}), `Remote["A"].Name`, source.CodeNameDuplicate, false},
	} {
		errs, warnings := tt.cfg.Check()
		got, other := errs, warnings
		if tt.warning {
			got, other = warnings, errs
		}
		switch {
		case len(other) > 0, tt.code == "" && len(got) > 0:
			t.Errorf("%+v: %v, %v", tt.cfg, errs, warnings)
		case tt.code != "" && (len(got) != 1 || got[0].Path != tt.path || got[0].Code != tt.code):
			t.Errorf("got %v, want %s (%s)", got, tt.path, tt.code)
		}
		if one := alone(&tt.cfg); len(one) != len(errs) || len(one) > 0 && one[0].Code != errs[0].Code {
			t.Errorf("%+v: checked alone %v, together %v", tt.cfg, one, errs)
		}
		if p, err := connector.Compile(tt.cfg); (err != nil) != (len(errs) > 0) || (p == nil) != (err != nil) {
			t.Errorf("Compile: %v, %v", err, errs)
		}
	}
}

// alone checks what c has one by one, where there is only one of its kind.
func alone(c *connector.Config) source.Diagnostics {
	switch {
	case len(c.Services) == 1:
		return draft.CheckService(c, c.Services[0])
	case len(c.Remote) == 1:
		return draft.CheckRemoteDomain(c.Remote[0])
	case len(c.Remote) == 0 && len(c.Services) == 0:
		return draft.CheckTransport(c.Transport)
	}
	errs, _ := c.Check()
	return errs
}

// TestReports checks which delivery reports senders get.
func TestReports(t *testing.T) {
	no := param.Value(false)
	cfg := connector.Config{
		Accepted: []routing.AcceptedDomain{{DomainName: "contoso.com"}, {DomainName: "relay.example", DomainType: routing.InternalRelay},
			{DomainName: "out.example", DomainType: routing.ExternalRelay}},
		Remote: []connector.RemoteDomain{
			{Name: "Default", DomainName: "*", NDREnabled: no},
			{Name: "Fabrikam", DomainName: "*.Fabrikam.com", DeliveryReportEnabled: no},
			{Name: "Mail", DomainName: "mail.fabrikam.com", NDREnabled: no, DeliveryReportEnabled: no},
			{Name: "Ours", DomainName: "contoso.com", NDREnabled: no},
		},
		Transport: connector.Transport{ExternalDelayDsnEnabled: no, InternalDsnMaxMessageAttachSize: param.Value[param.Size](0)},
	}
	p := compile(t, cfg)
	postmaster := routing.MustParseAddress("postmaster@contoso.com")
	inside := connector.Reports{Postmaster: postmaster, Failed: true, Delayed: true, Delivered: true}
	outside := connector.Reports{Postmaster: postmaster, MaxAttachSize: 10 << 20}
	failed, delivered := outside, outside
	failed.Failed, delivered.Delivered = true, true
	for sender, want := range map[string]connector.Reports{
		"a@contoso.com":         inside, // although a remote domain says otherwise
		"a@relay.example":       inside,
		"a@out.example":         delivered,
		"a@example.net":         delivered,
		"a@[192.0.2.1]":         delivered,
		"a@fabrikam.com":        failed,
		"a@x.y.fabrikam.com":    failed,
		"a@MAIL.fabrikam.com":   outside,
		"a@a.mail.fabrikam.com": failed,
		"a@notfabrikam.com":     delivered,
	} {
		if got := p.Reports(routing.MustParseAddress(sender)); got != want {
			t.Errorf("%s: %+v, want %+v", sender, got, want)
		}
	}
	if got := p.Reports(routing.Address{}); got != (connector.Reports{}) {
		t.Errorf("the null sender gets %+v", got)
	}
	if got := (*connector.Policy)(nil).Reports(postmaster); got != (connector.Reports{}) {
		t.Errorf("a nil Policy gives %+v", got)
	}
	plain := compile(t, connector.Config{Server: "no domain"}).Reports(postmaster)
	if want := (connector.Reports{Postmaster: routing.MustParseAddress("postmaster@localhost"), MaxAttachSize: 10 << 20, Failed: true, Delayed: true, Delivered: true}); plain != want {
		t.Errorf("without any settings: %+v", plain)
	}
}

// TestReportCopies checks which failures the postmaster gets copies of.
func TestReportCopies(t *testing.T) {
	none, two := param.StatusCodes{}, param.MustParseStatusCodes("5.1.1, 5.4.6")
	for _, tc := range []struct {
		transport connector.Transport
		want      param.StatusCodes
	}{
		{connector.Transport{}, none}, // to no address that only follows from the accepted domains
		{connector.Transport{GenerateCopyOfDSNFor: param.Value(two)}, none},
		{connector.Transport{ExternalPostmasterAddress: "post@contoso.com"}, param.MustParseStatusCodes("5.4.8, 5.4.6, 5.4.4, 5.2.4, 5.2.0, 5.1.4")},
		{connector.Transport{ExternalPostmasterAddress: "post@contoso.com", GenerateCopyOfDSNFor: param.Value(two)}, two},
		{connector.Transport{ExternalPostmasterAddress: "post@contoso.com", GenerateCopyOfDSNFor: param.Value(none)}, none},
	} {
		p := compile(t, connector.Config{Accepted: []routing.AcceptedDomain{{DomainName: "contoso.com"}}, Transport: tc.transport})
		for _, sender := range []string{"a@contoso.com", "a@example.net"} {
			if got := p.Reports(routing.MustParseAddress(sender)).Copied; got != tc.want {
				t.Errorf("%+v, %s: %v, want %v", tc.transport, sender, got, tc.want)
			}
		}
		if got := p.Reports(routing.Address{}).Copied; got != none {
			t.Errorf("null sender: %v", got)
		}
	}
}

// TestMergeServices keeps one service for each server.
func TestMergeServices(t *testing.T) {
	dst := connector.Config{Server: "HubA", Servers: []routing.Server{{Name: "HubA"}, {Name: "HubB"}},
		Services: []connector.Service{{Name: "huba", MaxOutboundConnections: 9, MessageRetryInterval: time.Minute}}}
	connector.Merge(&dst, connector.Config{
		Remote:    []connector.RemoteDomain{{Name: "Default", DomainName: "*"}},
		Transport: connector.Transport{ExternalPostmasterAddress: "a@b.example", InternalDelayDsnEnabled: param.Value(false)},
		Services:  []connector.Service{{MessageRetryInterval: time.Hour, QueueGlitchRetryCount: param.Value(0)}, {Name: "HubB"}},
	})
	want := []connector.Service{{Name: "huba", MaxOutboundConnections: 9, MessageRetryInterval: time.Hour, QueueGlitchRetryCount: param.Value(0)}, {Name: "HubB"}}
	if !reflect.DeepEqual(dst.Services, want) || len(dst.Remote) != 1 || dst.Transport.ExternalPostmasterAddress != "a@b.example" ||
		dst.Transport.InternalDelayDsnEnabled != param.Value(false) {
		t.Errorf("%+v", dst)
	}
}
