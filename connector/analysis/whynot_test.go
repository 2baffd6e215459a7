package analysis_test

import (
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/analysis"
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
				RemoteIPRanges:   []connector.Range{connector.MustParseRange("0.0.0.0/0")},
				AuthMechanism:    connector.Value(auth.TLS | auth.BasicAuth | auth.BasicAuthRequireTLS),
				PermissionGroups: connector.Value(permission.AnonymousUsers | permission.ExchangeUsers),
			},
			{
				Name: "Relay", Bindings: []netip.AddrPort{netip.MustParseAddrPort("10.2.3.4:25")},
				RemoteIPRanges:   []connector.Range{connector.MustParseRange("192.168.5.77")},
				PermissionGroups: connector.Value(permission.AnonymousUsers),
				Permissions:      []permission.Grant{{To: permission.SIDAnonymous, Allow: permission.SetOf(permission.AcceptAnyRecipient)}},
			},
		},
		Send: []connector.Send{
			{Name: "Internet", AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace("*")}, MaxMessageSize: connector.MB},
			{Name: "Inside", AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace("fabrikam.com")},
				SmartHosts: []connector.SmartHost{connector.MustParseSmartHost("10.2.3.9")}},
		},
	}
}

// scanner is a device that wants to mail somebody elsewhere.
func scanner() connector.Dialog {
	return connector.Dialog{
		Local: netip.MustParseAddrPort("10.2.3.4:25"), Remote: netip.MustParseAddr("10.9.8.7"), Helo: "scanner.fabrikam.com",
		From: routing.MustParseAddress("scanner@fabrikam.com"), To: []routing.Address{routing.MustParseAddress("bob@contoso.com")},
	}
}

