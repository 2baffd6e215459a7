package analysis_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// fabrikam is the guide's organisation: a connector for everybody, one for a
// gateway that may relay, one that is off, and a way out for all mail.
func fabrikam() connector.Config {
	return connector.Config{
		Server:   "HubA",
		Servers:  []routing.Server{{Name: "HubA", FQDN: "huba.fabrikam.com"}},
		Accepted: []routing.AcceptedDomain{{Name: "Fabrikam", DomainName: "fabrikam.com"}},
		Receive: []connector.Receive{
			{
				Name: "Default", Bindings: []netip.AddrPort{netip.MustParseAddrPort("0.0.0.0:25")},
				RemoteIPRanges:   []param.Range{param.MustParseRange("0.0.0.0/0")},
				AuthMechanism:    param.Value(auth.TLS | auth.BasicAuth | auth.BasicAuthRequireTLS),
				PermissionGroups: param.Value(permission.AnonymousUsers | permission.ExchangeUsers),
			},
			{
				Name: "Relay", Bindings: []netip.AddrPort{netip.MustParseAddrPort("10.2.3.4:25")},
				RemoteIPRanges:   []param.Range{param.MustParseRange("192.168.5.77")},
				PermissionGroups: param.Value(permission.AnonymousUsers),
				Permissions:      []permission.Grant{{To: permission.SIDAnonymous, Allow: permission.SetOf(permission.AcceptAnyRecipient)}},
			},
		},
		Send: []connector.Send{
			{Name: "Internet", AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace("*")}, MaxMessageSize: param.MB},
			{Name: "Inside", AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace("fabrikam.com")},
				SmartHosts: []param.SmartHost{param.MustParseSmartHost("10.2.3.9")}},
		},
	}
}

// scanner is a device that sends to a domain that is not accepted.
func scanner() connector.Dialog {
	return connector.Dialog{
		Local: netip.MustParseAddrPort("10.2.3.4:25"), Remote: netip.MustParseAddr("10.9.8.7"), Helo: "scanner.fabrikam.com",
		From: routing.MustParseAddress("scanner@fabrikam.com"), To: []routing.Address{routing.MustParseAddress("bob@contoso.com")},
	}
}

func recipients(all ...string) []routing.Address {
	var list []routing.Address
	for _, s := range all {
		list = append(list, routing.MustParseAddress(s))
	}
	return list
}

// editTexts returns the edits as "kind path: text".
func editTexts(edits []analysis.Edit) []string {
	var all []string
	for _, e := range edits {
		all = append(all, string(e.Kind)+" "+string(e.Path)+": "+e.Text)
	}
	return all
}

