package exchange_test

import (
	"strings"
	"testing"
)

// TestAbsent: connectors of kinds that don't exist here are an empty list, and what a
// running gateway holds is said to be shown elsewhere.
func TestAbsent(t *testing.T) {
	d := relay(t)
	for _, noun := range []string{"ForeignConnector", "DeliveryAgentConnector", "RoutingGroupConnector"} {
		if got := d.must(t, "Get-"+noun, nil); len(got) != 0 {
			t.Errorf("%s: %v", noun, got)
		}
		d.fails(t, "Get-"+noun, args{"Identity": "Fax"}, "wasn't found")
		d.fails(t, "New-"+noun, args{"Name": "Fax"}, "isn't supported")
	}
	for name, way := range map[string]string{"Get-Queue": "-data DIR", "Remove-Message": "-data DIR", "Get-MessageTrackingLog": "-logs DIR"} {
		d.fails(t, name, nil, way)
	}
}

// TestDirectoryMembers: every object that Get returns has what scripts ask of objects
// of the directory. There is no clock, so the times are empty.
func TestDirectoryMembers(t *testing.T) {
	d := relay(t)
	d.must(t, "New-SendConnector", args{"Name": "Out", "AddressSpaces": "*"})
	d.must(t, "New-AcceptedDomain", args{"Name": "contoso", "DomainName": "contoso.com"})
	for _, noun := range []string{"ReceiveConnector", "SendConnector", "AcceptedDomain", "RemoteDomain", "TransportConfig", "TransportService", "ExchangeServer"} {
		for _, o := range d.must(t, "Get-"+noun, nil) {
			for _, name := range []string{"Identity", "DistinguishedName", "Guid", "ObjectClass", "ObjectCategory", "IsValid", "ExchangeVersion", "Id"} {
				if property(t, o, name) == "" {
					t.Errorf("%s has no %s", noun, name)
				}
			}
			for _, name := range []string{"WhenCreated", "WhenChanged", "OriginatingServer", "AdminDisplayName"} {
				if got := property(t, o, name); got != "" {
					t.Errorf("%s has %s %q", noun, name, got)
				}
			}
		}
	}
}

// TestLogParameters: what Microsoft's pages on logging set is shown again. Of the logs that
// aren't written here each parameter is known to be kept, once by name; $null is no log.
func TestLogParameters(t *testing.T) {
	d := relay(t)
	d.must(t, "Set-TransportService", args{"Identity": "HubA", "ConnectivityLogEnabled": false, "MessageTrackingLogMaxAge": "20.00:00:00",
		"MessageTrackingLogMaxDirectorySize": "2GB", "IntraOrgConnectorProtocolLoggingLevel": "Verbose", "QueueLogPath": `D:\Logs`,
		"SendProtocolLogPath": nil, "MessageTrackingLogPath": "/var/log/tracking"})
	d.must(t, "Set-FrontendTransportService", args{"Identity": "HubA", "IntraOrgConnectorProtocolLoggingLevel": "Verbose", "ReceiveProtocolLogPath": `D:\Logs`})
	d.must(t, "Set-MailboxTransportService", args{"Identity": "HubA", "MailboxDeliveryConnectorProtocolLoggingLevel": "Verbose", "ConnectivityLogMaxFileSize": "5MB"})
	d.must(t, "Set-TransportConfig", args{"JournalingReportNdrTo": "journal@contoso.com", "ExternalDsnDefaultLanguage": "de-DE"})
	if got := property(t, d.must(t, "Get-TransportService", nil)[0], "MessageTrackingLogMaxDirectorySize"); !strings.HasPrefix(got, "2 GB") {
		t.Errorf("MaxDirectorySize is %s", got)
	}
	for name, want := range map[string]string{"ConnectivityLogEnabled": "False", "SendProtocolLogPath": "", "MessageTrackingLogPath": "/var/log/tracking", "ReceiveProtocolLogPath": "ProtocolLog/SmtpReceive"} {
		if got := property(t, d.must(t, "Get-TransportService", nil)[0], name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	for _, name := range []string{"-QueueLogPath", "-MailboxDeliveryConnectorProtocolLoggingLevel", "-ExternalDsnDefaultLanguage"} {
		if !strings.Contains(strings.Join(d.warnings, "\n"), name+" is kept without effect") {
			t.Errorf("nothing was said of %s: %q", name, d.warnings)
		}
	}
}