// editTexts returns the edits as "kind path: text".
func editTexts(edits []analysis.Edit) []string {
	var all []string
	for _, e := range edits {
		all = append(all, string(e.Kind)+" "+e.Path+": "+e.Text)
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
			name:   "nobody serves the client",
			policy: func(c *connector.Config) { c.Receive[0].Enabled = connector.Value(false) },
			want: []string{
				`range Receive["Relay"].RemoteIPRanges: add 10.9.8.7 to the RemoteIPRanges of Relay`,
				`enable Receive["Default"].Enabled: enable Receive connector Default`,
			},
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
			policy: func(c *connector.Config) { c.Receive[0].PermissionGroups = connector.Value(permission.AnonymousUsers) },
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
			want:   []string{`grant Receive["Default"].Permissions: grant ms-Exch-SMTP-Accept-Any-Sender, ms-Exch-SMTP-Accept-Authoritative-Domain-Sender to ann`},
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
			policy: func(c *connector.Config) { c.Receive[0].AuthMechanism = connector.Value(auth.BasicAuth) },
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
			dialog: func(d *connector.Dialog) {
				d.To = []routing.Address{routing.MustParseAddress("a@fabrikam.com"), routing.MustParseAddress("b@fabrikam.com")}
			},
			want: []string{`limit Receive["Default"].MaxRecipientsPerMessage: raise MaxRecipientsPerMessage to 2`},
		},
		{
			name: "too many hops, too large a header",
			dialog: func(d *connector.Dialog) {
				d.To, d.Hops = []routing.Address{routing.MustParseAddress("a@fabrikam.com")}, 70
			},
			want: []string{`limit Receive["Default"].MaxHopCount: raise MaxHopCount to 70`},
		},
		{
			name:   "no way out",
			policy: func(c *connector.Config) { c.Send[1].Enabled = connector.Value(false) },
			dialog: func(d *connector.Dialog) { d.To = []routing.Address{routing.MustParseAddress("a@fabrikam.com")} },
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
			edits := analysis.WhyNot(p, d)
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
	edits := analysis.WhyNot(compile(t, cfg), d)
	want := []string{
		`range Receive["Relay"].RemoteIPRanges: add 10.9.8.7 to the RemoteIPRanges of Relay`,
		`accepted-domain Accepted: accept mail for contoso.com as an external relay domain`,
		`grant Receive["Default"].Permissions: grant ms-Exch-SMTP-Accept-Any-Recipient to NT AUTHORITY\ANONYMOUS LOGON`,
	}
	if got := editTexts(edits); !slices.Equal(got, want) {
		t.Fatalf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if got, want := texts(edits[0].Admits), `Clients in 10.9.8.7 at 10.2.3.4:25 may now relay to any domain without authentication (connector "Relay").`; strings.TrimSpace(got) != want {
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
	cfg.Receive[0].PermissionGroups = connector.Value(permission.AnonymousUsers)
	d.TLS, d.User = true, &auth.Identity{Principal: permission.Authenticated("ann", permission.NameSID("Devices"))}
	var order []string
	for _, e := range analysis.WhyNot(compile(t, cfg), d) {
		order = append(order, string(e.Kind)+" "+e.Text[strings.LastIndexByte(e.Text, ' ')+1:])
		if s, ok := e.Refusal(); e.Kind == analysis.EditGrant && (!ok || s.Decision.Reason != connector.SendAsDenied) {
			t.Errorf("%s: the next refusal is %v", e.Text, s.Decision)
		}
	}
	if want := []string{"grant ann", "grant devices", "grant Users", "group ExchangeUsers"}; !slices.Equal(order, want) {
		t.Errorf("got %q, want %q", order, want)
	}
}

// TestWhyNotHolds wants every edit for random sessions to be valid, to turn the
// refusal, to admit something, and to be no wider than those after it.
func TestWhyNotHolds(t *testing.T) {
	r := rand.New(rand.NewPCG(15, 16))
	pick := func(all ...string) string { return all[r.IntN(len(all))] }
	edits := 0
	for range 200 {
		cfg := fabrikam()
		cfg.Receive[0].RequireTLS = r.IntN(4) == 0
		cfg.Receive[0].RejectReservedTopLevelRecipientDomains = r.IntN(3) == 0
		cfg.Receive[1].Enabled = connector.Value(r.IntN(3) > 0)
		cfg.Receive[0].PermissionGroups = connector.Value(permission.Group(r.IntN(32)))
		cfg.Send[0].AddressSpaces = []routing.AddressSpace{routing.MustParseAddressSpace(pick("*", "contoso.com"))}
		d := scanner()
		d.Local, d.Remote = netip.MustParseAddrPort(pick("10.2.3.4:25", "10.2.3.5:25", "10.2.3.4:26")), netip.MustParseAddr(pick("10.9.8.7", "192.168.5.77"))
		d.TLS, d.Size = r.IntN(2) == 0, int64(r.IntN(3))*(20<<20)
		d.To = []routing.Address{routing.MustParseAddress(pick("a@fabrikam.com", "b@contoso.com", "c@x.test", "a%b@fabrikam.com", "d@[192.0.2.1]"))}
		if r.IntN(2) == 0 {
			d.User = &auth.Identity{Principal: permission.Authenticated("ann")}
		}
		p := compile(t, cfg)
		before := p.Walk(d)
		for _, e := range analysis.WhyNot(p, d) {
			edits++
			after := compile(t, e.Config).Walk(d)
			if after.String() != e.After.String() || refusedAt(after) <= refusedAt(before) && !after.Accepted() {
				t.Fatalf("%s %s: %s\nbefore\n%s\nafter\n%s", e.Kind, e.Path, e.Text, before, after)
			}
			if len(e.Admits) == 0 {
				t.Errorf("%s %s: %s admits nothing, not even\n%s", e.Kind, e.Path, e.Text, after)
			}
			for _, c := range e.Admits {
				if c.Direction != analysis.Wider {
					t.Errorf("%s: %v %s", e.Text, c.Direction, c)
				}
			}
		}
	}
	if edits < 200 {
		t.Errorf("%d edits", edits)
	}
}

// refusedAt is how far a session came, by the names of stages: the connector, and
// with it the steps on the way, may be another.
func refusedAt(w connector.Walkthrough) int {
	names := connector.StageNames()
	for _, s := range w.Stages {
		if !s.Decision.Allowed() {
			return slices.Index(names, s.Name)
		}
	}
	return len(names)
}

// TestEditsDocumented wants docs/explain.md to list the kinds of edits.
func TestEditsDocumented(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "explain.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "| edit |")
	table, _, _ = strings.Cut(table, "\n\n")
	var got []analysis.EditKind
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z-]+)` \\|").FindAllStringSubmatch(table, -1) {
		got = append(got, analysis.EditKind(m[1]))
	}
	if !slices.Equal(got, analysis.EditKinds()) {
		t.Errorf("the page lists %q, want %q", got, analysis.EditKinds())
	}
}

// TestWhyNotNothing wants no edits where nothing is refused, nothing helps or
// there is no policy.
func TestWhyNotNothing(t *testing.T) {
	d := scanner()
	d.Remote = netip.MustParseAddr("192.168.5.77")
	if edits := analysis.WhyNot(compile(t, fabrikam()), d); edits != nil {
		t.Errorf("accepted: %q", editTexts(edits))
	}
	d.Helo = "a|b"
	if edits := analysis.WhyNot(compile(t, fabrikam()), d); edits != nil {
		t.Errorf("EHLO with illegal characters: %q", editTexts(edits))
	}
	if edits := analysis.WhyNot(nil, d); edits != nil {
		t.Errorf("no policy: %q", editTexts(edits))
	}
}
