package dialog_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/console/internal/dialog"
	"github.com/interchange-smtp/interchange/permission"
)

// filled is an organisation with one of each kind of object.
func filled(t testing.TB, p permission.Profile) connector.Config {
	t.Helper()
	cfg, err := run(fresh(p), `
$cred = Get-Credential
New-SendConnector Out -AddressSpaces *,contoso.com -SmartHosts 10.0.0.9,gw.contoso.com -SmartHostAuthMechanism BasicAuthRequireTLS -AuthenticationCredential $cred -DNSRoutingEnabled $false
New-SendConnector Direct -Usage Internet -AddressSpaces example.org
New-RemoteDomain Contoso -DomainName contoso.com
New-AcceptedDomain Second -DomainName second.example -DomainType InternalRelay`, map[string]param.Credential{"cred": gatewayCredential})
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// TestChangedParameters: only what an administrator changes is in the commands.
func TestChangedParameters(t *testing.T) {
	cfg := filled(t, permission.Current)
	for _, c := range []struct {
		kind, id, page string
		steps          [][]string // a button and values
		want           string
	}{
		{dialog.ReceiveProperties, `HubA\Default Frontend HubA`, "general", [][]string{{"stay", "comment=a b", "logging=None"}}, `Set-ReceiveConnector "Default Frontend HubA" -ProtocolLoggingLevel None -Comment "a b"`},
		{dialog.ReceiveProperties, "Default HubA", "network", [][]string{{"edit:bindings:1"}, {"ok", "row.port=2526"}}, `Set-ReceiveConnector "Default HubA" -Bindings "[::]:2525","0.0.0.0:2526"`},
		{dialog.ReceiveProperties, "Default HubA", "network", [][]string{{"remove:ranges:0"}, {"edit:ranges:0"}, {"ok", "row.range=10.0.0.0/8"}}, `Set-ReceiveConnector "Default HubA" -RemoteIPRanges "10.0.0.0/8"`},
		{dialog.ReceiveProperties, "Default HubA", "permission-groups", [][]string{{"stay", "partners=on", "legacy-servers="}}, `Set-ReceiveConnector "Default HubA" -PermissionGroups ExchangeUsers,ExchangeServers,Partners`},
		{dialog.SendProperties, "out", "general", [][]string{{"stay", "name=Away", "size=unlimited"}}, `Set-SendConnector "Out" -Name "Away" -MaxMessageSize Unlimited`},
		{dialog.SendProperties, "Out", "network", [][]string{{"remove:hosts:0"}}, `Set-SendConnector "Out" -SmartHosts "gw.contoso.com"`},
		{dialog.SendProperties, "Out", "network", [][]string{{"stay", "routing=dns"}}, `Set-SendConnector "Out" -DNSRoutingEnabled $true -SmartHosts $null -SmartHostAuthMechanism None`},
		{dialog.SendProperties, "Out", "network", [][]string{{"edit:security:0"}, {"ok", "row.auth=None"}}, `Set-SendConnector "Out" -SmartHostAuthMechanism None`},
		{dialog.SendProperties, "Out", "network", [][]string{{"edit:security:0"}, {"ok", "row.password=other"}}, "$credOut = Get-Credential\n" + `Set-SendConnector "Out" -AuthenticationCredential $credOut`},
		{dialog.SendProperties, "Out", "network", [][]string{{"edit:security:0"}, {"secret:password", "row.user=new"}, {"ok", "row.password=other"}}, "$credOut = Get-Credential\n" + `Set-SendConnector "Out" -AuthenticationCredential $credOut`},
		{dialog.SendProperties, "Direct", "source-server", [][]string{{"add:servers"}, {"ok", "row.HubA=on"}}, ""},
		{dialog.AcceptedDomain, "second", "general", [][]string{{"stay", "type=ExternalRelay"}}, `Set-AcceptedDomain "Second" -DomainType ExternalRelay`},
		{dialog.AcceptedDomain, "", "general", [][]string{{"stay", "name=Third", "domain=third.example"}}, `New-AcceptedDomain -Name "Third" -DomainName "third.example" -DomainType Authoritative`},
		{dialog.RemoteDomain, "Contoso", "general", [][]string{{"stay", "ndr="}}, `Set-RemoteDomain "Contoso" -NDREnabled $false`},
		{dialog.RemoteDomain, "", "general", [][]string{{"stay", "name=N", "domain=n.example", "subdomains=on"}}, `New-RemoteDomain -Name "N" -DomainName "*.n.example"`},
		{dialog.ServerProperties, "HubA", "limits", [][]string{{"stay", "TransientFailureRetryCount=3", "MaxOutboundConnections=unlimited"}}, `Set-TransportService "HubA" -TransientFailureRetryCount "3" -MaxOutboundConnections "unlimited"`},
		{dialog.ServerProperties, "", "external-dns-lookups", [][]string{{"add:External-servers"}, {"ok", "row.address=10.0.0.53"}}, `Set-TransportService "HubA" -ExternalDNSAdapterEnabled $false -ExternalDNSServers "10.0.0.53"`},
		{dialog.ServerProperties, "", "log-settings", [][]string{{"stay", "ReceiveProtocolLogPath=", "MessageTrackingLogEnabled="}}, `Set-TransportService "HubA" -ReceiveProtocolLogPath $null -MessageTrackingLogEnabled $false`},
		{dialog.Grant, "Default Frontend HubA", "permission", [][]string{{"stay", "user=smtpgateway@fabrikam.com", "ms-Exch-SMTP-Accept-Any-Sender=on"}}, `Get-ReceiveConnector "Default Frontend HubA" | Add-ADPermission -User "smtpgateway@fabrikam.com" -ExtendedRights "ms-Exch-SMTP-Accept-Any-Sender"`},
		{dialog.Grant, "Out", "permission", [][]string{{"stay", "user=S-1-5-11", "effect=deny", "ms-Exch-SMTP-Send-XShadow=on"}}, `Get-SendConnector "Out" | Add-ADPermission -User "S-1-5-11" -ExtendedRights "ms-Exch-SMTP-Send-XShadow" -Deny`},
	} {
		t.Run(c.kind+" "+c.id+" "+c.page, func(t *testing.T) {
			w := open(t, c.kind, dialog.Subject{Config: cfg, ID: c.id})
			if s, _ := w.draft.Script(); c.id != "" && c.kind != dialog.Grant && !s.IsZero() {
				t.Errorf("without a change there are commands: %s", s.Text())
			}
			w.page = c.page
			for _, step := range c.steps {
				w.do(step[0], step[1:]...)
				if m := w.mistakes(); len(m) > 0 {
					t.Errorf("mistakes: %+v", m)
				}
			}
			s, _ := w.draft.Script()
			if s.Text() != c.want {
				t.Errorf("the commands are\n%s\nnot\n%s", s.Text(), c.want)
			}
			if same := reflect.DeepEqual(w.finish(), cfg); same != (c.want == "") {
				t.Errorf("the configuration is the same: %v", same)
			}
		})
	}
}

// TestOpenRefuses names objects that don't exist.
func TestOpenRefuses(t *testing.T) {
	cfg := filled(t, permission.Current)
	for _, kind := range []string{"", "none", dialog.SendProperties, dialog.ReceiveProperties, dialog.Relay, dialog.Grant, dialog.ServerProperties, dialog.AcceptedDomain, dialog.RemoteDomain} {
		if _, _, err := dialog.Open(kind, dialog.Subject{Config: cfg, ID: "Nothing"}); err == nil {
			t.Errorf("%q opens without its object", kind)
		}
	}
	if _, _, err := dialog.Open(dialog.ReceiveConnector, dialog.Subject{Config: cfg, Server: "Nowhere"}); err == nil {
		t.Error("the wizard opens for a server that doesn't exist")
	}
}

// TestLongList: the properties of a connector keep every row of a list, however many the policy has; beyond the limit
// the dialog adds none.
func TestLongList(t *testing.T) {
	cfg := fresh(permission.Current)
	var ranges []string
	for i := range 1500 {
		ranges = append(ranges, fmt.Sprintf("10.1.%d.%d", i/250, i%250))
	}
	cfg, err := run(cfg, "New-ReceiveConnector -Name Many -Usage Custom -Bindings 10.2.3.4:25 -RemoteIPRanges "+strings.Join(ranges, ","), nil)
	if err != nil {
		t.Fatal(err)
	}
	w := open(t, "receive-properties", dialog.Subject{Config: cfg, ID: hub.Name + `\Many`})
	w.next("network", "tab:network")
	w.next("network", "remove:ranges:0")
	w.next("network", "add:ranges")
	w.next("network", "close")
	w.do("add:ranges")
	w.do("ok", "row.range=192.168.5.77")
	if m := w.mistakes(); len(m) != 1 || !strings.Contains(m[0].Text, "1500 rows") {
		t.Errorf("mistakes %+v", m)
	}
	w.do("close")
	if after := w.finish(); len(after.Receive[len(after.Receive)-1].RemoteIPRanges) != 1499 {
		t.Error("rows of the list are lost")
	}
}
