package connector_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/routing"
)

// TestExplainNextHop has what the trace of a route says of the chosen connector's next hops, and that
// no secret is in it.
func TestExplainNextHop(t *testing.T) {
	const secret = "Tr0ub4dor"
	credential := func(user string) *param.Credential { return &param.Credential{UserName: user, Password: secret} }
	hosts := func(names ...string) (list []param.SmartHost) {
		for _, n := range names {
			list = append(list, param.MustParseSmartHost(n))
		}
		return list
	}
	for _, row := range []struct {
		name   string
		change func(*connector.Send)
		want   string
	}{
		{"mail exchangers", func(*connector.Send) {}, ``},
		{"secured mail exchangers", func(s *connector.Send) { s.DomainSecureEnabled = true }, `
			yes  next-hop-tls: TLS with the mail exchangers of partner.test is required, with a trusted certificate for partner.test
			Send["Out"].DomainSecureEnabled = true
			Transport.TLSSendDomainSecureList = partner.test`},
		{"smart host", func(s *connector.Send) { s.SmartHosts = hosts("a.test") }, ``},
		{"another server's smart host", func(s *connector.Send) {
			s.SmartHosts, s.SourceTransportServers, s.RequireTLS = hosts("a.test"), []string{"Far"}, true
		}, ``},
		{"smart host without STARTTLS", func(s *connector.Send) { s.SmartHosts, s.IgnoreSTARTTLS = hosts("a.test"), true }, `
			no   next-hop-tls: TLS with a.test is never used
			Send["Out"].IgnoreSTARTTLS = true`},
		{"credentials of two", func(s *connector.Send) {
			s.SmartHosts, s.Port = hosts("a.test", "192.0.2.1"), 465
			s.SmartHostAuthMechanism, s.AuthenticationCredential = auth.BasicAuth, credential("hub")
			s.SmartHostCredentials = []param.SmartHostCredential{{Host: s.SmartHosts[1], Credential: *credential("them")}}
		}, `
			yes  next-hop-tls: TLS with a.test is required, with a trusted certificate for a.test
			Send["Out"].Port = 465
			Send["Out"].SmartHostAuthMechanism = BasicAuth
			yes  smart-host-logon: this server logs on to a.test as "hub" with a password, by SCRAM-SHA-256 or else by LOGIN or PLAIN
			Send["Out"].SmartHostAuthMechanism = BasicAuth
			Send["Out"].AuthenticationCredential = hub
			yes  next-hop-tls: TLS with [192.0.2.1] is required, with a trusted certificate for 192.0.2.1
			Send["Out"].Port = 465
			Send["Out"].SmartHostAuthMechanism = BasicAuth
			yes  smart-host-logon: this server logs on to [192.0.2.1] as "them" with a password, by SCRAM-SHA-256 or else by LOGIN or PLAIN
			Send["Out"].SmartHostAuthMechanism = BasicAuth
			Send["Out"].SmartHostCredentials["[192.0.2.1]"] = them`},
		{"token and limits of Microsoft 365", func(s *connector.Send) {
			s.SmartHosts, s.SmartHostLimits, s.SmartHostMessageRateLimit = hosts("smtp.office365.com"), param.SmartHostLimitsMicrosoft365, 10
			s.SmartHostAuthMechanism, s.AuthenticationCredential = auth.OAuth, credential("scan@contoso.com")
			s.LogonWithoutCertificateCheck = true
		}, `
			yes  next-hop-tls: TLS with smtp.office365.com is required
			Send["Out"].SmartHostAuthMechanism = OAuth
			Send["Out"].LogonWithoutCertificateCheck = true
			yes  smart-host-logon: this server logs on to smtp.office365.com as "scan@contoso.com" with an OAuth token
			Send["Out"].SmartHostAuthMechanism = OAuth
			Send["Out"].AuthenticationCredential = scan@contoso.com
			yes  smart-host-limits: the queue keeps to 3 connections at a time, 10 messages in any minute, 10000 recipients in any 24 hours
			Send["Out"].SmartHostLimits = Microsoft365
			Send["Out"].SmartHostMaxConnections = 3 (preset Microsoft365)
			Send["Out"].SmartHostMessageRateLimit = 10
			Send["Out"].SmartHostRecipientRateLimit = 10000 (preset Microsoft365)`},
		{"limit of its own", func(s *connector.Send) { s.SmartHosts, s.SmartHostMaxConnections = hosts("a.test"), 2 }, `
			yes  smart-host-limits: the queue keeps to 2 connections at a time
			Send["Out"].SmartHostMaxConnections = 2
			Send["Out"].SmartHostMessageRateLimit = Unlimited (default)
			Send["Out"].SmartHostRecipientRateLimit = Unlimited (default)`},
	} {
		s := connector.Send{Name: "Out", AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace("*")}}
		row.change(&s)
		p, err := connector.Compile(connector.Config{
			Server: "Here", Servers: []routing.Server{{Name: "Here", Site: "one"}, {Name: "Far", Site: "one"}},
			Send: []connector.Send{s}, Transport: connector.Transport{TLSSendDomainSecureList: []string{"partner.test"}},
		})
		if err != nil {
			t.Errorf("%s: %v", row.name, err)
			continue
		}
		var trace connector.Trace
		p.Route(routing.MustParseAddress("kim@partner.test"), 0, &trace)
		var got strings.Builder
		for step := range trace.All() {
			if c := step.Check.String(); c != "next-hop-tls" && !strings.HasPrefix(c, "smart-host-") {
				continue
			}
			fmt.Fprintf(&got, "\n\t\t\t%s", step)
			for _, b := range step.Basis() {
				fmt.Fprintf(&got, "\n\t\t\t%s", b)
			}
		}
		if got.String() != row.want {
			t.Errorf("%s: got%s\nwant%s", row.name, got.String(), row.want)
		}
		text, err := json.Marshal(trace)
		if err != nil || strings.Contains(string(text)+got.String(), secret) {
			t.Errorf("%s: the trace is %s, %v", row.name, text, err)
		}
		if limited := strings.Contains(row.want, "preset M"); limited != strings.Contains(string(text), `"limits":"Microsoft365"`) {
			t.Errorf("%s: the trace is %s", row.name, text)
		}
	}
}