// TestWhyNot wants the edits for every kind of refusal.
func TestWhyNot(t *testing.T) {
	user := func(name string) *auth.Identity {
		return &auth.Identity{Principal: permission.Authenticated(name)}
	}
	for _, tt := range []struct {
		name   string
		policy func(*connector.Config)
		dialog func(*connector.Dialog)
		want   []string // some of the edits
		not    []string // kinds that can't help
	}{
		{
			name: "a scanner may not relay",
			want: []string{
				`range Receive["Relay"].RemoteIPRanges: add 10.9.8.7 to the RemoteIPRanges of Relay`,
				`accepted-domain Accepted: accept mail for contoso.com as an external relay domain`,
				`grant Receive["Default"].Permissions: grant ms-Exch-SMTP-Accept-Any-Recipient to NT AUTHORITY\ANONYMOUS LOGON`,
			},
			not: []string{"group", "mechanism", "binding"},
		},
		{
			name:   "no connector serves the client",
			policy: func(c *connector.Config) { c.Receive[0].Enabled = param.Value(false) },
			want: []string{
				`range Receive["Relay"].RemoteIPRanges: add 10.9.8.7 to the RemoteIPRanges of Relay`,
				`enable Receive["Default"].Enabled: enable Receive connector Default`,
			},
		},
		{
			name: "the sender isn't allowed",
			policy: func(c *connector.Config) {
				c.Receive[0].AllowedSenders = []param.Sender{param.MustParseSender("@fabrikam.com")}
				c.Receive[0].Permissions = []permission.Grant{{To: permission.SIDAnonymous, Allow: permission.SetOf(permission.AcceptAnyRecipient)}}
			},
			dialog: func(d *connector.Dialog) { d.From = routing.MustParseAddress("root@printer.local") },
			want:   []string{`sender Receive["Default"].AllowedSenders: add root@printer.local to the AllowedSenders`},
			not:    []string{"grant", "group"},
		},
		{
			name:   "the port is another",
			dialog: func(d *connector.Dialog) { d.Local = netip.MustParseAddrPort("10.2.3.4:587") },
			want:   []string{`binding Receive["Default"].Bindings: add 10.2.3.4:587 to the Bindings of Default`},
		},
		{
			name: "a right is denied",
			policy: func(c *connector.Config) {
				c.Receive[0].Permissions = []permission.Grant{{To: permission.SIDAnonymous, Deny: permission.SetOf(permission.AcceptAnyRecipient, permission.BypassAntiSpam)},
					{To: permission.SIDAnonymous, Allow: permission.SetOf(permission.AcceptAnyRecipient)}}
			},
			want: []string{`deny Receive["Default"].Permissions[0]: no longer deny ms-Exch-SMTP-Accept-Any-Recipient to NT AUTHORITY\ANONYMOUS LOGON`},
			not:  []string{"grant"},
		},
		{
			name:   "no group for a user",
			policy: func(c *connector.Config) { c.Receive[0].PermissionGroups = param.Value(permission.AnonymousUsers) },
			dialog: func(d *connector.Dialog) { d.TLS, d.User = true, user("ann") },
			want: []string{
				`grant Receive["Default"].Permissions: grant ms-Exch-SMTP-Submit to ann`,
				`grant Receive["Default"].Permissions: grant ms-Exch-SMTP-Submit to NT AUTHORITY\Authenticated Users`,
				`group Receive["Default"].PermissionGroups: add the permission group ExchangeUsers`,
			},
		},
		{
			name:   "AUTH before TLS",
			dialog: func(d *connector.Dialog) { d.User = user("ann") },
			want:   []string{`mechanism Receive["Default"].AuthMechanism: set AuthMechanism to Tls, BasicAuth`},
			not:    []string{"grant"},
		},
		{
			name:   "another's sender",
			dialog: func(d *connector.Dialog) { d.TLS, d.User = true, user("ann") },
			want:   []string{`grant Receive["Default"].Permissions: grant ms-Exch-SMTP-Accept-Authoritative-Domain-Sender to ann`},
		},
		{
			name:   "TLS is required",
			policy: func(c *connector.Config) { c.Receive[0].RequireTLS = true },
			want:   []string{`requirement Receive["Default"].RequireTLS: switch off RequireTLS`},
		},
		{
			name: "a secured domain",
			policy: func(c *connector.Config) {
				c.Receive[0].DomainSecureEnabled, c.Transport.TLSReceiveDomainSecureList = true, []string{"fabrikam.com"}
			},
			want: []string{
				`requirement Transport.TLSReceiveDomainSecureList: take fabrikam.com off TLSReceiveDomainSecureList`,
				`requirement Receive["Default"].DomainSecureEnabled: switch off DomainSecureEnabled`,
			},
		},
		{
			name:   "no TLS is offered",
			policy: func(c *connector.Config) { c.Receive[0].AuthMechanism = param.Value(auth.BasicAuth) },
			dialog: func(d *connector.Dialog) { d.TLS = true },
			want:   []string{`mechanism Receive["Default"].AuthMechanism: set AuthMechanism to Tls, BasicAuth`},
		},
		{
			name:   "EHLO without a domain",
			policy: func(c *connector.Config) { c.Receive[0].RequireEHLODomain = true },
			dialog: func(d *connector.Dialog) { d.Helo = "" },
			want:   []string{`requirement Receive["Default"].RequireEHLODomain: switch off RequireEHLODomain`},
		},
		{
			name:   "too large",
			dialog: func(d *connector.Dialog) { d.Size = 50 << 20 },
			want: []string{
				`limit Receive["Default"].MaxMessageSize: raise MaxMessageSize to 50 MB (52,428,800 bytes)`,
				`grant Receive["Default"].Permissions: grant ms-Exch-Bypass-Message-Size-Limit to NT AUTHORITY\ANONYMOUS LOGON`,
			},
		},
		{
			name:   "too many recipients",
			policy: func(c *connector.Config) { c.Receive[0].MaxRecipientsPerMessage = 1 },
			dialog: func(d *connector.Dialog) { d.To = recipients("a@fabrikam.com", "b@fabrikam.com") },
			want:   []string{`limit Receive["Default"].MaxRecipientsPerMessage: raise MaxRecipientsPerMessage to 2`},
		},
		{
			name:   "too many hops",
			dialog: func(d *connector.Dialog) { d.To, d.Hops = recipients("a@fabrikam.com"), 70 },
			want:   []string{`limit Receive["Default"].MaxHopCount: raise MaxHopCount to 70`},
		},
		{
			name:   "too large a header",
			dialog: func(d *connector.Dialog) { d.To, d.HeaderSize = recipients("a@fabrikam.com"), 300<<10 },
			want:   []string{`limit Receive["Default"].MaxHeaderSize: raise MaxHeaderSize to 300 KB (307,200 bytes)`},
		},
		{
			name:   "too many local hops",
			dialog: func(d *connector.Dialog) { d.To, d.Hops, d.LocalHops = recipients("a@fabrikam.com"), 20, 13 },
			want:   []string{`limit Receive["Default"].MaxLocalHopCount: raise MaxLocalHopCount to 13`},
		},
		{
			name:   "too many recipients in all",
			policy: func(c *connector.Config) { c.Transport.MaxRecipientEnvelopeLimit = 1 },
			dialog: func(d *connector.Dialog) { d.To = recipients("a@fabrikam.com", "a@fabrikam.com") },
			want:   []string{`limit Transport.MaxRecipientEnvelopeLimit: raise MaxRecipientEnvelopeLimit to 2`},
		},
		{
			name:   "too large for the organisation",
			policy: func(c *connector.Config) { c.Transport.MaxReceiveSize = param.MB },
			dialog: func(d *connector.Dialog) { d.Size = 2 << 20 },
			want:   []string{`limit Transport.MaxReceiveSize: raise MaxReceiveSize to 2 MB (2,097,152 bytes)`},
			not:    []string{"grant"},
		},
		{
			name:   "a reserved top-level domain",
			policy: func(c *connector.Config) { c.Receive[0].RejectReservedTopLevelRecipientDomains = true },
			dialog: func(d *connector.Dialog) { d.To = recipients("a@x.test") },
			want:   []string{`range Receive["Relay"].RemoteIPRanges: add 10.9.8.7 to the RemoteIPRanges of Relay`},
		},
		{
			name: "a reserved second-level domain that is accepted",
			policy: func(c *connector.Config) {
				c.Receive[0].RejectReservedSecondLevelRecipientDomains = true
				c.Accepted = append(c.Accepted, routing.AcceptedDomain{DomainName: "example.com", DomainType: routing.InternalRelay})
			},
			dialog: func(d *connector.Dialog) { d.To = recipients("a@example.com") },
			want:   []string{`requirement Receive["Default"].RejectReservedSecondLevelRecipientDomains: switch off RejectReservedSecondLevelRecipientDomains`},
		},
		{
			name: "a single label",
			policy: func(c *connector.Config) {
				c.Receive[0].RejectSingleLabelRecipientDomains = true
				c.Accepted = append(c.Accepted, routing.AcceptedDomain{DomainName: "intranet", DomainType: routing.InternalRelay})
			},
			dialog: func(d *connector.Dialog) { d.To = recipients("a@intranet") },
			want:   []string{`requirement Receive["Default"].RejectSingleLabelRecipientDomains: switch off RejectSingleLabelRecipientDomains`},
		},
		{
			name: "another's address in the header",
			dialog: func(d *connector.Dialog) {
				d.TLS, d.User = true, user("ann")
				d.User.Addresses = recipients("scanner@fabrikam.com")
				d.Authors = recipients("scanner@fabrikam.com", "boss@fabrikam.com")
			},
			want: []string{`grant Receive["Default"].Permissions: grant ms-Exch-SMTP-Accept-Authoritative-Domain-Sender to ann`},
		},
		{
			name: "an authoritative sender",
			policy: func(c *connector.Config) {
				c.Receive[0].Permissions = []permission.Grant{{To: permission.SIDAnonymous, Deny: permission.SetOf(permission.AcceptAuthoritativeDomainSender)}}
			},
			dialog: func(d *connector.Dialog) { d.To = recipients("a@fabrikam.com") },
			want: []string{
				`deny Receive["Default"].Permissions[0]: no longer deny ms-Exch-SMTP-Accept-Authoritative-Domain-Sender to NT AUTHORITY\ANONYMOUS LOGON`,
				`accepted-domain Accepted["Fabrikam"].DomainType: make fabrikam.com an internal relay domain`,
			},
		},
		{
			name: "a way out for another site",
			policy: func(c *connector.Config) {
				c.Servers[0].Site = "North"
				c.Servers = append(c.Servers, routing.Server{Name: "HubB", FQDN: "hubb.fabrikam.com", Site: "South"})
				c.Links = []routing.SiteLink{{Name: "NS", Sites: []string{"North", "South"}, Cost: 1}}
				c.Send[0].SourceTransportServers, c.Send[0].IsScopedConnector = []string{"HubB"}, true
			},
			dialog: func(d *connector.Dialog) { d.Remote = netip.MustParseAddr("192.168.5.77") },
			want:   []string{`scope Send["Internet"].IsScopedConnector: let all sites use Send connector Internet`},
		},
		{
			name: "too large for the way to another site",
			policy: func(c *connector.Config) {
				c.Servers[0].Site = "North"
				c.Servers = append(c.Servers, routing.Server{Name: "HubB", FQDN: "hubb.fabrikam.com", Site: "South"})
				c.Links = []routing.SiteLink{{Name: "NS", Sites: []string{"North", "South"}, Cost: 1, MaxSize: 1000}}
				c.Send[0].SourceTransportServers = []string{"HubB"}
			},
			dialog: func(d *connector.Dialog) { d.Remote, d.Size = netip.MustParseAddr("192.168.5.77"), 4000 },
			want:   []string{`limit Links["NS"].MaxSize: raise MaxSize of site link NS to 3.906 KB (4,000 bytes)`},
			not:    []string{"scope"},
		},
		{
			name:   "too large for all ways out",
			policy: func(c *connector.Config) { c.Transport.MaxSendSize = 512 * param.KB },
			dialog: func(d *connector.Dialog) { d.Remote, d.Size = netip.MustParseAddr("192.168.5.77"), 800<<10 },
			want:   []string{`limit Transport.MaxSendSize: raise MaxSendSize to 800 KB (819,200 bytes)`},
		},
		{
			name:   "no way out",
			policy: func(c *connector.Config) { c.Send[1].Enabled = param.Value(false) },
			dialog: func(d *connector.Dialog) { d.To = recipients("a@fabrikam.com") },
			want: []string{
				`enable Send["Inside"].Enabled: enable Send connector Inside`,
				`address-space Send["Internet"].AddressSpaces: add fabrikam.com to the AddressSpaces of Internet`,
				`accepted-domain Accepted["Fabrikam"].DomainType: make fabrikam.com an internal relay domain`,
			},
		},
		{
			name: "too large for the way out",
			dialog: func(d *connector.Dialog) {
				d.Remote, d.Size = netip.MustParseAddr("192.168.5.77"), 2<<20
			},
			want: []string{`limit Send["Internet"].MaxMessageSize: raise MaxMessageSize of Internet to 2 MB (2,097,152 bytes)`},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg, d := fabrikam(), scanner()
			if tt.policy != nil {
				tt.policy(&cfg)
			}
			if tt.dialog != nil {
				tt.dialog(&d)
			}
			p := compile(t, cfg)
			edits, _ := analysis.WhyNot(p, d)
			got := editTexts(edits)
			for _, want := range tt.want {
				if !slices.Contains(got, want) {
					t.Errorf("%s is missing from\n%s\n%s", want, strings.Join(got, "\n"), p.Walk(d))
				}
			}
			for _, e := range edits {
				if slices.Contains(tt.not, string(e.Kind)) {
					t.Errorf("%s %s can't help", e.Kind, e.Path)
				}
				if again := compile(t, e.Config).Walk(d); again.String() != e.After.String() {
					t.Errorf("%s: After is not what the Config gives:\n%s", e.Text, again)
				}
			}
		})
	}
}

