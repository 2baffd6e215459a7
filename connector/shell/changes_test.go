package shell_test

import (
	"context"
	"reflect"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/shell"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// changeable is a configuration as the interpreter has it, so that what commands
// leave of it can be compared.
func changeable(t *testing.T, profile connector.Profile) connector.Config {
	t.Helper()
	in := shell.New(shell.Options{Profile: profile, Server: routing.Server{Name: "EX01", FQDN: "ex01.contoso.com"}})
	err := in.Run(context.Background(), "", []byte(`
New-ReceiveConnector -Name "Old Relay" -Bindings 10.0.0.1:2600 -RemoteIPRanges 10.1.0.0/16,10.2.0.0/16 -PermissionGroups AnonymousUsers
Get-ReceiveConnector "EX01\Old Relay" | Add-ADPermission -User 'NT AUTHORITY\ANONYMOUS LOGON' -ExtendedRights ms-Exch-SMTP-Accept-Any-Recipient,ms-Exch-Bypass-Anti-Spam -Deny
New-SendConnector -Name Out -AddressSpaces * -SmartHosts 10.0.0.9
New-AcceptedDomain -Name Fabrikam -DomainName fabrikam.com
`))
	if err != nil {
		t.Fatal(err)
	}
	return in.Config()
}

// TestPrintChanges wants the printed commands to make the second configuration of
// the first, and to be what an administrator would type.
func TestPrintChanges(t *testing.T) {
	receive := func(c *connector.Config) *connector.Receive { return &c.Receive[len(c.Receive)-1] }
	for _, tt := range []struct {
		name string
		edit func(*connector.Config)
		want string // part of the commands
	}{
		{"nothing", func(*connector.Config) {}, ""},
		{"a range", func(c *connector.Config) {
			receive(c).RemoteIPRanges = append(receive(c).RemoteIPRanges, param.MustParseRange("10.9.8.7"))
		}, `Set-ReceiveConnector -Identity 'EX01\Old Relay' -RemoteIPRanges @{Add='10.9.8.7'}`},
		{"a range less", func(c *connector.Config) { receive(c).RemoteIPRanges = receive(c).RemoteIPRanges[1:] },
			`-RemoteIPRanges @{Remove='10.1.0.0/16'}`},
		{"other ranges", func(c *connector.Config) {
			receive(c).RemoteIPRanges = []param.Range{param.MustParseRange("10.9.8.7")}
		},
			`-RemoteIPRanges '10.9.8.7'`},
		{"parameters", func(c *connector.Config) {
			r := receive(c)
			r.AuthMechanism, r.PermissionGroups = param.Value(auth.TLS|auth.BasicAuth), param.Value(permission.AnonymousUsers|permission.ExchangeUsers)
			r.RequireTLS, r.Enabled, r.MaxMessageSize = true, param.Value(false), param.MB
		}, `-Enabled $false -AuthMechanism Tls,BasicAuth -PermissionGroups AnonymousUsers,ExchangeUsers -RequireTLS $true -MaxMessageSize 1MB`},
		{"a grant", func(c *connector.Config) {
			receive(c).Permissions = append(receive(c).Permissions, permission.Grant{To: permission.NameSID("ann"), Allow: permission.SetOf(permission.AcceptAnySender)})
		}, `Get-ReceiveConnector 'EX01\Old Relay' | Add-ADPermission -User 'ann' -ExtendedRights ms-Exch-SMTP-Accept-Any-Sender`},
		{"a denial less", func(c *connector.Config) {
			receive(c).Permissions[0].Deny = permission.SetOf(permission.BypassAntiSpam)
		},
			`| Remove-ADPermission -User 'NT AUTHORITY\ANONYMOUS LOGON' -ExtendedRights ms-Exch-SMTP-Accept-Any-Recipient -Deny -Confirm:$false`},
		{"a right of a group less", func(c *connector.Config) {
			receive(c).Permissions = append(receive(c).Permissions, permission.Grant{To: permission.SIDAnonymous, Removed: permission.SetOf(permission.AcceptHeadersRouting)})
		}, `| Remove-ADPermission -User 'NT AUTHORITY\ANONYMOUS LOGON' -ExtendedRights ms-Exch-Accept-Headers-Routing -Confirm:$false`},
		{"an address space", func(c *connector.Config) {
			c.Send[0].AddressSpaces = append(c.Send[0].AddressSpaces, routing.MustParseAddressSpace("b.example"))
		}, `Set-SendConnector -Identity 'Out' -AddressSpaces @{Add='SMTP:b.example;1'}`},
		{"accepted domains", func(c *connector.Config) {
			c.Accepted[len(c.Accepted)-1].DomainType = routing.InternalRelay
			c.Accepted = append(c.Accepted, routing.AcceptedDomain{Name: "x", DomainName: "x.example", DomainType: routing.ExternalRelay})
		}, `Set-AcceptedDomain -Identity 'Fabrikam' -DomainType InternalRelay`},
		{"an accepted domain less", func(c *connector.Config) { c.Accepted = c.Accepted[:len(c.Accepted)-1] },
			`Remove-AcceptedDomain 'Fabrikam' -Confirm:$false`},
		{"transport", func(c *connector.Config) {
			c.Transport.MaxReceiveSize, c.Transport.MaxRecipientEnvelopeLimit = 50*param.MB, param.Unlimited
			c.Transport.TLSReceiveDomainSecureList = []string{"partner.example"}
		}, `-TLSReceiveDomainSecureList 'partner.example'`},
	} {
		for _, profile := range []connector.Profile{permission.Current, permission.Exchange2007} {
			t.Run(tt.name+" "+profile.String(), func(t *testing.T) {
				before, after := changeable(t, profile), changeable(t, profile)
				tt.edit(&after)
				text, err := shell.PrintChanges(before, after)
				if err != nil {
					t.Fatal(err)
				}
				if profile == permission.Current && !strings.Contains(string(text), tt.want) {
					t.Errorf("got\n%s\nwant\n%s", text, tt.want)
				}
				in, err := shell.Open(before, shell.Options{})
				if err != nil {
					t.Fatal(err)
				}
				if err := in.Run(context.Background(), "", text); err != nil {
					t.Fatalf("%v\n%s", err, text)
				}
				if got, want := effective(t, in.Config()), effective(t, after); !reflect.DeepEqual(got, want) {
					t.Errorf("%s\nleaves\n%+v\nwant\n%+v", text, got, want)
				}
			})
		}
	}
}

// effective returns what a configuration amounts to.
func effective(t *testing.T, cfg connector.Config) (all []any) {
	t.Helper()
	if _, err := connector.Compile(cfg); err != nil {
		t.Fatal(err)
	}
	for _, r := range cfg.Receive {
		r = r.WithDefaults(&cfg)
		r.PermissionGroups = param.Value(r.PermissionGroups.Or(0) &^ permission.Custom)
		if acl, err := permission.NewACL(cfg.Profile, 0, r.Permissions...); err == nil {
			r.Permissions = nil
			for _, sid := range []permission.SID{permission.SIDAnonymous, permission.NameSID("ann")} {
				all = append(all, acl.Rights(permission.Principal{SIDs: []permission.SID{sid}}))
			}
		}
		all = append(all, r)
	}
	for _, s := range cfg.Send {
		all = append(all, s.WithDefaults(&cfg))
	}
	for _, a := range cfg.Accepted {
		if a.DomainType == 0 {
			a.DomainType = routing.Authoritative
		}
		all = append(all, a)
	}
	return append(all, cfg.Transport)
}

// TestPrintChangesRefuses wants an error for what commands can't do, and no
// password.
func TestPrintChangesRefuses(t *testing.T) {
	for name, edit := range map[string]func(*connector.Config){
		"another server":   func(c *connector.Config) { c.Server = "EX02" },
		"a connector less": func(c *connector.Config) { c.Receive = c.Receive[1:] },
		"a way out more":   func(c *connector.Config) { c.Send = append(c.Send, connector.Send{Name: "New"}) },
		"another password": func(c *connector.Config) {
			c.Send[0].AuthenticationCredential = &param.Credential{UserName: "u", Password: "pw"}
		},
		"the password of a host": func(c *connector.Config) {
			c.Send[0].SmartHostCredentials = []param.SmartHostCredential{{Credential: param.Credential{UserName: "u", Password: "pw"}}}
		},
		"a domain's name":   func(c *connector.Config) { c.Accepted[len(c.Accepted)-1].DomainName = "other.example" },
		"a name with a NUL": func(c *connector.Config) { c.Send[0].Comment = "a\x00b" },
		"a grant to a group": func(c *connector.Config) {
			c.Receive[0].Permissions = []permission.Grant{{To: permission.SIDAnonymous, Allow: 1 << 1, Group: permission.Partners}}
		},
	} {
		before, after := changeable(t, permission.Current), changeable(t, permission.Current)
		edit(&after)
		text, err := shell.PrintChanges(before, after)
		if err == nil || text != nil || strings.Contains(err.Error(), "pw") {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
}