// TestWhyNotOrder wants edits from narrow to wide, each with what else it admits.
func TestWhyNotOrder(t *testing.T) {
	cfg, d := fabrikam(), scanner()
	edits, _ := analysis.WhyNot(compile(t, cfg), d)
	want := []string{
		`range Receive["Relay"].RemoteIPRanges: add 10.9.8.7 to the RemoteIPRanges of Relay`,
		`accepted-domain Accepted: accept mail for contoso.com as an external relay domain`,
		`grant Receive["Default"].Permissions: grant ms-Exch-SMTP-Accept-Any-Recipient to NT AUTHORITY\ANONYMOUS LOGON`,
	}
	if got := editTexts(edits); !slices.Equal(got, want) {
		t.Fatalf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if got, want := texts(edits[0].Admits), `Clients at 10.9.8.7 on 10.2.3.4:25 may now relay to any domain without authentication (connector "Relay").`; strings.TrimSpace(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for _, e := range edits {
		if !e.Accepted() {
			t.Errorf("%s: %s", e.Text, e.After)
		}
		if s, ok := e.Refusal(); ok {
			t.Errorf("%s: still %v", e.Text, s.Decision)
		}
	}

	// A user comes before a group, and that before everybody.
	cfg.Receive[0].PermissionGroups = param.Value(permission.AnonymousUsers)
	d.TLS, d.User = true, &auth.Identity{Principal: permission.Authenticated("ann", permission.NameSID("Devices"))}
	var order []string
	edits, _ = analysis.WhyNot(compile(t, cfg), d)
	for _, e := range edits {
		order = append(order, string(e.Kind)+" "+e.Text[strings.LastIndexByte(e.Text, ' ')+1:])
		if s, ok := e.Refusal(); e.Kind == analysis.EditGrant && (!ok || s.Decision.Reason != reply.SendAsDenied) {
			t.Errorf("%s: the next refusal is %v", e.Text, s.Decision)
		}
	}
	if want := []string{"grant ann", "grant devices", "grant Users", "group ExchangeUsers"}; !slices.Equal(order, want) {
		t.Errorf("got %q, want %q", order, want)
	}
}

// TestWhyNotNothing wants no edits where nothing is refused, nothing helps or
// there is no policy.
func TestWhyNotNothing(t *testing.T) {
	d := scanner()
	d.Remote = netip.MustParseAddr("192.168.5.77")
	if edits, _ := analysis.WhyNot(compile(t, fabrikam()), d); edits != nil {
		t.Errorf("accepted: %q", editTexts(edits))
	}
	d.Helo = "a|b"
	if edits, _ := analysis.WhyNot(compile(t, fabrikam()), d); edits != nil {
		t.Errorf("EHLO with illegal characters: %q", editTexts(edits))
	}
	if edits, _ := analysis.WhyNot(nil, d); edits != nil {
		t.Errorf("no policy: %q", editTexts(edits))
	}
}
